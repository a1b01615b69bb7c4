// Runs the subjects one after the other, prints what was counted; fails where something was wrong.

import { mkdirSync } from "node:fs";

import { chromium } from "playwright-core";

import { Allowed } from "./allowed.mjs";
import { journeys } from "./journeys.mjs";
import { pages } from "./pages.mjs";
import { Desk } from "./people.mjs";
import { proof } from "./proof.mjs";
import { Tally } from "./tally.mjs";

const SUBJECTS = { proof, pages, journeys };
/** Below these something was left out that should have been looked at: the suite does not shrink unnoticed. */
const LEAST = {
  proof: { "faults noticed": 8 },
  pages: { "pages looked at": 110, "axe scans": 220, "layouts measured": 220, "targets measured": 5000 },
  journeys: { journeys: 20, "screens read": 70, "focus stops judged": 30 },
};

const options = { long: false, only: undefined };
const chosen = [];
let base;
for (const argument of process.argv.slice(2)) {
  if (argument === "--long") options.long = true;
  else if (argument.startsWith("--base=")) base = argument.slice(7).replace(/\/$/, "");
  else if (argument.startsWith("--only=")) options.only = argument.slice(7);
  else if (argument in SUBJECTS) chosen.push(argument);
  else throw new Error(`unknown argument ${argument}; subjects: ${Object.keys(SUBJECTS).join(", ")}`);
}

const folder = "target/browser";
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // A sandbox of its own needs rights that root in a container has not.
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});
const allowed = Allowed.read();
let failed = 0;
for (const name of chosen.length ? chosen : Object.keys(SUBJECTS)) {
  const tally = new Tally(folder, allowed);
  const begin = Date.now();
  console.log(`\n${name}`);
  try {
    await SUBJECTS[name]({ ...options, tally, browser, desk: new Desk(browser, base, tally) });
  } catch (error) {
    tally.fail(name, error.stack ?? String(error));
  }
  if (!options.only) {
    for (const [what, least] of Object.entries(LEAST[name] ?? {})) {
      const counted = tally.counts.get(what) ?? 0;
      tally.holds(counted >= least, name, `${counted} ${what}, at least ${least}`);
    }
  }
  tally.print();
  console.log(`  ${((Date.now() - begin) / 1000).toFixed(1)} s`);
  failed += tally.failures.length;
}
await browser.close();
failed += allowed.print({ complete: !chosen.length && !options.only });
process.exitCode = failed ? 1 : 0;
