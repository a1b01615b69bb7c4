// How a person gets through pages: with the keyboard alone, with the mouse, or with a finger. Counts screens,
// inputs and activations, and writes down what a screen reader would read.

import { readAloud, soundness } from "./screen-reader.mjs";

/** Most presses of the tab key to get to something on one page. */
const PATIENCE = 400;

class Hand {
  screens = [];
  inputs = 0;
  activations = 0;
  read = [];

  constructor(page, tally, journey, { think = 0 } = {}) {
    Object.assign(this, { page, tally, journey, think });
    this.begin = Date.now();
  }

  async open(address) {
    await this.page.goto(address);
  }

  /** The screen one has come to, by its heading; notes and judges it. */
  async arrive(heading) {
    const title = this.page.getByRole("heading", { level: 1, name: heading });
    try {
      await title.first().waitFor({ timeout: 20_000 });
    } catch {
      const seen = await this.page.locator("h1").allTextContents();
      throw new Error(`${this.journey}: expected the screen ${heading}, saw ${JSON.stringify(seen)} at ${this.page.url()}\n${(await this.page.locator("main").innerText()).slice(0, 600)}`);
    }
    await this.page.waitForLoadState("load");
    const url = new URL(this.page.url());
    const name = (await title.first().innerText()).replace(/\s+/g, " ");
    this.screens.push(`${name} (${url.pathname})`);
    const tree = await this.page.locator("body").ariaSnapshot();
    this.read.push(`—— ${await this.page.title()} ——\n${readAloud(tree)}`);
    for (const complaint of soundness(tree)) this.tally.fail(`${this.journey}, ${name}`, complaint);
    this.tally.count("screens read");
    return this;
  }

  at(role, name) {
    // Only signing out stands in the header; its search has a button named like those of pages.
    const place = name === "Abmelden" ? this.page : this.page.locator("main");
    return place.getByRole(role, { name }).first();
  }

  async pause() {
    if (this.think) await this.page.waitForTimeout(this.think);
  }

  /** Ends: prints the counts, keeps the text. */
  done(more = "") {
    const seconds = ((Date.now() - this.begin) / 1000).toFixed(1);
    const distinct = new Set(this.screens.map((screen) => screen.replace(/.*\(/, "")));
    console.log(
      `    ${this.journey}: ${distinct.size} screens, ${this.screens.length} page loads, ${this.inputs} inputs, ${this.activations} activations${this.presses ? `, ${this.presses} key presses to get there` : ""}, ${seconds} s${more}`,
    );
    this.tally.count("journeys");
    this.tally.artefact(`screen-reader/${this.journey.replace(/[^a-z0-9]+/gi, "-")}.txt`, `${this.read.join("\n\n")}\n`);
    return { screens: distinct.size, inputs: this.inputs, activations: this.activations, seconds: Number(seconds) };
  }
}

/** Clicks, or taps where the screen is touched. */
export class Pointer extends Hand {
  async press(role, name) {
    await this.follow(this.at(role, name));
  }

  async follow(target) {
    await this.pause();
    await target.waitFor();
    // By place, as a hand does: without JavaScript the page never tells Playwright that it stands still.
    await target.evaluate((element) => element.scrollIntoView({ block: "center", inline: "nearest" }));
    const box = await target.boundingBox();
    const [x, y] = [box.x + Math.min(box.width / 2, 60), box.y + Math.min(box.height / 2, 12)];
    if (this.touch) await this.page.touchscreen.tap(x, y);
    else await this.page.mouse.click(x, y);
    this.activations += 1;
  }

  async fill(label, value) {
    await this.pause();
    await this.field(label).fill(value);
    this.inputs += 1;
  }

  field(label) {
    return this.page.locator("main").getByLabel(label).first();
  }

  async tick(label) {
    await this.pause();
    await this.page.getByLabel(label).check();
    this.inputs += 1;
  }

  async choose(label, option) {
    await this.pause();
    await this.field(label).selectOption({ label: option });
    this.inputs += 1;
  }

  async unfold(name) {
    await this.page.locator("main summary", { hasText: name }).first().click();
    this.activations += 1;
  }
}

/** Tab, Enter, Space and letters; never a click. */
export class Keyboard extends Hand {
  presses = 0;

  /** Presses Tab until the element has the focus; it is then visible and not covered. */
  async to(target) {
    await target.waitFor({ state: "attached" });
    const handle = await target.elementHandle();
    const focused = () => this.page.evaluate((element) => element === document.activeElement, handle);
    for (let press = 0; !(await focused()); press += 1) {
      if (press > PATIENCE) throw new Error(`${this.journey}: the tab key does not get to ${target} at ${this.page.url()}`);
      await this.page.keyboard.press("Tab");
      this.presses += 1;
    }
    // The window scrolls with the next frame.
    await this.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const seen = await this.page.evaluate(focusSeen, handle);
    this.tally.count("focus stops judged");
    if (seen) this.tally.fail(`${this.journey}, ${this.page.url()}`, seen);
  }

  async press(role, name) {
    await this.follow(this.at(role, name));
  }

  async follow(target) {
    await this.pause();
    await this.to(target);
    await this.page.keyboard.press("Enter");
    this.presses += 1;
    this.activations += 1;
  }

  async fill(label, value) {
    await this.pause();
    await this.to(this.page.locator("main").getByLabel(label).first());
    await this.page.keyboard.press("Control+A");
    await this.page.keyboard.type(value);
    this.inputs += 1;
  }

  async tick(label) {
    await this.pause();
    await this.to(this.page.getByLabel(label));
    await this.page.keyboard.press("Space");
    this.inputs += 1;
  }

  /** Types the beginning of the option, as people do; what is then chosen is compared. */
  async choose(label, option) {
    await this.pause();
    const field = this.page.locator("main").getByLabel(label).first();
    await this.to(field);
    await this.page.keyboard.type(option);
    const chosen = await field.evaluate((element) => element.selectedOptions[0]?.label);
    if (chosen !== option) throw new Error(`${this.journey}: typed ${option}, chosen is ${chosen}`);
    this.inputs += 1;
  }

  async unfold(name) {
    await this.to(this.page.locator("main summary", { hasText: name }).first());
    await this.page.keyboard.press("Enter");
    this.activations += 1;
  }
}

/** What is wrong with how the focus shows, or nothing. Runs inside the page. */
function focusSeen(element) {
  const name = `<${element.localName}> „${(element.textContent || element.name || "").trim().slice(0, 40)}“`;
  const style = getComputedStyle(element);
  const around = element.matches("input[type=checkbox], input[type=radio]") ? getComputedStyle(element, "::before") : style;
  const shows = [style, around].some((it) => (it.outlineStyle !== "none" && parseFloat(it.outlineWidth) > 0) || it.boxShadow !== "none");
  if (!shows) return `${name} has the focus and does not show it`;
  const box = element.getClientRects()[0] ?? element.getBoundingClientRect();
  const x = Math.min(Math.max(box.left + Math.min(box.width / 2, 40), 0), innerWidth - 1);
  const y = Math.min(Math.max(box.top + box.height / 2, 0), innerHeight - 1);
  if (box.bottom < 0 || box.top > innerHeight) return `${name} has the focus outside the window`;
  const top = document.elementFromPoint(x, y);
  if (top && !element.contains(top) && !top.contains(element) && ![...(element.labels ?? [])].some((label) => label.contains(top))) {
    return `${name} has the focus below <${top.localName}.${top.className}>`;
  }
  return null;
}
