// What writes, sent twice: by a double click, after going back, from a second window, with a clock that is hours off. What
// people meant to write once stands there once, and the second answer says what is the case.

import { picture } from "./pages.mjs";

const HOURS_OFF = [-30, 30];
let made = 0;
/** Words that stand nowhere else. */
const mark = () => `Zweimal ${Date.now()}-${(made += 1)}`;
const today = () => new Date().toLocaleDateString("de-DE", { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "Europe/Berlin" });

/**
 * One entry per form: who, where, what is typed, the button, and where it stands then. `twoAreTwo`: opened in two windows it
 * is two things that may be meant, both to be seen and taken back: two letters to one town, two keys of one name.
 */
const WRITES = {
  question: { person: "buyer", at: draft, fields: (words) => ({ question: words }), button: "Frage senden" },
  key: { person: "buyer", at: "/konto/schluessel", fields: (words) => ({ name: words, until: today() }), ticks: true, twoAreTwo: true, button: "Schlüssel anlegen" },
  invitation: { person: "office", at: "/verwaltung/einladungen", fields: (words) => ({ town: words }), choose: { kind: "Zweckverband" }, twoAreTwo: true, button: "Einladen" },
  person: { person: "administrator", at: "/verwaltung/personen/einladen", seen: (words) => `/verwaltung/personen?q=${encodeURIComponent(words)}`, fields: (words) => ({ name: words, email: `${words.replace(/\W+/g, "-").toLowerCase()}@altenrode.example` }), choose: { role: "Sachbearbeitung", organisation: "Stadt Altenrode" }, button: "Einladen" },
  index: { person: "office", at: "/verwaltung/preisindizes", fields: (words) => ({ name: words, source: "Statistisches Bundesamt" }), button: "Index anlegen" },
  volume: { person: "office", at: (tab) => ofContract(tab, "nacherfassung"), seen: (words, tab) => ofContract(tab, "volumenbuch"), fields: (words) => ({ amount: "1,00", evidence: words }), button: "Nacherfassen" },
  contribution: { person: "office", at: contributions, fields: (words) => ({ year: String(new Date().getFullYear()), net: "10,00", dated_on: today(), document: words }), button: "Eintragen" },
};

export async function twice({ desk, tally }) {
  for (const [name, write] of Object.entries(WRITES)) {
    for (const [how, hazard] of Object.entries({ doubleClick, backAndAgain, twoWindows, clockOff })) {
      const context = await desk.contextOf(write.person);
      const tab = await context.newPage();
      const where = `${name}, ${how}`;
      try {
        const words = mark();
        const at = typeof write.at === "string" ? write.at : await write.at(tab);
        const seen = typeof write.seen === "function" ? await write.seen(words, tab) : (write.seen ?? at);
        await tab.goto(at);
        await hazard({ tab, at, words, tally, where, write });
        await tab.goto(seen);
        const times = await tab.evaluate(timesSeen, words);
        const once = how === "twoWindows" && write.twoAreTwo ? times >= 1 && times <= 2 : times === 1;
        tally.holds(once, where, `stands there ${times} times`);
        tally.count("hazards survived");
      } catch (error) {
        tally.fail(where, `${error.message.replace(/\u001b\[\d+m/g, "")} at ${tab.url()}`);
      }
      await context.close();
    }
  }
}

/** How often words stand on the page for who sees it; buttons repeat them for who hears it. Runs inside the page. */
function timesSeen(words) {
  const copy = document.querySelector("main").cloneNode(true);
  for (const heard of copy.querySelectorAll(".kern-sr-only")) heard.remove();
  return copy.textContent.split(words).length - 1;
}

async function fill(tab, { fields, choose, ticks }, words) {
  await tab.evaluate(() => document.querySelectorAll("main details").forEach((fold) => fold.setAttribute("open", "")));
  for (const [name, label] of Object.entries(choose ?? {})) {
    const field = tab.locator(`main #${name}`);
    await field.selectOption(await field.locator("option", { hasText: label }).first().getAttribute("value"));
  }
  for (const [name, value] of Object.entries(fields(words))) await tab.locator(`main #${name}`).fill(value);
  if (ticks) await tab.locator("main form input[type=checkbox]").first().check();
}

const button = (tab, write) => tab.locator("main").getByRole("button", { name: write.button, exact: true }).first();
const send = (tab, write) => Promise.all([tab.waitForNavigation({ waitUntil: "load" }), button(tab, write).click()]).then(([answer]) => answer);

async function doubleClick({ tab, words, tally, where, write }) {
  await fill(tab, write, words);
  await tab.evaluate(() => (window.leftBehind = true));
  await button(tab, write).dblclick();
  // The second press breaks off the first answer; what counts is the page that stays.
  await tab.waitForFunction(() => !window.leftBehind && document.readyState === "complete", undefined, { polling: 100 });
  await plain(tab, tally, where);
}

/** Back to the form with the button of the browser, which may still hold what was typed, and sent once more. */
async function backAndAgain({ tab, words, tally, where, write }) {
  await fill(tab, write, words);
  await send(tab, write);
  await tab.goBack();
  const typed = await tab.locator(`main #${Object.keys(write.fields(words)).at(-1)}`).inputValue().catch(() => "");
  tally.count(typed ? "going back: the form is as it was" : "going back: the form is empty");
  if (!typed) return;
  await send(tab, write);
  await plain(tab, tally, where);
}

async function twoWindows({ tab, at, words, tally, where, write }) {
  const other = await tab.context().newPage();
  await other.goto(at);
  await fill(tab, write, words);
  await fill(other, write, words);
  await send(tab, write);
  const answer = await send(other, write);
  await plain(other, tally, where);
  await picture(other, tally, `twice/${where.replace(/\W+/g, "-")}`);
  tally.holds(answer.status() < 500, where, `the second answers ${answer.status()}`);
}

/** The clock of the browser has no say in what is written. */
async function clockOff({ tab, at, words, tally, where, write }) {
  await tab.clock.install({ time: new Date(Date.now() + HOURS_OFF[made % 2] * 3_600_000) });
  await tab.goto(at);
  await fill(tab, write, words);
  await send(tab, write);
  await plain(tab, tally, where);
}

/** What is answered is a page of ours with a heading. */
async function plain(tab, tally, where) {
  const heading = await tab.locator("h1").first().innerText();
  tally.holds(!/Fehler im Programm|nicht lesbar|Störung/.test(heading), where, `answers „${heading}“`);
}

async function draft(tab) {
  await tab.goto("/rahmenvertraege?q=citrix");
  await Promise.all([tab.waitForNavigation(), tab.getByRole("button", { name: /^Abrufen aus Citrix/ }).click()]);
  return `/abrufe/${new URL(tab.url()).pathname.split("/")[2]}/rueckfrage`;
}

async function ofContract(tab, page) {
  await tab.goto("/verwaltung/vertraege");
  return `${await tab.locator("main tbody th a", { hasText: "Büromöbel" }).first().getAttribute("href")}/${page}`;
}

async function contributions(tab) {
  await tab.goto("/verwaltung/mitglieder");
  return `${await tab.locator("main tbody th a").first().getAttribute("href")}/beitraege`;
}
