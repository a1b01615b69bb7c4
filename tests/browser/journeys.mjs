// Eight journeys of everyday work, written once and walked three ways: without JavaScript, on a phone, and with
// the keyboard alone. What each took is printed; what a screen reader would have read is kept.

import { Keyboard, Pointer } from "./hand.mjs";
import { PASSWORD, PEOPLE } from "./people.mjs";

/** The first call-off may take this much; screens are addresses, from the first step to the confirmation. */
const FIRST = { screens: 5, inputs: 12, seconds: 180 };
/** What people take to think before each input, in milliseconds. */
const THINK = 300;
const ACCOUNT = "11150.5291000";

/** A day from now as people write it. */
export const day = (days) =>
  new Date(Date.now() + days * 86_400_000).toLocaleDateString("de-DE", { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "Europe/Berlin" });
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

/** From the contract to the request: licences for a year and two days of training. */
export async function callOff(hand, { users = 4, account = null } = {}) {
  await hand.open("/rahmenvertraege?q=citrix");
  await hand.press("button", /^Abrufen aus Citrix/);
  await hand.arrive("Was und wie viel?");
  await hand.fill("Erster Tag", day(1));
  await hand.fill("Letzter Tag", day(365));
  await hand.fill(/^Menge Schulungstag/, "2");
  await hand.fill(/^Menge Citrix Universal/, String(users));
  await hand.press("button", "Weiter zu den Angaben");
  await hand.arrive("Wofür, wann und wohin?");
  await hand.fill("Begründung des Bedarfs", "Mehr Beschäftigte arbeiten künftig auch von zu Hause; zwei Tage Schulung für die Administration.");
  if (account) await hand.page.locator("#budget_account").fill(account);
  await hand.press("button", "Weiter zur Prüfung");
  await hand.arrive("Ist der Abruf zulässig?");
  const id = idOf(hand.page);
  await hand.fill(/^Ihre Begründung/, "Die Lizenzen werden nur als Jahrespaket abgerechnet.");
  await hand.press("button", "Begründung speichern");
  await hand.arrive("Ist der Abruf zulässig?");
  await hand.press("link", "Weiter zur Zusammenfassung");
  await hand.arrive("Stimmt alles?");
  await hand.press("button", "Zur Freigabe geben");
  await hand.arrive(/Freigabe/);
  return id;
}

/** Finds the request in the list, reads it and releases it. */
export async function approve(hand, id) {
  await hand.open("/freigaben");
  await hand.arrive("Freigaben");
  await hand.follow(hand.page.locator(`main a[href="/freigaben/${id}"]`));
  await hand.arrive("Diesen Abruf freigeben?");
  await hand.tick(/^Ich habe verstanden/);
  await hand.press("button", "Verbindlich abrufen");
  await hand.arrive(/erteilt/);
}

/** From the figure of the board to the evidence behind one price, in four clicks. */
export async function figureToEvidence(hand) {
  await hand.open("/berichte/einsparungen?jahr=alle");
  await hand.arrive(/^Einsparungen/);
  await hand.follow(hand.page.locator("main .card", { hasText: "Einsparung belegt" }).getByRole("link").first());
  await hand.arrive("Abrufe hinter der Zahl");
  await hand.follow(hand.page.locator("main tbody a[href$='/einsparung']").first());
  await hand.arrive(/^Einsparung von /);
  await hand.follow(hand.page.getByRole("link", { name: /^Nachweis/ }).first());
  await hand.arrive(/./);
  const words = await hand.page.locator("main").innerText();
  hand.tally.holds(/Beleg|Nachweis|Datei/.test(words), hand.journey, "the comparison price shows no evidence");
  hand.tally.holds(hand.activations <= 4, hand.journey, `${hand.activations} clicks from the figure to the evidence`);
}

/** An auditor looks for call-offs, opens the file of one and takes the list and a document along. */
async function searchToDownload(hand) {
  await hand.open("/pruefung");
  await hand.arrive("Prüfung");
  await hand.fill("Stichwort", "Altenrode");
  await hand.choose("Stand", "abgerechnet");
  await hand.press("button", "Suchen");
  await hand.arrive("Prüfung");
  const list = await hand.page.request.get(await hand.page.getByRole("link", { name: "Liste als CSV" }).getAttribute("href"));
  hand.tally.holds(list.status() === 200 && (await list.text()).trim().split("\n").length > 1, hand.journey, `the list answers ${list.status()}`);
  const first = hand.page.locator("main tbody th a").first();
  const number = (await first.innerText()).trim();
  await hand.follow(first);
  await hand.arrive(number);
  const paper = hand.page.locator("section[aria-labelledby=dokumente] tbody a").first();
  if ("to" in hand) await hand.to(paper);
  const file = await hand.page.request.get(await paper.getAttribute("href"));
  hand.tally.holds((await file.body()).subarray(0, 5).toString() === "%PDF-", hand.journey, "the document is no PDF");
}

