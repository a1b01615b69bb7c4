// The second browser: Debian's Firefox, over WebDriver BiDi. The ten main pages (with --long also dark) at the widths of phone
// and desk, and what everybody does most. Not asked of it: what needs Chromium's own protocol (bytes on the wire, forced
// colours, PDF), and phones (it has no touch).

import { existsSync } from "node:fs";

import { firefox as gecko } from "playwright-core";

import { Keyboard, Pointer } from "./hand.mjs";
import { approve, callOff, figureToEvidence, signInAndOut } from "./journeys.mjs";
import { measure, SMALLEST_TARGET } from "./layout.mjs";
import { MAIN } from "./media.mjs";
import { axe, picture } from "./pages.mjs";
import { Desk, WIDTHS } from "./people.mjs";

const PLACES = [process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox"];

export async function firefox({ base, tally, long }) {
  const executablePath = PLACES.find((path) => path && existsSync(path));
  if (!executablePath) {
    if (process.env.BROWSER_SUITE_STRICT) tally.fail("firefox", "not installed: apt-get install firefox-esr");
    else console.log("  not run: no Firefox (apt-get install firefox-esr, or FIREFOX=path)");
    return;
  }
  for (const theme of long ? ["light", "dark"] : ["light"]) {
    const browser = await gecko.launch({
      executablePath,
      channel: "moz-firefox",
      firefoxUserPrefs: {
        // BiDi cannot ask for a theme; and what a page is wide must not hang on the width of scroll bars.
        "layout.css.prefers-color-scheme.content-override": theme === "dark" ? 0 : 1,
        "ui.useOverlayScrollbars": 1,
      },
    });
    try {
      const desk = new Desk(browser, base, tally);
      await mainPages(desk, tally, theme);
      if (theme === "light") await walks(desk, tally);
    } finally {
      await browser.close();
    }
  }
}

async function mainPages(desk, tally, theme) {
  for (const [person, name, go] of MAIN) {
    const context = await desk.contextOf(person);
    const tab = await context.newPage();
    await go(tab);
    const dark = await tab.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches);
    tally.holds(dark === (theme === "dark"), `Firefox, ${name}`, `is not ${theme}`);
    tally.count("pages measured");
    for (const width of [WIDTHS.phone, WIDTHS.desk]) {
      await tab.setViewportSize({ width, height: 900 });
      for (const { kind, what } of (await tab.evaluate(measure, SMALLEST_TARGET)).found) tally.fail(`Firefox, ${name}, ${width} px`, `${kind}: ${what}`);
      tally.count("layouts measured");
      await axe(tab, `Firefox, ${name}, ${theme}, ${width} px`, tally);
      await picture(tab, tally, `firefox/${name}.${width}.${theme}`);
    }
    await context.close();
  }
}

async function walks(desk, tally) {
  const walk = async (person, name, Kind, steps, options = {}) => {
    const context = await desk.contextOf(person, options);
    const hand = new Kind(await context.newPage(), tally, `Firefox: ${name}`);
    try {
      return await steps(hand);
    } catch (error) {
      tally.fail(hand.journey, error.message.replace(/\u001b\[\d+m/g, ""));
      return null;
    } finally {
      if (hand.screens.length) hand.done();
      await context.close();
    }
  };
  await walk(null, "sign in with the keyboard", Keyboard, signInAndOut);
  const id = await walk("buyer", "call-off with the keyboard", Keyboard, (hand) => callOff(hand, { users: 7 }));
  if (id) await walk("approver", "approve", Pointer, (hand) => approve(hand, id));
  await walk("board", "figure to evidence", Pointer, figureToEvidence);
}
