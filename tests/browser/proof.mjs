// That the suite notices what it should: a page with one fault of each kind, each of which has to be found.

import { axe } from "./pages.mjs";
import { measure, SMALLEST_TARGET } from "./layout.mjs";
import { soundness } from "./screen-reader.mjs";
import { Tally } from "./tally.mjs";

const SPOILT = `<!doctype html><html lang="de"><head><title>Verdorben</title><meta name="viewport" content="width=device-width">
<style>body { margin: 0; font: 16px sans-serif; background: #fff } .pale { color: #bbb } .small { width: 12px; height: 12px; padding: 0; border: 0 }
.over { position: absolute; left: 10px; top: 300px } .wide { width: 2000px } .cut { width: 60px; overflow: hidden; white-space: nowrap }</style></head>
<body><header>Kopf</header><main><h1>Verdorben</h1><h4>Zu tief</h4><p class="pale">Zu blass zum Lesen</p>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="><button class="small" type="button">x</button><input type="text">
<p class="over">Dieser Satz liegt</p><p class="over">auf diesem Satz</p><p class="cut">Hier ist etwas abgeschnitten</p><a href="/x">hier</a><div class="wide">breit</div>
</main><footer>Fuß</footer><script>setTimeout(() => { new Image().src = "http://127.0.0.2:9/fremd.gif"; throw new Error("Absicht"); })</script></body></html>`;

const FAULTS = {
  "contrast": /axe color-contrast/,
  "a picture without words": /axe image-alt/,
  "a field without a name": /axe label/,
  "a target too small": /^target .*<button\.small>/,
  "text on text": /^overlap/,
  "a page wider than the window": /^overflow .*2000/,
  "text cut off": /^clipped .*<p\.cut>/,
  "a heading too deep": /heading of level 4 follows one of level 1/,
  "a link that says nothing": /link that says nothing/,
  "a request to another house": /another house/,
  "an error of a script": /error of a script: Absicht/,
};

export async function proof({ tally, browser }) {
  const heard = new Tally(tally.folder);
  heard.fail = (where, what) => heard.failures.push(what);
  const context = await browser.newContext({ viewport: { width: 320, height: 640 } });
  heard.watch(context, "http://spoilt.example");
  await context.route("http://spoilt.example/", (route) => route.fulfill({ contentType: "text/html", body: SPOILT }));
  await context.route(/127\.0\.0\.2/, (route) => route.abort());
  const tab = await context.newPage();
  await tab.goto("http://spoilt.example/");
  await tab.waitForTimeout(100);
  await axe(tab, "spoilt page", heard);
  for (const { kind, what } of (await tab.evaluate(measure, SMALLEST_TARGET)).found) heard.fail("", `${kind} ${what}`);
  for (const complaint of soundness(await tab.locator("body").ariaSnapshot())) heard.fail("", complaint);
  await context.close();
  for (const [fault, pattern] of Object.entries(FAULTS)) {
    if (tally.holds(heard.failures.some((line) => pattern.test(line)), "spoilt page", `${fault} was not noticed; heard:\n${heard.failures.join("\n")}`)) tally.count("faults noticed");
  }
}
