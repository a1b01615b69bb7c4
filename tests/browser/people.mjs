// Who signs in: accounts of the demo, one context of the browser for each.

export const PASSWORD = "beispieldaten";

export const PEOPLE = {
  buyer: "buchen@altenrode.example",
  approver: "freigabe@altenrode.example",
  secondApprover: "zweite-freigabe@altenrode.example",
  treasurer: "kaemmerei@altenrode.example",
  newcomer: "buchen@birkau.example",
  future: "buchen@hirschaue.example",
  office: "geschaeftsstelle@kommunal-it-mitte.example",
  secondOffice: "zweite-geschaeftsstelle@kommunal-it-mitte.example",
  board: "vorstand@kommunal-it-mitte.example",
  supervisor: "aufsichtsrat@kommunal-it-mitte.example",
  auditor: "pruefung@rpa-nordharzland.example",
  administrator: "administration@kommunal-it-mitte.example",
};

export const WIDTHS = { phone: 320, tablet: 768, desk: 1280 };

/** Signs people in, each once: a journey may ask for a fresh session, everything else shares one. */
export class Desk {
  #states = new Map();

  constructor(browser, base, tally) {
    Object.assign(this, { browser, base, tally });
  }

  /** A context of the browser in which `person` is signed in; `null` is nobody. */
  async contextOf(person, options = {}) {
    const context = await this.browser.newContext({ ...FRAME, baseURL: this.base, ...options });
    context.setDefaultTimeout(20_000);
    context.setDefaultNavigationTimeout(60_000);
    if (person) {
      if (!this.#states.has(person)) this.#states.set(person, this.#signIn(person));
      await context.addCookies(await this.#states.get(person));
    }
    this.tally.watch(context, this.base);
    await takeAssets(context);
    return context;
  }

  /** A session made elsewhere, under a name of its own. */
  adopt(name, cookies) {
    this.#states.set(name, Promise.resolve(cookies));
  }

  async #signIn(person) {
    const context = await this.browser.newContext({ ...FRAME, baseURL: this.base });
    const page = await context.newPage();
    await signIn(page, person);
    const cookies = await context.cookies();
    await context.close();
    return cookies;
  }
}

/** ABRUF_TRY_ASSETS=folder: style sheets, scripts and fonts from there, to try them without building. */
async function takeAssets(context) {
  const folder = process.env.ABRUF_TRY_ASSETS;
  if (!folder) return;
  await context.route(/\/assets\/[^/]+\//, (route) => {
    const path = new URL(route.request().url()).pathname.replace(/^\/assets\/[^/]+\//, "");
    return route.fulfill({ path: `${folder}/${path}` });
  });
}

/** Where the browser stands: German, in Berlin, at a desk. */
export const FRAME = {
  locale: "de-DE",
  timezoneId: "Europe/Berlin",
  viewport: { width: WIDTHS.desk, height: 900 },
  colorScheme: "light",
  reducedMotion: "reduce",
};

/** Fills in and submits the sign-in page. */
export async function signIn(page, person) {
  await page.goto("/anmelden");
  await page.getByLabel("E-Mail").fill(PEOPLE[person]);
  await page.getByLabel("Passwort").fill(PASSWORD);
  await page.getByRole("button", { name: "Anmelden" }).click();
  await page.waitForURL((url) => url.pathname !== "/anmelden");
}
