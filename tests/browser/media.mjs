// Pages as some people have them: at 400 % zoom, on paper, with the colours of their system. And the pictures.

import { mkdirSync, writeFileSync } from "node:fs";

import { crawl } from "./crawl.mjs";
import { measure, SMALLEST_TARGET } from "./layout.mjs";
import { picture } from "./pages.mjs";

/** Largest picture of the README, in bytes. */
const LARGEST_PICTURE = 100 * 1024;

/** The ten main pages: person, name, how to get there. */
export const MAIN = [
  ["buyer", "start", async (tab) => tab.goto("/")],
  ["buyer", "contracts", async (tab) => tab.goto("/rahmenvertraege?nutzbar=1")],
  ["buyer", "contract", async (tab) => follow(tab, "/rahmenvertraege?q=citrix", "main tbody th a")],
  ["buyer", "call-off", draft],
  ["buyer", "review", review],
  ["approver", "approval", async (tab) => follow(tab, "/freigaben", ".approval__title a")],
  ["board", "savings", async (tab) => tab.goto("/berichte/einsparungen")],
  ["office", "contract-file", async (tab) => follow(tab, "/verwaltung/vertraege", "main tbody th a")],
  ["auditor", "audit", async (tab) => tab.goto("/pruefung")],
  ["auditor", "audit-file", async (tab) => follow(tab, "/pruefung", "main tbody th a")],
];

async function follow(tab, from, link) {
  await tab.goto(from);
  await Promise.all([tab.waitForNavigation(), tab.locator(link).first().click()]);
}

async function draft(tab) {
  await tab.goto("/rahmenvertraege?q=citrix");
  await Promise.all([tab.waitForNavigation(), tab.getByRole("button", { name: /^Abrufen aus Citrix/ }).click()]);
  await tab.getByLabel(/^Menge Schulungstag/).first().fill("2");
  await tab.getByLabel(/^Menge Citrix Universal/).first().fill("120");
  await Promise.all([tab.waitForNavigation(), tab.getByRole("button", { name: "Preise aktualisieren" }).click()]);
}

async function review(tab) {
  await draft(tab);
  await Promise.all([tab.waitForNavigation(), tab.getByRole("button", { name: "Weiter zu den Angaben" }).click()]);
  await tab.getByLabel("Begründung des Bedarfs").fill("120 Beschäftigte arbeiten künftig auch von zu Hause.");
  await Promise.all([tab.waitForNavigation(), tab.getByRole("button", { name: "Weiter zur Prüfung" }).click()]);
}

const CHECKED = (tally, where, found) => found.filter((it) => it.kind !== "target").forEach(({ kind, what }) => tally.fail(where, `${kind}: ${what}`));

export async function media({ desk, tally, long }) {
  const contexts = new Map();
  for (const [person, name, go] of MAIN) {
    if (!contexts.has(person)) contexts.set(person, await desk.contextOf(person));
    const tab = await contexts.get(person).newPage();
    await go(tab);
    // 1280 px at 400 % are 320 px of 320 × 225.
    await tab.setViewportSize({ width: 320, height: 225 });
    CHECKED(tally, `${name} at 400 %`, (await tab.evaluate(measure, SMALLEST_TARGET)).found);
    tally.count("pages at 400 %");

    await tab.setViewportSize({ width: 1280, height: 900 });
    await tab.emulateMedia({ forcedColors: "active" });
    CHECKED(tally, `${name} in forced colours`, (await tab.evaluate(measure, SMALLEST_TARGET)).found);
    const bare = await tab.evaluate(invisibleInForcedColours);
    for (const what of bare) tally.fail(`${name} in forced colours`, what);
    await picture(tab, tally, `forced-colors/${name}`);
    tally.count("pages in forced colours");

    await paper(tab, tally, name);
    await tab.close();
  }
  // What is printed for the file: every report and certificate, on A4 as well.
  const board = contexts.get("board");
  const reports = (await crawl(board, desk.base, { starts: ["/berichte"] })).filter((it) => it.html && /^\/(berichte|aufsicht)/.test(it.address) && !it.kind.includes("?"));
  for (const { address } of long ? reports : reports.slice(0, 6)) {
    const tab = await board.newPage();
    await tab.goto(address);
    await paper(tab, tally, address.slice(1).replaceAll("/", "_").replace(/[^\w-]/g, ""));
    await tab.close();
  }
  for (const context of contexts.values()) await context.close();
}

/** A PDF to look at; on paper nothing to press is left, and nothing is wider than A4. */
async function paper(tab, tally, name) {
  await tab.emulateMedia({ media: "print", colorScheme: "light", forcedColors: "none" });
  // A4 less the margins of app.css: 180 mm upright, 267 mm across.
  const across = await tab.evaluate(() => getComputedStyle(document.body).page === "wide");
  await tab.setViewportSize({ width: across ? 1009 : 680, height: 960 });
  const { wide, left } = await tab.evaluate(() => ({
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    left: [...document.querySelectorAll("nav, button, .app-footer, .help")].filter((it) => it.checkVisibility()).map((it) => it.className || it.localName),
  }));
  tally.holds(wide <= 1, `${name} on paper`, `${wide} px wider than the sheet`);
  tally.holds(left.length === 0, `${name} on paper`, `prints what only works on a screen: ${left.slice(0, 3)}`);
  mkdirSync(`${tally.folder}/paper`, { recursive: true });
  const file = await tab.pdf({ format: "A4", preferCSSPageSize: true, path: `${tally.folder}/paper/${name}.pdf` });
  tally.count("pages of paper", (file.toString("latin1").match(/\/Type\s*\/Page\b/g) ?? []).length);
  tally.count("pages printed");
}

/** Buttons and fields keep an outline when the system takes the colours. Runs inside the page. */
function invisibleInForcedColours() {
  return [...document.querySelectorAll("main button, main .kern-btn, main input:not([type=hidden]), main select, main textarea")]
    .filter((it) => it.checkVisibility() && !it.closest(".kern-sr-only") && !it.classList.contains("app-link") && !it.matches("[type=checkbox], [type=radio]"))
    .filter((it) => {
      const style = getComputedStyle(it);
      return parseFloat(style.borderTopWidth) === 0 && parseFloat(style.borderBottomWidth) === 0 && style.outlineStyle === "none" && !it.matches(".kern-btn--tertiary, .kern-form-input__select-wrapper > select");
    })
    .map((it) => `<${it.localName}.${it.className}> has no outline`);
}

/** The pictures of the README, as WebP of at most 100 KB each. */
export async function screenshots({ desk, tally }) {
  mkdirSync("docs/screenshots", { recursive: true });
  for (const [theme, list] of [["light", MAIN], ["dark", MAIN.filter(([, name]) => name === "savings" || name === "review")]]) {
    for (const [person, name, go] of list) {
      const context = await desk.contextOf(person, { colorScheme: theme, viewport: { width: 1280, height: 860 } });
      const tab = await context.newPage();
      await go(tab);
      const wire = await context.newCDPSession(tab);
      let bytes;
      for (const quality of [85, 75, 65, 55]) {
        const { data } = await wire.send("Page.captureScreenshot", { format: "webp", quality });
        bytes = Buffer.from(data, "base64");
        if (bytes.length <= LARGEST_PICTURE) break;
      }
      tally.holds(bytes.length <= LARGEST_PICTURE, name, `${bytes.length} bytes`);
      writeFileSync(`docs/screenshots/${name}${theme === "dark" ? "-dark" : ""}.webp`, bytes);
      tally.count("pictures for the README");
      await context.close();
    }
  }
}
