// The twelve questions of docs/auditor-questions.md, asked in a browser with the rights of an auditor.

import { Pointer } from "./hand.mjs";

/** The whole list, with what a person needs to read. */
const MINUTES = 15;
/** Reading an answer takes longer than pressing a key. */
const READING = 1000;

export async function auditor({ desk, tally }) {
  const context = await desk.contextOf("auditor");
  const page = await context.newPage();
  const hand = new Pointer(page, tally, "auditor: twelve questions", { think: 300 });
  let asked = 0;
  const answered = async (question, pattern, where = "main") => {
    asked += 1;
    await page.locator(`${where} details:not([open])`).evaluateAll((folds) => folds.forEach((fold) => (fold.open = true)));
    const words = (await page.locator(where).first().innerText()).replace(/\s+/g, " ");
    tally.holds(pattern.test(words), `question ${asked}`, `${question}: nothing like ${pattern} at ${page.url()}`);
    tally.count("questions answered", pattern.test(words) ? 1 : 0);
    await page.waitForTimeout(READING);
  };
  const REVIEWS = "section[aria-labelledby=pruefungen]";

  await hand.open("/pruefung");
  await hand.arrive("Prüfung");
  await answered("all call-offs", /Grundgesamtheit: \d[\d.]* Abrufe, davon erteilt und nicht storniert [\d.]+,\d\d €/);
  const csv = await page.getByRole("link", { name: "Liste als CSV" }).getAttribute("href");
  const zip = await page.getByRole("link", { name: "Alle Dokumente als ZIP" }).getAttribute("href");
  await hand.choose("Stand", "abgerechnet");
  await hand.press("button", "Suchen");
  await hand.arrive("Prüfung");
  await hand.follow(page.locator("main tbody th a").first());
  await hand.arrive(/^(RV|V)-/);
  const file = page.url();
  await answered("entitled", /member-entitled/, REVIEWS);
  await answered("two persons", /Zur Freigabe gegeben \S+ \S+ Uhr, (\S+ \S+) .*Freigegeben, Abruf erteilt \S+ \S+ Uhr, (?!\1)\S+ \S+/, "section[aria-labelledby=verlauf]");
  await answered("may bind", /power-to-bind/, REVIEWS);
  await answered("price of the contract", /price-version-approved/, REVIEWS);
  await answered("ceiling", /cap-(value|quantity|undefined)/, REVIEWS);
  await answered("law and version", /Version \d.*Quelle: /, REVIEWS);
  await answered("need", /Bedarf \S+/);
  await answered("authentic", /Prüfkennung.*[A-Z2-7]{16}.*[0-9a-f]{8}/, "section[aria-labelledby=dokumente]");
  const code = (await page.locator("section[aria-labelledby=dokumente] td code").first().innerText()).trim();
  await hand.open(`/p/${code}`);
  await hand.arrive(/./);
  tally.holds(/Echt|echt/.test(await page.locator("main").innerText()), "question 9", `the code ${code} is not known as authentic`);
  await hand.open("/pruefung/protokoll");
  await hand.arrive(/Protokoll/);
  await hand.press("button", /prüfen/i);
  await hand.arrive(/Protokoll/);
  await answered("log unbroken", /Prüfung bestanden: [\d.]+ (Eintrag|Einträge) in/);
  await hand.open(`${file.replace("/pruefung/abrufe/", "/abrufe/")}/einsparung`);
  await hand.arrive(/^Einsparung von /);
  await answered("saving and evidence", /(Nachweis|Noch ist keine Einsparung|ohne Vergleichspreis)/);
  asked += 1;
  const list = await context.request.get(csv);
  const bag = await context.request.get(`${zip}${zip.endsWith("?") ? "" : "&"}stand=invoiced`, { timeout: 120_000 });
  const whole = list.status() === 200 && bag.status() === 200 && (await bag.body()).includes("manifest-sha256.txt");
  tally.holds(whole, "question 12", `list ${list.status()}, archive ${bag.status()}`);
  tally.count("questions answered", whole ? 1 : 0);
  tally.holds(asked === 12, "auditor", `${asked} questions of twelve`);
  const { seconds } = hand.done();
  tally.holds(seconds <= MINUTES * 60, "auditor", `${seconds} s, at most ${MINUTES} minutes`);
  await context.close();
}
