// Pages that no link of the demo leads to: what somebody has to do first is done here, by the forms as people do it. Nothing
// is released: the other lane counts orders.

import { createHmac } from "node:crypto";

import { Pointer } from "./hand.mjs";
import { callOff } from "./journeys.mjs";
import { PASSWORD } from "./people.mjs";

/** Routes that the walk does not see, each with the reason. One that is reached after all has to leave the list. */
export const EXCUSED = {
  "/sprache": "switches the language and leads back; followed, all that comes after would be measured in English",
  "/anmelden/extern/{anbieter}": "leads to a provider, of which the demo has none; tests/oidc signs in there",
  "/anmelden/extern/{anbieter}/antwort": "where a provider leads back to; tests/oidc",
  "/einrichtung/erstmals/{token}": "only as long as there is nobody; the demo has its people. tests/it/first_run.rs reads the page",
  "/lieferung/{token}": "the link stands in a mail and nowhere else, and the demo sends none; tests/it/desk",
  "/abrufe/{id}/teilstornierungen/{sequence}": "a file (PDF)",
  "/abrufe/{id}/terminaenderungen/{sequence}": "a file (PDF)",
  "/abrufe/{id}/lieferantenauftrag/teilstornierungen/{sequence}": "a file (PDF)",
  "/abrufe/{id}/lieferantenauftrag/terminaenderungen/{sequence}": "a file (PDF)",
};

/** Name of the reader who has given the password and not yet the code. */
export const HALFWAY = "halfway";

/** Does what is needed and says for each reader where the walk has to begin besides. */
export async function reachStates(desk, tally) {
  const starts = new Map();
  for (const [person, states] of Object.entries(STATES)) {
    const context = await desk.contextOf(person === "nobody" ? null : person);
    const tab = await context.newPage();
    for (const state of states) {
      try {
        for (const [reader, ...addresses] of await state(tab, desk)) {
          starts.set(reader, [...(starts.get(reader) ?? []), ...addresses]);
        }
        tally.count("states brought about");
      } catch (error) {
        tally.fail(`state ${state.name}`, `${error.message.replace(/\u001b\[\d+m/g, "")} at ${tab.url()}`);
      }
    }
    await context.close();
  }
  return starts;
}

const STATES = {
  buyer: [draftInSteps, handedOver, repeated, byRanks, decidedCompetition],
  approver: [partlyCancelled],
  auditor: [sample],
  office: [supplierInvoices, admission, contractInTheMaking, turnover, supplierReport, baselines, invitedTown],
  administrator: [invitedPerson, halfSignedIn],
};

const path = (tab) => new URL(tab.url()).pathname;
const press = async (tab, name, role = "button") => {
  await Promise.all([tab.waitForNavigation(), tab.locator("main").getByRole(role, { name }).first().click()]);
};
const arrive = (tab, name) => tab.getByRole("heading", { level: 1, name }).waitFor();

async function beginDraft(tab) {
  await tab.goto("/rahmenvertraege?q=citrix");
  await press(tab, /^Abrufen aus Citrix/);
  await tab.getByLabel(/^Menge Schulungstag/).first().fill("2");
  await press(tab, "Weiter zu den Angaben");
  await tab.getByLabel("Begründung des Bedarfs").fill("Zwei Tage Schulung für die Administration.");
  await press(tab, "Weiter zur Prüfung");
  await arrive(tab, "Ist der Abruf zulässig?");
  return path(tab).split("/")[2];
}

/** A draft up to the summary. */
async function draftInSteps(tab) {
  const id = await beginDraft(tab);
  return [["buyer", ...["positionen", "angaben", "pruefung", "zusammenfassung", "schnellerfassung", "rueckfrage"].map((step) => `/abrufe/${id}/${step}`)]];
}

/** A request that waits: what its buyer reads then, and what the treasurer sees of it. */
async function handedOver(tab, { tally }) {
  const id = await callOff(new Pointer(tab, tally, "states: call-off"));
  return [["buyer", `/abrufe/${id}/bestaetigung`], ["treasurer", `/haushalt/abrufe/${id}`]];
}

/** An order of before, once more. */
async function repeated(tab) {
  await openOneWith(tab, "/abrufe", "/kopieren");
  await press(tab, "Gleichen Abruf noch einmal");
  await arrive(tab, "Noch einmal abrufen");
  return [["buyer", path(tab)]];
}

/** A contract whose suppliers are asked one after the other. */
async function byRanks(tab) {
  await tab.goto("/rahmenvertraege?q=sicherheit");
  await press(tab, /^Abrufen aus IT-Sicherheit/);
  await tab.getByLabel(/^Menge /).first().fill("1");
  await press(tab, "Preise aktualisieren");
  return [["buyer", `/abrufe/${path(tab).split("/")[2]}/rangfolge`]];
}

