// Every page each role reaches: axe, layout, weight, foreign requests; then what an empty form answers.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { crawl, pathOf } from "./crawl.mjs";
import { measure, SMALLEST_TARGET } from "./layout.mjs";
import { lostForms } from "./lost-forms.mjs";
import { PEOPLE, WIDTHS } from "./people.mjs";
import { EXCUSED, HALFWAY, reachStates } from "./states.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** Largest page at first view in bytes as transferred, without fonts; and the fonts. */
const LARGEST_PAGE = 150 * 1024;
const LARGEST_FONTS = 60 * 1024;

/** Roles in the order in which they claim a page that several reach. */
const READERS = [null, HALFWAY, "buyer", "approver", "treasurer", "office", "board", "auditor", "administrator", "supervisor", "future"];

const THEMES = ["light", "dark"];
const EVERY_WAY = Object.values(WIDTHS).flatMap((width) => THEMES.map((theme) => [width, theme]));

/** Where the walk of a reader begins, besides the start page and what `states.mjs` has brought about. */
const FIRST = {
  null: ["/anmelden", "/pruefen", "/hilfe/regeln", "/hilfe/probleme/unauthenticated", "/gibt-es-nicht"],
  [HALFWAY]: [],
  buyer: ["/", "/suche?q=citrx", "/benachrichtigungen"],
  office: ["/", "/suche?q=monitor", "/einrichtung"],
};

/** Everything. `long`: each role's own pages, three instances of a kind, axe in all six states. */
export async function pages({ desk, tally, long, only }) {
  const claimed = new Set();
  const forms = [];
  const assets = await firstView(desk, tally);
  const states = await reachStates(desk, tally);
  for (const person of READERS) {
    const context = await desk.contextOf(person);
    const starts = [...(FIRST[person] ?? ["/"]), ...(states.get(String(person)) ?? [])];
    const found = await crawl(context, desk.base, { each: long ? 3 : 1, starts });
    const mine = found.filter((page) => page.html && (long || !claimed.has(page.kind)) && (!only || page.kind.includes(only)));
    for (const page of found) {
      tally.count("addresses followed");
      if (page.status >= 400 && page.address !== "/gibt-es-nicht") tally.fail(page.address, `${person} follows a link to ${page.status}`);
      claimed.add(page.kind);
    }
    const queue = [...mine.entries()];
    await Promise.all(
      [0, 1].map(async () => {
        const tab = await context.newPage();
        for (let next = queue.shift(); next; next = queue.shift()) {
          const [at, page] = next;
          const instance = long ? `-${at}` : "";
          await scan(tab, page, { person, tally, long, assets, name: `${person ?? "nobody"}/${fileName(page.kind)}${instance}` });
          if (!forms.some((form) => form.kind === page.kind)) forms.push({ ...page, person, count: await tab.locator("form[method=post]").count() });
        }
        await tab.close();
      }),
    );
    tally.count(`pages of ${person ?? "nobody"}`, mine.length);
    await context.close();
  }
  for (const person of READERS) {
    const theirs = forms.filter((form) => form.person === person && form.count);
    if (theirs.length) await emptyForms({ desk, tally, person, theirs, long });
    if (theirs.length && person in PEOPLE) await lostForms({ desk, tally, person, theirs });
  }
  if (!only) notReached(claimed, tally);
}

/**
 * Every page of the access table is measured or excused with a reason; a new page that nobody reaches fails, and so does
 * an excuse for one that is reached or gone.
 */
