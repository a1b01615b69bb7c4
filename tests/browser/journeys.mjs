// Eight journeys of everyday work, written once and walked three ways: with the keyboard alone, without
// JavaScript, and on a phone. What each took is printed; what a screen reader would have read is kept.

import { Keyboard, Pointer } from "./hand.mjs";
import { PASSWORD, PEOPLE } from "./people.mjs";
import { twice } from "./twice.mjs";

/** The first call-off may take this much. */
const FIRST = { screens: 5, inputs: 12, seconds: 180 };
/** What people take to think before each input. */
const THINK = 300;

const date = (days) => new Date(Date.now() + days * 86_400_000).toLocaleDateString("de-DE", { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "Europe/Berlin" });
const idOf = (page) => new URL(page.url()).pathname.split("/")[2];

/** Signs in and out again. */
export async function signInAndOut(hand) {
  await hand.open("/anmelden");
  await hand.arrive("Anmelden");
  await hand.fill("E-Mail", PEOPLE.buyer);
  await hand.fill("Passwort", PASSWORD);
  await hand.press("button", "Anmelden");
  await hand.arrive(/^Guten /);
  await hand.press("button", "Abmelden");
  await hand.arrive("Anmelden");
}

/** From the contract to the last screen before the request: licences for a year and two days of training. */
export async function draftUpToSummary(hand) {
  await hand.open("/rahmenvertraege?q=citrix");
  await hand.press("button", /^Abrufen aus Citrix/);
  await hand.arrive("Was und wie viel?");
  await hand.fill("Erster Tag", date(1));
  await hand.fill("Letzter Tag", date(365));
  await hand.fill(/^Menge Schulungstag/, "2");
  await hand.fill(/^Menge Citrix Universal/, "120");
  await hand.press("button", "Weiter zu den Angaben");
  await hand.arrive("Wofür, wann und wohin?");
  await hand.fill("Begründung des Bedarfs", "120 Beschäftigte arbeiten künftig auch von zu Hause; zwei Tage Schulung für die Administration.");
  await hand.press("button", "Weiter zur Prüfung");
  await hand.arrive("Ist der Abruf zulässig?");
  const id = idOf(hand.page);
  await hand.fill(/^Ihre Begründung/, "Die Lizenzen werden nur als Jahrespaket abgerechnet.");
  await hand.press("button", "Begründung speichern");
  await hand.arrive("Ist der Abruf zulässig?");
  await hand.press("link", "Weiter zur Zusammenfassung");
  await hand.arrive("Stimmt alles?");
  return id;
}

/** From the contract to the request. */
export async function callOff(hand) {
  const id = await draftUpToSummary(hand);
  await hand.press("button", "Zur Freigabe geben");
  await hand.arrive(/^Liegt zur Freigabe/);
  return id;
}

/** Reads the request and releases it. */
export async function approve(hand, id) {
  await hand.open("/freigaben");
  await hand.arrive("Freigaben");
  await hand.open(`/freigaben/${id}`);
  await hand.arrive("Diesen Abruf freigeben?");
  await hand.tick(/^Ich habe verstanden/);
  await hand.press("button", "Verbindlich abrufen");
  await hand.arrive(/erteilt/);
}

/** From the figure of the board to the evidence behind one price, in four clicks. */
export async function figureToEvidence(hand) {
  await hand.open("/berichte/einsparungen");
  await hand.arrive(/^Einsparungen/);
  const before = hand.activations;
  const figure = hand.page.locator("main .card", { hasText: "Einsparung belegt" }).getByRole("link").first();
  await hand.press("link", new RegExp(`^${escaped(await figure.innerText())}$`));
  await hand.arrive(/./);
  const row = hand.page.locator("main tbody tr").first().getByRole("link").first();
  await hand.press("link", (await row.innerText()).trim());
  await hand.arrive(/./);
  await hand.page.locator("main a[href*='/vergleichspreise/']").first().waitFor();
  const evidence = hand.page.locator("main a[href*='/vergleichspreise/']").first();
  await hand.press("link", (await evidence.innerText()).trim());
  await hand.arrive(/./);
  const proof = hand.page.locator("main a[href$='/beleg'], main dd").first();
  hand.tally.holds((await proof.count()) > 0, hand.journey, "the comparison price shows no evidence");
  hand.tally.holds(hand.activations - before <= 4, hand.journey, `${hand.activations - before} clicks from the figure to the evidence`);
}

