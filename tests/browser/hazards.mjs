// What happens to people in earnest: they click twice, go back, have two tabs, and come back after the session
// has ended. One order stays one order, and no saved work is lost.

import { Pointer } from "./hand.mjs";
import { callOff, day } from "./journeys.mjs";
import { axe, picture } from "./pages.mjs";
import { PASSWORD, PEOPLE, signIn } from "./people.mjs";

export async function hazards({ desk, tally }) {
  for (const [name, hazard] of Object.entries({ doubleClick, backAfterRelease, twoTabs, lostSession, olderSession, warning, wrongClock })) {
    try {
      await hazard(desk, tally);
      tally.count("hazards survived");
    } catch (error) {
      tally.fail(name, error.message.replace(/\u001b\[\d+m/g, ""));
    }
  }
}

const tabOf = async (desk, person, options) => (await desk.contextOf(person, options)).newPage();
const drafts = async (tab) => {
  const list = await (await tab.context().request.get("/abrufe?stand=entwurf")).text();
  return Number(list.match(/role="status">\s*(\d+)/)?.[1] ?? 0);
};

/** How many numbers of orders the contract has given out, as the office sees it. */
async function released(desk) {
  const context = await desk.contextOf("board");
  const text = await (await context.request.get("/berichte/einsparungen/abrufe?jahr=alle")).text();
  await context.close();
  return text.match(/role="status">\s*([\d.]+)/)?.[1];
}

/** Twice on the button that begins, hands over, releases. */
async function doubleClick(desk, tally) {
  const buyer = await tabOf(desk, "buyer");
  const before = await drafts(buyer);
  await buyer.goto("/rahmenvertraege?q=citrix");
  await buyer.getByRole("button", { name: /^Abrufen aus Citrix/ }).dblclick();
  await buyer.getByRole("heading", { level: 1, name: "Was und wie viel?" }).waitFor();
  tally.count("drafts begun by a double click", (await drafts(buyer)) - before);
  const hand = new Pointer(buyer, tally, "hazards: call-off");
  hand.press = async (role, name) => {
    if (name === "Zur Freigabe geben") await hand.at(role, name).dblclick();
    else await hand.follow(hand.at(role, name));
  };
  const id = await callOff(hand);
  const approver = await tabOf(desk, "approver");
  const orders = await released(desk);
  await approver.goto(`/freigaben/${id}`);
  await approver.getByLabel(/^Ich habe verstanden/).check();
  await approver.getByRole("button", { name: "Verbindlich abrufen" }).dblclick();
  await approver.getByRole("heading", { level: 1, name: /erteilt/ }).waitFor();
  const now = await released(desk);
  const number = (text) => Number((text ?? "0").replaceAll(".", ""));
  tally.holds(number(now) === number(orders) + 1, "double click on the release", `${orders} orders became ${now}`);
  await buyer.context().close();
  await approver.context().close();
}

/** Back to the page with the button, and once more. */
async function backAfterRelease(desk, tally) {
  const buyer = await tabOf(desk, "buyer");
  const id = await callOff(new Pointer(buyer, tally, "hazards: call-off for going back"));
  const approver = await tabOf(desk, "approver");
  await approver.goto(`/freigaben/${id}`);
  await approver.getByLabel(/^Ich habe verstanden/).check();
  await approver.getByRole("button", { name: "Verbindlich abrufen" }).click();
  await approver.getByRole("heading", { level: 1, name: /erteilt/ }).waitFor();
  const orders = await released(desk);
  await approver.goBack();
  const button = approver.getByRole("button", { name: "Verbindlich abrufen" });
  if (await button.count()) {
    await approver.getByLabel(/^Ich habe verstanden/).check();
    await button.click();
    await approver.waitForLoadState();
  } else {
    const words = await approver.locator("main").innerText();
    tally.holds(/wartet nicht mehr auf Freigabe/.test(words), "back after the release", "the page does not say that it is over");
  }
  tally.holds((await released(desk)) === orders, "back after the release", "there is one order more");
  await buyer.context().close();
  await approver.context().close();
}

/** The same draft in two tabs: the second to save is told, and what it typed stays on the page. */
async function twoTabs(desk, tally) {
  const one = await tabOf(desk, "buyer");
  await one.goto("/rahmenvertraege?q=citrix");
  await one.getByRole("button", { name: /^Abrufen aus Citrix/ }).click();
  await one.getByRole("heading", { level: 1, name: "Was und wie viel?" }).waitFor();
  const two = await one.context().newPage();
  await two.goto(one.url());
  const save = async (tab, quantity) => {
    await tab.getByLabel(/^Menge Schulungstag/).first().fill(quantity);
    const [answer] = await Promise.all([tab.waitForNavigation(), tab.getByRole("button", { name: "Preise aktualisieren" }).click()]);
    return answer?.status();
  };
  const first = await save(one, "3");
  const second = await save(two, "5");
  tally.holds(first === 200, "two tabs", `the first answers ${first}`);
  const words = await two.locator("main").innerText();
  const told = second === 409 || second === 422 || /inzwischen|geändert|anderen? (Fenster|Tab)/i.test(words);
  tally.holds(told, "two tabs", `the second overwrites in silence (${second})`);
  const typed = two.getByLabel(/^Menge Schulungstag/).first();
  const kept = (await typed.count()) && (await typed.inputValue()) === "5";
  tally.count("two tabs: what the second typed still stands on its page", kept ? 1 : 0);
  await one.reload();
  tally.holds((await one.getByLabel(/^Menge Schulungstag/).first().inputValue()).startsWith("3"), "two tabs", "what the first saved is gone");
  await one.context().close();
}

const NEED = "Was mitten im Schreiben verloren ginge.";

/** A draft up to its second page, and its id. */
async function draftWithDetails(desk, options = {}) {
  const tab = await tabOf(desk, "buyer", options);
  await tab.goto("/rahmenvertraege?q=citrix");
  await tab.getByRole("button", { name: /^Abrufen aus Citrix/ }).click();
  await tab.getByRole("heading", { level: 1, name: "Was und wie viel?" }).waitFor();
  await tab.getByLabel("Erster Tag").fill(day(1));
  await tab.getByLabel("Letzter Tag").fill(day(60));
  await tab.getByLabel(/^Menge Schulungstag/).first().fill("4");
  await tab.getByRole("button", { name: "Weiter zu den Angaben" }).click();
  await tab.getByRole("heading", { level: 1, name: "Wofür, wann und wohin?" }).waitFor();
  return { tab, draft: new URL(tab.url()).pathname.split("/")[2] };
}

/** What was typed is saved now, and so is what was saved before. */
async function allIsThere(tab, draft, tally, hazard) {
  await tab.getByRole("heading", { level: 1, name: "Ist der Abruf zulässig?" }).waitFor();
  await tab.goto(`/abrufe/${draft}/positionen`);
  tally.holds((await tab.getByLabel(/^Menge Schulungstag/).first().inputValue()).startsWith("4"), hazard, "the saved quantity is gone");
  await tab.goto(`/abrufe/${draft}/angaben`);
  tally.holds((await tab.getByLabel("Begründung des Bedarfs").inputValue()) === NEED, hazard, "what was being typed is gone");
  await tab.context().close();
}

/** The session is gone in the middle: after signing in again what was typed can be sent, in a browser without script too. */
async function lostSession(desk, tally) {
  for (const options of [{}, { javaScriptEnabled: false }]) {
    const { tab, draft } = await draftWithDetails(desk, options);
    await tab.getByLabel("Begründung des Bedarfs").fill(NEED);
    await tab.context().clearCookies();
    await tab.getByRole("button", { name: "Weiter zur Prüfung" }).click();
    await tab.getByRole("heading", { level: 1, name: "Anmelden" }).waitFor();
    tally.holds(/noch nicht gespeichert/.test(await tab.locator("main").innerText()), "lost session", "the sign-in page does not say what happened");
    await tab.getByLabel("E-Mail").fill(PEOPLE.buyer);
    await tab.getByLabel("Passwort").fill(PASSWORD);
    await tab.getByRole("button", { name: "Anmelden" }).click();
    await tab.getByRole("heading", { level: 1, name: "Ihre Eingaben sind noch da" }).waitFor();
    tally.holds((await tab.locator("main").innerText()).includes(NEED), "lost session", "one does not see what was typed");
    if (options.javaScriptEnabled !== false) await axe(tab, "lost session", tally);
    await picture(tab, tally, "hazards/lost-session");
    await tab.getByRole("button", { name: "Eingaben jetzt absenden" }).click();
    await allIsThere(tab, draft, tally, "lost session");
  }
}

/** Signed in anew in another window, then on with the form of before. */
async function olderSession(desk, tally) {
  const { tab, draft } = await draftWithDetails(desk);
  await tab.getByLabel("Begründung des Bedarfs").fill(NEED);
  await tab.context().clearCookies();
  const other = await tab.context().newPage();
  await signIn(other, "buyer");
  await tab.getByRole("button", { name: "Weiter zur Prüfung" }).click();
  await tab.getByRole("button", { name: "Eingaben jetzt absenden" }).click();
  await allIsThere(tab, draft, tally, "older session");
}

/** Two minutes before the end a window opens; one press and the session goes on. */
async function warning(desk, tally) {
  const context = await desk.contextOf("buyer");
  const tab = await context.newPage();
  await tab.clock.install({ time: new Date() });
  await tab.goto("/");
  const open = () => tab.locator("#sitzungsende").evaluate((box) => box.open);
  const ends = await tab.locator("#sitzungsende").evaluate((box) => Number(box.dataset.ends) * 1000 - Date.now());
  await tab.clock.fastForward(ends - 150_000);
  tally.holds(!(await open()), "warning", "opens more than two minutes before the end");
  await tab.clock.fastForward(60_000);
  tally.holds(await open(), "warning", "does not open two minutes before the end");
  await picture(tab, tally, "hazards/warning");
  await tab.keyboard.press("Enter");
  await tab.waitForFunction(() => !document.getElementById("sitzungsende").open, undefined, { timeout: 10_000, polling: 100 }).catch(() => {});
  tally.holds(!(await open()), "warning", "„Angemeldet bleiben“ does not close it");
  await context.close();
}

/** A clock of the browser that is hours off opens no warning. */
async function wrongClock(desk, tally) {
  for (const hours of [-30, 30]) {
    const context = await desk.contextOf("buyer");
    const tab = await context.newPage();
    await tab.clock.install({ time: new Date(Date.now() + hours * 3_600_000) });
    await tab.goto("/");
    await tab.clock.runFor(60_000);
    tally.holds(!(await tab.locator("#sitzungsende").evaluate((box) => box.open)), "wrong clock", `${hours} h off, the warning opens`);
    await context.close();
  }
}