function notReached(claimed, tally) {
  const rows = [...readFileSync("docs/access.md", "utf8").matchAll(/^\| `GET (\/[^`]*)`/gm)].map(([, path]) => path);
  const routes = rows.filter((path) => !/^\/(api|assets|health)\//.test(path) && !/\.[a-z]+$|\{datei\}$/.test(path));
  const matches = (route) => new RegExp(`^${route.replace(/\{[^}]+\}/g, "[^/]+")}$`);
  // An address belongs to the route that spells out most of it.
  const named = [...routes].sort((one, other) => one.split("{").length - other.split("{").length);
  const seen = new Set([...claimed].map((kind) => named.find((route) => matches(route).test(pathOf(kind)))));
  const left = routes.filter((route) => !seen.has(route));
  tally.count("pages of the access table", routes.length);
  tally.count("of these excused", left.filter((route) => route in EXCUSED).length);
  for (const route of left) if (!(route in EXCUSED)) tally.fail(route, "nobody reaches this page: lead there in tests/browser/states.mjs, or excuse it there with a reason");
  for (const [route, reason] of Object.entries(EXCUSED)) {
    if (!left.includes(route)) tally.fail(route, `is excused (${reason}) and ${routes.includes(route) ? "reached" : "not in the access table"}`);
    else console.log(`  excused: ${route}: ${reason}`);
  }
}

const fileName = (kind) => kind.replace(/^\//, "").replaceAll("/", "_").replace(/[?&]/g, "+").replace(/[{}]/g, "") || "start";

/** What comes with the first page besides the page itself, and the fonts. */
async function firstView(desk, tally) {
  const context = await desk.contextOf("buyer");
  const tab = await context.newPage();
  const wire = await context.newCDPSession(tab);
  await wire.send("Network.enable");
  const kinds = new Map();
  let fonts = 0;
  let rest = 0;
  wire.on("Network.responseReceived", (event) => kinds.set(event.requestId, event.type));
  wire.on("Network.loadingFinished", (event) => {
    const kind = kinds.get(event.requestId);
    if (kind === "Font") fonts += event.encodedDataLength;
    else if (kind !== "Document") rest += event.encodedDataLength;
  });
  await tab.goto("/", { waitUntil: "networkidle" });
  await context.close();
  tally.count("bytes of styles and scripts at first view", rest);
  tally.count("bytes of fonts at first view", fonts);
  tally.holds(fonts > 0 && fonts <= LARGEST_FONTS, "fonts", `${fonts} bytes, at most ${LARGEST_FONTS}`);
  return rest;
}

/** One page in every theme and width. */
export async function scan(tab, { kind, address }, { person, tally, long, assets, name, status }) {
  const where = `${kind} as ${person ?? "nobody"}`;
  if (address) {
    const wire = await tab.context().newCDPSession(tab);
    await wire.send("Network.enable");
    let bytes = 0;
    let document;
    wire.on("Network.responseReceived", (event) => {
      if (event.type === "Document") document = event.requestId;
    });
    wire.on("Network.loadingFinished", (event) => {
      if (event.requestId === document) bytes = event.encodedDataLength;
    });
    const answer = await tab.goto(address, { waitUntil: "load" });
    const expected = status ?? (address === "/gibt-es-nicht" ? 404 : 200);
    tally.holds(answer.status() === expected, where, `answers ${answer.status()}`);
    await wire.detach();
    tally.holds(bytes + assets <= LARGEST_PAGE, where, `${bytes + assets} bytes at first view, at most ${LARGEST_PAGE}`);
    tally.heaviest = Math.max(tally.heaviest ?? 0, bytes + assets);
  }
  await tab.evaluate(AXE);
  tally.count("pages measured");
  for (const [at, theme] of THEMES.entries()) {
    for (const [label, width] of Object.entries(WIDTHS)) {
      await tab.emulateMedia({ colorScheme: theme });
      await tab.setViewportSize({ width, height: width === WIDTHS.phone ? 640 : 900 });
      const state = `${where}, ${theme}, ${width} px`;
      const layout = await tab.evaluate(measure, SMALLEST_TARGET);
      tally.count("layouts measured");
      tally.count("targets measured", layout.targets);
      for (const { kind: of, what } of layout.found) tally.fail(where, `${of} at ${width} px: ${what}`);
      // Without --long: light on the phone, dark at the desk; between them every rule and both palettes.
      if (long || (at === 0 && label === "phone") || (at === 1 && label === "desk")) await axe(tab, state, tally);
      if (long ? label !== "tablet" : (at === 0 && label === "phone") || (at === 1 && label === "desk")) {
        await picture(tab, tally, `${name}.${width}.${theme}`);
      }
    }
  }
  const headings = await tab.locator("h1").count();
  tally.holds(headings === 1, where, `has ${headings} h1`);
}

/** All rules, no violation. */
export async function axe(tab, state, tally) {
  if (!(await tab.evaluate(() => "axe" in window))) await tab.evaluate(AXE);
  const result = await tab.evaluate(
    (tags) => window.axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] }),
    RULES,
  );
  tally.count("axe scans");
  tally.count("axe violations", result.violations.length);
  for (const { id, help, nodes } of result.violations) {
    for (const node of nodes.slice(0, 3)) {
      tally.fail(state, `axe ${id} (${help}): ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`);
    }
  }
}

/** An artefact to look at. */
export async function picture(tab, tally, name) {
  const path = `${tally.folder}/screenshots/${name}.png`;
  mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  // The window as high as the page: a picture beyond the window repeats itself in software rendering.
  const before = tab.viewportSize();
  const height = await tab.evaluate(() => document.documentElement.scrollHeight);
  await tab.setViewportSize({ width: before.width, height: Math.min(Math.max(height, 200), 8000) });
  await tab.screenshot({ path });
  await tab.setViewportSize(before);
  tally.count("screenshots");
}

/** Every form that asks for something, sent empty: an error that leads to its field, or an answer. */
async function emptyForms({ desk, tally, person, theirs, long }) {
  const context = await desk.contextOf(person);
  const tab = await context.newPage();
  for (const { kind, address, count } of theirs) {
    for (let at = 0; at < count; at += 1) {
      const opened = await tab.goto(address);
      if (!opened || opened.status() !== 200) break;
      const asks = await tab.evaluate(empty, at);
      if (!asks) continue;
      const where = `${kind} form ${at + 1} as ${person ?? "nobody"}, sent empty`;
      tally.count("forms sent empty");
      const [answer] = await Promise.all([
        tab.waitForNavigation({ waitUntil: "load" }),
        tab.evaluate((which) => {
          const form = document.querySelectorAll("form[method=post]")[which];
          form.noValidate = true;
          const button = [...form.querySelectorAll("button[type=submit]")].find((one) => one.tabIndex >= 0);
          form.requestSubmit(button);
        }, at),
      ]);
      const status = answer?.status() ?? 0;
      tally.holds(status > 0 && status < 500, where, `answers ${status}`);
      const errors = await tab.evaluate(errorsOfPage);
      // A page of its own that says what is wrong is no acceptance.
      const refused = errors.summary || status >= 400;
      tally.count(refused ? "error states" : "empty forms accepted");
      if (!refused) console.log(`  accepted: ${where}`);
      if (errors.summary) {
        tally.holds(errors.title, where, `the title of the window does not begin with „Fehler:“`);
        for (const lost of errors.lost) tally.fail(where, `the summary leads to #${lost}, which is not there`);
        for (const bare of errors.bare) tally.fail(where, `#${bare} is wrong and does not say so (aria-invalid, description)`);
      }
      await tab.evaluate(AXE);
      tally.count("error states measured");
      for (const [width, theme] of long ? EVERY_WAY : [[WIDTHS.phone, "light"]]) {
        await tab.emulateMedia({ colorScheme: theme });
        await tab.setViewportSize({ width, height: 900 });
        for (const { kind: of, what } of (await tab.evaluate(measure, SMALLEST_TARGET)).found) tally.fail(where, `${of} at ${width} px: ${what}`);
        tally.count("layouts measured");
        await axe(tab, `${where}, ${theme}, ${width} px`, tally);
      }
      await picture(tab, tally, `errors/${fileName(kind)}-${at + 1}`);
    }
  }
  await context.close();
}

/** Empties one form; says whether it asks for anything. Runs inside the page. */
function empty(at) {
  const form = document.querySelectorAll("form[method=post]")[at];
  if (!form) return false;
  let asks = false;
  for (const field of form.querySelectorAll("input:not([type=hidden]):not([type=submit]), textarea")) {
    if (field.type === "checkbox" || field.type === "radio") field.checked = false;
    else field.value = "";
    asks = true;
  }
  return asks;
}

/** Runs inside the page. */
function errorsOfPage() {
  const summary = document.querySelector(".error-summary");
  const links = [...(summary?.querySelectorAll("a[href^='#']") ?? [])].map((link) => decodeURIComponent(link.hash.slice(1)));
  const bare = links.filter((id) => {
    const field = document.getElementById(id);
    return field?.matches("input, textarea, select") && !(field.getAttribute("aria-invalid") === "true" && field.getAttribute("aria-describedby"));
  });
  return {
    summary: Boolean(summary),
    title: document.title.startsWith("Fehler"),
    lost: links.filter((id) => !document.getElementById(id)),
    bare,
  };
}