/** An auditor looks for a call-off, opens its file and takes the list and a document along. */
export async function searchToDownload(hand) {
  await hand.open("/pruefung");
  await hand.arrive("Prüfung");
  await hand.fill("Stichwort", "Citrix");
  await hand.choose("Stand", "erteilt");
  await hand.press("button", "Suchen");
  await hand.arrive("Prüfung");
  const list = await hand.page.request.get(await hand.page.getByRole("link", { name: "Liste als CSV" }).getAttribute("href"));
  hand.tally.holds(list.status() === 200 && (await list.text()).split("\n").length > 1, hand.journey, `the list answers ${list.status()}`);
  const number = (await hand.page.locator("main tbody th a").first().innerText()).trim();
  await hand.press("link", number);
  await hand.arrive(number);
  const paper = hand.page.locator("#dokumente ~ table a, section[aria-labelledby=dokumente] a").first();
  const name = (await paper.innerText()).trim();
  if (hand.page.context().browser().contexts().length && (await hand.scripted())) {
    const [file] = await Promise.all([hand.page.waitForEvent("download"), hand.press("link", name)]);
    hand.tally.holds((await file.failure()) === null, hand.journey, `the download of ${name} failed`);
  } else {
    const file = await hand.page.request.get(await paper.getAttribute("href"));
    hand.tally.holds((await file.body()).subarray(0, 5).toString() === "%PDF-", hand.journey, `${name} is no PDF`);
  }
}

/** The office copies a contract, changes its terms and hands it to a second person. */
export async function editContract(hand) {
  await hand.open("/verwaltung/vertraege");
  await hand.arrive("Verträge");
  await hand.press("link", "Büromöbel");
  await hand.arrive("Büromöbel");
  await hand.press("button", "Als Entwurf kopieren");
  await hand.arrive(/Büromöbel|Bedingungen|Entwurf/);
  return new URL(hand.page.url()).pathname;
}

/** The treasurer sees what waits and opens the accounts. */
export async function confirmMoney(hand, id, account) {
  await hand.open("/haushalt");
  await hand.arrive("Haushalt");
  await hand.open(`/haushalt/abrufe/${id}`);
  await hand.arrive(/^Mittel für /);
  await hand.choose("Konto, das bezahlt", account);
  await hand.press("button", "Mittel bestätigen");
  await hand.arrive(/^Mittel für |^Haushalt/);
}

/** The same order once more: three screens, two inputs. */
export async function repeatOrder(hand, id) {
  await hand.open(`/abrufe/${id}`);
  await hand.press("button", "Gleichen Abruf noch einmal");
  await hand.arrive("Noch einmal abrufen");
  await hand.press("button", "Weiter zur Zusammenfassung");
  await hand.arrive("Stimmt alles?");
  await hand.press("button", "Zur Freigabe geben");
  await hand.arrive(/Freigabe/);
}

const escaped = (text) => text.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+");

/** Runs all journeys with one kind of hand. */
async function walk(desk, tally, way, Kind, options, extra = {}) {
  console.log(`  ${way}`);
  const as = async (person, name, steps) => {
    const context = await desk.contextOf(person, options);
    const page = await context.newPage();
    const hand = new Kind(page, tally, `${way}: ${name}`, extra);
    hand.touch = Boolean(options.hasTouch);
    hand.scripted = async () => options.javaScriptEnabled !== false;
    try {
      const answer = await steps(hand);
      return { answer, ...hand.done() };
    } catch (error) {
      tally.fail(`${way}: ${name}`, error.message);
      return {};
    } finally {
      await context.close();
    }
  };
  await as(null, "sign in", signInAndOut);
  const first = await as("buyer", "call-off", callOff);
  if (first.answer) {
    for (const [what, most] of Object.entries(FIRST)) {
      tally.holds(first[what] <= most, `${way}: call-off`, `${first[what]} ${what}, at most ${most}`);
    }
    await as("approver", "approve", (hand) => approve(hand, first.answer));
    const again = await as("buyer", "repeat order", (hand) => repeatOrder(hand, first.answer));
    tally.holds(again.screens <= 4, `${way}: repeat order`, `${again.screens} screens`);
  }
  await as("board", "figure to evidence", figureToEvidence);
  await as("auditor", "search to download", searchToDownload);
  await as("office", "edit contract", editContract);
}

export async function journeys({ desk, tally }) {
  await walk(desk, tally, "keyboard", Keyboard, {}, { think: THINK });
  await walk(desk, tally, "no JavaScript", Pointer, { javaScriptEnabled: false });
  await walk(desk, tally, "phone", Pointer, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await twice({ desk, tally });
}
