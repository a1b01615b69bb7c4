// A paper in the hands of somebody without an account: the page judges the file in the browser, and nothing of the file
// leaves it.

import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, rmSync, truncateSync, writeSync } from "node:fs";

const PDF = "application/pdf";
/** More than any document of ours has (authenticity.js). */
const TOO_LARGE = 65 * 1024 * 1024;
const FOLDER = "target/browser/paper";
const LARGE = `${FOLDER}/large.pdf`;

export async function papers({ desk, tally }) {
  const { code, bytes } = await paperOf(desk);
  mkdirSync(FOLDER, { recursive: true });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const altered = Buffer.from(bytes);
  altered[altered.length >> 1] ^= 1;

  const context = await desk.contextOf(null);
  const page = await context.newPage();
  const sent = [];
  page.on("request", (request) => sent.push(request));
  const answers = async (what, words) => {
    const answer = page.getByRole("status").filter({ hasText: words });
    await answer.waitFor({ timeout: 10_000 }).catch(() => {});
    tally.holds(await answer.isVisible(), "papers", `${what}: no „${words}“ in ${await page.locator("#datei").innerText()}`);
    tally.holds(sent.length === 0, "papers", `${what}: ${sent.map((it) => `${it.method()} ${it.url()}`).join(", ")}`);
  };
  const chosen = (name, mimeType, buffer) => page.locator("#datei-wahl").setInputFiles({ name, mimeType, buffer });

  await page.goto(`/p/${code}`, { waitUntil: "networkidle" });
  sent.length = 0;
  await chosen("Abruf.pdf", PDF, bytes);
  await answers("the genuine file", "Diese Datei ist unverändert.");
  await chosen("Abruf.pdf", PDF, altered);
  await answers("one bit changed", "Diese Datei ist es nicht");
  await dropped(page, bytes);
  await answers("the genuine file, dropped", "Diese Datei ist unverändert.");
  await chosen("Brief.txt", "text/plain", Buffer.from("Sehr geehrte Damen und Herren,"));
  await answers("no PDF", "Das ist kein PDF.");
  await page.locator("#datei-wahl").setInputFiles(largeFile());
  await answers("a file of 65 MB", "größer als jedes Dokument");

  // Where no document is named yet the hash is sent, and the hash alone.
  await page.goto("/pruefen", { waitUntil: "networkidle" });
  sent.length = 0;
  await chosen("Abruf.pdf", PDF, bytes);
  await page.waitForURL(/sha256=/);
  tally.holds(page.url().endsWith(`/pruefen?sha256=${sha256}`), "papers", `went to ${page.url()}`);
  tally.holds(/Unverändert:/.test(await page.locator("main").innerText()), "papers", "the hash is not known");
  const upload = sent.filter((it) => it.method() !== "GET" || it.postData() !== null);
  tally.holds(upload.length === 0, "papers", `sent: ${upload.map((it) => it.url()).join(", ")}`);
  tally.count("files judged in the browser", 6);
  await context.close();
  rmSync(LARGE, { force: true });
}

/** The newest order that an auditor may read: its Prüfkennung and its file. */
async function paperOf(desk) {
  const context = await desk.contextOf("auditor");
  const page = await context.newPage();
  await page.goto("/pruefung?stand=invoiced");
  await page.locator("main tbody th a").first().click();
  const documents = page.locator("section[aria-labelledby=dokumente]");
  const code = (await documents.locator("td code").first().innerText()).trim();
  const file = await context.request.get(await documents.getByRole("link").first().getAttribute("href"));
  const bytes = await file.body();
  await context.close();
  return { code, bytes };
}

/** Lets go of a file above the field, as a hand does that has dragged it there. */
async function dropped(page, bytes) {
  const dataTransfer = await page.evaluateHandle(
    ([text, type]) => {
      const transfer = new DataTransfer();
      const content = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([content], "Abruf.pdf", { type }));
      return transfer;
    },
    [bytes.toString("base64"), PDF],
  );
  await page.locator("#datei").dispatchEvent("drop", { dataTransfer });
}

/** A file without content that says how long it is. */
function largeFile() {
  const file = openSync(LARGE, "w");
  writeSync(file, "%PDF-1.7\n");
  closeSync(file);
  truncateSync(LARGE, TOO_LARGE);
  return LARGE;
}
