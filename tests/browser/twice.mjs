// What people do who are not sure that it worked: they click twice, and they go back and press again. There is then
// one call-off and one order, and the page says how things stand.

import { approve, callOff, draftUpToSummary } from "./journeys.mjs";
import { Pointer } from "./hand.mjs";

/** Steps in the history of a call-off, by their words. */
async function history(hand, id) {
  await hand.open(`/abrufe/${id}`);
  await hand.arrive(/./);
  return hand.page.locator(".timeline__what").allTextContents();
}

/** One step stands there once, not twice and not never. */
function once(hand, steps, words, what) {
  const met = steps.filter((step) => words.test(step)).length;
  hand.tally.holds(met === 1, hand.journey, `${what}: ${met} times in the history ${JSON.stringify(steps)}`);
}

const HANDED_IN = /^Zur Freigabe gegeben$/;
const RELEASED = /^Freigegeben, Abruf erteilt$/;

/** Two clicks on what hands in. */
async function handInTwice(hand) {
  const id = await draftUpToSummary(hand);
  await hand.page.locator("main").getByRole("button", { name: "Zur Freigabe geben" }).dblclick();
  hand.activations += 2;
  await hand.arrive(/Freigabe/);
  once(hand, await history(hand, id), HANDED_IN, "handed in with a double click");
  return id;
}

/** Two clicks on what releases; then back, and pressed again. */
async function releaseTwice(hand, id) {
  await hand.open(`/freigaben/${id}`);
  await hand.arrive("Diesen Abruf freigeben?");
  await hand.tick(/^Ich habe verstanden/);
  await hand.page.getByRole("button", { name: "Verbindlich abrufen" }).dblclick();
  hand.activations += 2;
  await hand.arrive(/erteilt|wartet nicht mehr/);
  once(hand, await history(hand, id), RELEASED, "released with a double click");
}

async function backAfterRelease(hand, id) {
  await approve(hand, id);
  await hand.page.goBack();
  await hand.page.waitForLoadState("load");
  const again = hand.page.getByRole("button", { name: "Verbindlich abrufen" });
  if (await again.count()) {
    const box = hand.page.getByLabel(/^Ich habe verstanden/);
    await box.check();
    const [answer] = await Promise.all([hand.page.waitForNavigation({ waitUntil: "load" }), again.click()]);
    hand.tally.holds(answer.status() < 500, hand.journey, `pressed again after going back: ${answer.status()}`);
  }
  await hand.arrive(/erteilt|wartet nicht mehr/);
  once(hand, await history(hand, id), RELEASED, "released, gone back, pressed again");
}

/** The draft's address still leads on after it was handed in: no second draft, no error. */
async function backAfterHandIn(hand) {
  const id = await callOff(hand);
  await hand.page.goBack();
  await hand.page.waitForLoadState("load");
  const again = hand.page.locator("main").getByRole("button", { name: "Zur Freigabe geben" });
  if (await again.count()) {
    const [answer] = await Promise.all([hand.page.waitForNavigation({ waitUntil: "load" }), again.click()]);
    hand.tally.holds(answer.status() < 500, hand.journey, `pressed again after going back: ${answer.status()}`);
  }
  once(hand, await history(hand, id), HANDED_IN, "handed in, gone back, pressed again");
  return id;
}

export async function twice({ desk, tally }) {
  console.log("  twice and back");
  const as = async (person, name, steps) => {
    const context = await desk.contextOf(person);
    const hand = new Pointer(await context.newPage(), tally, `twice: ${name}`);
    try {
      const answer = await steps(hand);
      hand.done();
      return answer;
    } catch (error) {
      tally.fail(`twice: ${name}`, error.message);
    } finally {
      await context.close();
    }
  };
  const first = await as("buyer", "hand in with a double click", handInTwice);
  if (first) await as("approver", "release with a double click", (hand) => releaseTwice(hand, first));
  const second = await as("buyer", "back after handing in", backAfterHandIn);
  if (second) await as("approver", "back after the release", (hand) => backAfterRelease(hand, second));
}