/** The office copies a contract, corrects its title and sees what is missing before it can be handed in. */
async function editContract(hand) {
  await hand.open("/verwaltung/vertraege");
  await hand.arrive("Verträge");
  await hand.follow(hand.page.locator("main tbody th a", { hasText: "Monitore" }).first());
  await hand.arrive(/Monitore/);
  await hand.press("button", "Als Entwurf kopieren");
  await hand.arrive(/Monitore/);
  await hand.press("link", "Bedingungen ändern");
  await hand.arrive(/./);
  await hand.fill("Titel", "Monitore, zweite Ausschreibung");
  await hand.press("button", /speichern|Speichern/);
  await hand.arrive(/Monitore, zweite Ausschreibung|./);
}

/** The treasurer confirms the money of a request. */
async function confirmMoney(hand, id) {
  await hand.open("/haushalt");
  await hand.arrive("Haushalt");
  await hand.follow(hand.page.locator(`main a[href="/haushalt/abrufe/${id}"]`));
  await hand.arrive(/^Mittel für /);
  await hand.choose("Konto, das bezahlt", ACCOUNT);
  await hand.press("button", "Mittel bestätigen");
  await hand.arrive(/^Mittel für |^Haushalt/);
  const words = await hand.page.locator("main").innerText();
  hand.tally.holds(/bestätigt/i.test(words), hand.journey, "nothing says that the money is confirmed");
}

/** The same order once more, shorter: the details are taken over. */
async function repeatOrder(hand, id) {
  await hand.open(`/abrufe/${id}`);
  await hand.press("button", "Gleichen Abruf noch einmal");
  await hand.arrive("Noch einmal abrufen");
  await hand.fill("Erster Tag", day(1));
  await hand.fill("Letzter Tag", day(60));
  await hand.press("button", "Weiter zur Zusammenfassung");
  await hand.arrive("Stimmt alles?");
  await hand.press("button", "Zur Freigabe geben");
  await hand.arrive(/Freigabe/);
}

async function setMode(hand, mode) {
  await hand.open("/haushalt");
  await hand.unfold("Betriebsart ändern");
  await hand.page.locator("#mode").selectOption(mode);
  await hand.press("button", "Betriebsart speichern");
  await hand.arrive("Haushalt");
}

/** One person, one journey. */
async function walkOne(desk, tally, { way, Kind, options, extra }, person, name, steps) {
  const context = await desk.contextOf(person, options);
  const page = await context.newPage();
  const hand = new Kind(page, tally, `${way}: ${name}`, extra);
  hand.touch = Boolean(options.hasTouch);
  try {
    const answer = await steps(hand);
    return { answer, ...hand.done() };
  } catch (error) {
    tally.fail(`${way}: ${name}`, error.message.replace(/\u001b\[\d+m/g, ""));
    return {};
  } finally {
    await context.close();
  }
}

/** The seven journeys that leave the member's settings as they are. */
async function walk(desk, tally, how) {
  console.log(`  ${how.way}`);
  const as = (person, name, steps) => walkOne(desk, tally, how, person, name, steps);
  await as(null, "sign in", signInAndOut);
  const first = await as("buyer", "call-off", (hand) => callOff(hand, { users: how.users }));
  if (first.answer) {
    for (const [what, most] of Object.entries(FIRST)) {
      tally.holds(first[what] <= most, `${how.way}: call-off`, `${first[what]} ${what}, at most ${most}`);
    }
    const decided = await as("approver", "approve", (hand) => approve(hand, first.answer));
    if (decided.seconds) tally.holds(decided.seconds <= 60, `${how.way}: approve`, `${decided.seconds} s, at most a minute`);
    const again = await as("buyer", "repeat order", (hand) => repeatOrder(hand, first.answer));
    if (again.screens) tally.holds(again.screens <= 3 && again.inputs <= 2, `${how.way}: repeat order`, `${again.screens} screens, ${again.inputs} inputs`);
  }
  await as("board", "figure to evidence", figureToEvidence);
  await as("auditor", "search to download", searchToDownload);
  await as("office", "edit contract", editContract);
}

export async function journeys({ desk, tally }) {
  await walk(desk, tally, { way: "no JavaScript", Kind: Pointer, options: { javaScriptEnabled: false }, extra: {}, users: 6 });
  await walk(desk, tally, { way: "phone", Kind: Pointer, options: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }, extra: {}, users: 5 });
  const keyboard = { way: "keyboard", Kind: Keyboard, options: {}, extra: { think: THINK }, users: 120 };
  await walk(desk, tally, keyboard);

  // The eighth last: while it lasts, the member's treasurer confirms every request.
  const prepare = { way: "preparation", Kind: Pointer, options: {}, extra: {} };
  await walkOne(desk, tally, prepare, "treasurer", "accounts and mode", async (hand) => {
    await hand.open("/haushalt/konten");
    await hand.fill(/^Konto/, ACCOUNT);
    await hand.fill("Haushaltsjahr", String(new Date().getFullYear()));
    await hand.fill("Verfügbarer Betrag", "900000");
    await hand.press("button", "Betrag speichern");
    await hand.arrive("Konten");
    await setMode(hand, "confirmed");
  });
  const asked = await walkOne(desk, tally, prepare, "buyer", "call-off with an account", (hand) => callOff(hand, { account: ACCOUNT }));
  if (asked.answer) await walkOne(desk, tally, keyboard, "treasurer", "confirm money", (hand) => confirmMoney(hand, asked.answer));
  await walkOne(desk, tally, prepare, "treasurer", "mode as before", (hand) => setMode(hand, "reference_only"));
}
