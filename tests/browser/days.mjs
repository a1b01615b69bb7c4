// A day of five people, from signing in to signing out, at a desk and on a phone: what each comes for, with a picture of
// every screen to look at. The journeys judge the steps; here nobody may be led astray or have to scroll sideways.

import { Pointer } from "./hand.mjs";
import { callOff } from "./journeys.mjs";
import { measure, SMALLEST_TARGET } from "./layout.mjs";
import { picture } from "./pages.mjs";
import { PASSWORD, PEOPLE } from "./people.mjs";

const FRAMES = {
  desk: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
};

/** Opens pages of the navigation, each by its name. */
const leaf = async (look, ...names) => {
  for (const name of names) await look(name, (page) => page.locator(".app-nav").getByRole("link", { name, exact: true }).click());
};
const open = (address) => (page) => page.goto(address);
const first = (selector) => (page) => page.locator(selector).first().click();

const DAYS = {
  buyer: async (look, hand) => {
    await leaf(look, "Rahmenverträge");
    await look("contract", first("main tbody th a"));
    await look("search", open("/suche?q=citrx"));
    const id = await callOff(hand, { users: 3 });
    await look("handed over");
    await look("call-off", open(`/abrufe/${id}`));
    await leaf(look, "Abrufe", "Berichte");
    await look("news", open("/benachrichtigungen"));
    await look("settings", open("/einstellungen"));
  },
  approver: async (look) => {
    await leaf(look, "Freigaben");
    await look("request", first(".approval__title a"));
    await look("approval order", open("/freigabeordnung"));
    await leaf(look, "Abrufe");
  },
  board: async (look) => {
    await leaf(look, "Berichte");
    await look("savings", open("/berichte/einsparungen?jahr=alle"));
    await look("stages", open("/berichte/einsparungen/stufen"));
    await leaf(look, "Aufsicht");
    await look("meetings", open("/berichte/sitzung"));
  },
  auditor: async (look) => {
    await leaf(look, "Prüfung");
    await look("file", first("main tbody th a"));
    await look("log", open("/pruefung/protokoll"));
    await leaf(look, "Berichte");
  },
  office: async (look) => {
    await leaf(look, "Verwaltung");
    await look("questions", open("/verwaltung/fragen"));
    await look("contracts", open("/verwaltung/vertraege"));
    await look("contract file", first("main tbody th a"));
    await look("members", open("/verwaltung/mitglieder"));
    await look("people", open("/verwaltung/personen"));
    await look("system", open("/verwaltung/system"));
  },
};

export async function days({ desk, tally }) {
  for (const [frame, options] of Object.entries(FRAMES)) {
    for (const [person, day] of Object.entries(DAYS)) {
      const context = await desk.contextOf(null, options);
      const page = await context.newPage();
      const hand = new Pointer(page, tally, `${frame}: a day of the ${person}`);
      hand.touch = Boolean(options.hasTouch);
      let at = 0;
      const look = async (name, go) => {
        if (go) {
          await page.evaluate(() => (window.leftBehind = true));
          await go(page);
          await page.waitForFunction(() => !window.leftBehind && document.readyState === "complete");
        }
        await hand.arrive(/./);
        tally.holds((await page.locator("h1").first().innerText()) !== "Nicht gefunden", hand.journey, `${name} is not there (${page.url()})`);
        for (const { kind, what } of (await page.evaluate(measure, SMALLEST_TARGET)).found) tally.fail(`${hand.journey}, ${name}`, `${kind}: ${what}`);
        at += 1;
        await picture(page, tally, `days/${person}.${frame}.${String(at).padStart(2, "0")}-${name.replace(/[^a-zäöüß]+/gi, "-")}`);
      };
      try {
        await look("sign in", open("/anmelden"));
        await hand.fill("E-Mail", PEOPLE[person]);
        await hand.fill("Passwort", PASSWORD);
        await look("start", () => hand.press("button", "Anmelden"));
        await day(look, hand);
        await look("signed out", () => hand.press("button", "Abmelden"));
        tally.holds(/abgemeldet/i.test(await page.locator("main").innerText()), hand.journey, "nothing says that one is signed out");
        hand.done();
      } catch (error) {
        tally.fail(hand.journey, error.message.replace(/\u001b\[\d+m/g, ""));
      }
      await context.close();
    }
  }
}
