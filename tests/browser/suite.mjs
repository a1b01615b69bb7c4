// Runs the subjects, prints what was counted; fails where something was wrong. The pages have a lane of their own: they
// release nothing, so that the others, one after the other, may count orders.

import { mkdirSync } from "node:fs";

import { chromium } from "playwright-core";

import { auditor } from "./auditor.mjs";
import { days } from "./days.mjs";
import { firefox } from "./firefox.mjs";
import { hazards } from "./hazards.mjs";
import { journeys } from "./journeys.mjs";
import { media, screenshots } from "./media.mjs";
import { pages } from "./pages.mjs";
import { papers } from "./papers.mjs";
import { Desk } from "./people.mjs";
import { Tally } from "./tally.mjs";
import { twice } from "./twice.mjs";

const SUBJECTS = { pages, media, auditor, papers, hazards, twice, journeys, days, firefox };

const options = { long: false, only: undefined };
const chosen = [];
let base;
for (const argument of process.argv.slice(2)) {
  if (argument === "--long") options.long = true;
  else if (argument === "--screenshots") options.pictures = true;
  else if (argument.startsWith("--base=")) base = argument.slice(7);
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
let failed = 0;
const sums = new Map();
async function run([name, subject]) {
  const tally = new Tally(folder);
  const begin = Date.now();
  try {
    await subject({ ...options, tally, base, desk: new Desk(browser, base, tally) });
  } catch (error) {
    tally.fail(name, error.stack ?? String(error));
  }
  console.log(`\n${name}`);
  tally.print();
  console.log(`  ${((Date.now() - begin) / 1000).toFixed(1)} s`);
  failed += tally.failures.length;
  for (const [what, number] of tally.counts) sums.set(what, (sums.get(what) ?? 0) + number);
}

const wanted = Object.entries(options.pictures ? { screenshots } : SUBJECTS).filter(([name]) => !chosen.length || chosen.includes(name));
const lanes = [wanted.filter(([name]) => name === "pages"), wanted.filter(([name]) => name !== "pages")];
await Promise.all(
  lanes.map(async (lane) => {
    for (const subject of lane) await run(subject);
  }),
);
await browser.close();
const sum = (what) => sums.get(what) ?? 0;
console.log(`
browser: ${sum("pages measured")} pages and ${sum("error states measured")} error states; ${sum("layouts measured")} layouts (pages × widths × themes), ${sum("axe scans")} axe scans
browser: ${sum("journeys")} journeys, ${sum("hazards survived")} hazards, ${sum("questions answered")} questions answered, ${sum("assertions")} assertions
browser: ${sum("axe violations")} axe violations, ${failed} failures in all`);
process.exitCode = failed ? 1 : 0;