/** What suppliers are told in the end. */
async function decidedCompetition(tab) {
  return [["buyer", await openOneWith(tab, "/miniwettbewerbe", /"([^"]*\/mitteilung\/[^"]*)"/)]];
}

async function partlyCancelled(tab) {
  return [["approver", await openOneWith(tab, "/abrufe", /"(\/abrufe\/[^"]*\/teilstornierung)"/)]];
}

async function supplierInvoices(tab) {
  return [["office", await openOneWith(tab, "/verwaltung/lieferantenauftraege", /"([^"]*\/rechnungen)"/)]];
}

/** The first page of a list that holds the words; the tab stands there. Answers what the pattern caught. */
async function openOneWith(tab, list, words) {
  await tab.goto(list);
  const links = await tab.locator("main tbody th a").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  for (const address of links) {
    const text = await (await tab.context().request.get(address)).text();
    const found = typeof words === "string" ? text.includes(words) && [address, address] : text.match(words);
    if (found) {
      await tab.goto(address);
      return found[1];
    }
  }
  throw new Error(`none of ${links.length} entries of ${list} has ${words}`);
}

/** The register that comes with the program, and a town in it that is no member. */
async function admission(tab) {
  await tab.goto("/einrichtung/verzeichnis");
  await press(tab, "Sachsen-Anhalt ansehen");
  await press(tab, "Übernehmen");
  await tab.goto("/verwaltung/mitglieder/aufnehmen?q=burg");
  const town = await tab.locator("main tbody th a[href*='/aufnehmen/']").first().getAttribute("href");
  return [["office", "/verwaltung/mitglieder/aufnehmen?q=burg", town]];
}

/** A contract in force with all that can be done with it, and one that nobody has handed in yet. */
async function contractInTheMaking(tab) {
  await tab.goto("/verwaltung/vertraege");
  await press(tab, /^Netzwerktechnik/, "link");
  const inForce = path(tab);
  const pages = ["aenderungen", "bestelladressen", "bonus", "mindestabnahmen", "nacherfassung", "positionen", "preise"];
  await press(tab, "Als Entwurf kopieren");
  const draft = path(tab).replace(/\/bearbeiten$/, "");
  return [["office", inForce, ...pages.map((page) => `${inForce}/${page}`), `${draft}/bearbeiten`, `${draft}/bedingungen`]];
}

/** A sample of an auditor. */
async function sample(tab) {
  await tab.goto("/pruefung/stichprobe");
  await tab.locator("#methode").selectOption("random");
  await tab.locator("#anzahl").fill("3");
  await press(tab, "Vorschau");
  const preview = path(tab) + new URL(tab.url()).search;
  await press(tab, "Stichprobe ziehen");
  await arrive(tab, /^Stichprobe vom/);
  return [["auditor", preview, path(tab)]];
}

/** A month that has ended, as spreadsheets write it. */
function monthBefore(months = 1) {
  const day = new Date();
  day.setUTCDate(1);
  day.setUTCMonth(day.getUTCMonth() - months);
  return `${String(day.getUTCMonth() + 1).padStart(2, "0")}.${day.getUTCFullYear()}`;
}

const isoMonth = (written) => written.split(".").reverse().join("-");

async function numberOf(tab, title) {
  await tab.goto("/verwaltung/vertraege");
  const row = await tab.locator("main tbody tr", { hasText: title }).first().innerText();
  return row.match(/RV-\d{4}-\d+/)[0];
}

/** Two files of turnover: one counted, one that waits. */
async function turnover(tab) {
  const contract = await numberOf(tab, "Citrix");
  const addresses = [];
  for (const [amount, takes] of [["11,00", true], ["12,00", false]]) {
    await tab.goto("/verwaltung/umsaetze");
    await tab.getByLabel("Oder den Inhalt einfügen").fill(`Vertrag;Mitglied;Monat;Betrag;Beleg\n${contract};Stadt Altenrode;${isoMonth(monthBefore())};${amount};B-${Date.now()}\n`);
    await press(tab, "Vorschau");
    await arrive(tab, /^Vorschau/);
    if (takes) {
      await press(tab, "Übernehmen");
      addresses.push(path(tab), `${path(tab)}/zuruecknehmen`, `${path(tab)}/datei`);
    } else addresses.push(path(tab));
  }
  return [["office", "/verwaltung/umsaetze", ...addresses]];
}

/** A supplier reports something else than what is known here. */
async function supplierReport(tab) {
  const contract = await numberOf(tab, "Citrix");
  await tab.goto("/verwaltung/umsatzmeldungen");
  for (const [label, words] of [["Vertrag", contract], ["Lieferant", "Brockensoft"]]) {
    const field = tab.locator("main").getByLabel(label, { exact: true });
    await field.selectOption(await field.locator("option", { hasText: words }).first().getAttribute("value"));
  }
  await tab.getByLabel("Erster Monat").fill(monthBefore(2));
  await tab.getByLabel("Letzter Monat").fill(monthBefore());
  await tab.getByLabel("Oder den Inhalt einfügen").fill(`Mitglied;Monat;Betrag\nStadt Altenrode;${isoMonth(monthBefore())};${Date.now() % 9000},56\n`);
  await press(tab, "Vorschau");
  await press(tab, "Vergleich festhalten");
  return [["office", path(tab), "/verwaltung/umsatzmeldungen/abweichungen", "/verwaltung/umsatzmeldungen"]];
}

/** Former purchases, read and not yet confirmed. */
async function baselines(tab) {
  await tab.goto("/verwaltung/vertraege");
  await press(tab, /^Monitore und/, "link");
  await tab.goto(`${path(tab)}/vergleichspreise/einspielen`);
  const csv = "artikelnummer;bezeichnung;einheit;einzelpreis_netto;datum\nMON-27;Monitor 27 Zoll;Stück;195,00;10.11.2024\n;Feuerwehrschlauch;Stück;9,00;10.11.2024\n";
  await tab.getByLabel("Datei mit den Einkäufen").setInputFiles({ name: "einkauf.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await press(tab, "Ansehen");
  return [["office", path(tab)]];
}

/** A town without an account, by its link; and what it would have saved. */
async function invitedTown(tab, desk) {
  await tab.goto("/verwaltung/einladungen");
  await tab.getByLabel("Oder Name, wenn sie nicht im Verzeichnis steht").fill(`Zweckverband ${Date.now()}`);
  await tab.locator("#kind").selectOption({ label: "Zweckverband" });
  await press(tab, "Einladen");
  const link = await linkOn(tab, "/sparpotenzial/");
  const town = await desk.contextOf(null);
  const page = await town.newPage();
  await page.goto(link);
  await page.getByLabel(/^Datei/).setInputFiles({ name: "einkauf.csv", mimeType: "text/csv", buffer: Buffer.from("Artikelnummer;Bezeichnung;Menge;Einheit;Einzelpreis\nMON-27;Monitor;5;Stück;300,00\n") });
  const whom = page.getByLabel("Für wen laden Sie hoch?");
  await whom.selectOption({ index: (await whom.locator("option").count()) > 1 ? 1 : 0 });
  await press(page, "Hochladen und ansehen");
  const answer = [path(page) + new URL(page.url()).search];
  await town.close();
  return [["null", link, ...answer.filter((it) => it !== link)]];
}

/** The path of a link shown once. */
async function linkOn(tab, stem) {
  const text = await tab.locator("main .finding--passed").first().innerText();
  const url = text.match(new RegExp(`https?://\\S*(${stem}[\\w-]+)`));
  if (!url) throw new Error(`no link ${stem}… in „${text.slice(0, 200)}“`);
  return url[1];
}

async function invite(tab) {
  const email = `gast-${Date.now()}@altenrode.example`;
  await tab.goto("/verwaltung/personen/einladen");
  await tab.locator("#name").fill("Gerda Gast");
  await tab.locator("#email").fill(email);
  await tab.locator("#role").selectOption({ label: "Sachbearbeitung" });
  const house = tab.locator("#organisation");
  await house.selectOption(await house.locator("option", { hasText: "Stadt Altenrode" }).first().getAttribute("value"));
  await press(tab, "Einladen");
  return { email, link: await linkOn(tab, "/konto/einrichten/") };
}

async function invitedPerson(tab) {
  return [["null", (await invite(tab)).link]];
}

/** Somebody with a second factor has given the password. */
async function halfSignedIn(tab, desk) {
  const { email, link } = await invite(tab);
  const context = await desk.contextOf(null);
  const page = await context.newPage();
  await page.goto(link);
  for (const label of ["Neues Passwort", "Neues Passwort wiederholen"]) await page.getByLabel(label, { exact: true }).fill(PASSWORD);
  await press(page, "Passwort speichern");
  const enter = async () => {
    await page.goto("/anmelden");
    await page.getByLabel("E-Mail").fill(email);
    await page.getByLabel("Passwort").fill(PASSWORD);
    await press(page, "Anmelden");
  };
  if (path(page).startsWith("/konto/einrichten") || path(page) === "/anmelden") await enter();
  await page.goto("/konto/zweiter-faktor");
  const key = await page.locator("main dd strong").first().innerText();
  await page.getByLabel("Code der App").fill(code(key));
  await press(page, "Einrichten");
  await arrive(page, "Wiederherstellungscodes");
  await page.context().clearCookies();
  await enter();
  await arrive(page, "Code eingeben");
  desk.adopt(HALFWAY, await context.cookies());
  await context.close();
  return [[HALFWAY, "/anmelden/code"]];
}

/** The code of an app for a key in base 32 (RFC 6238). */
function code(key) {
  const bits = [...key.replace(/[\s-]/g, "").toUpperCase()].map((one) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(one).toString(2).padStart(5, "0")).join("");
  const secret = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac("sha1", secret).update(step).digest();
  const number = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}
