// The session ends while somebody fills in a form: on every page with a form, for everybody who writes. What was typed is
// kept through the sign-in, or the page says in plain words that nothing was saved.

import { FRAME, PASSWORD, PEOPLE, signIn } from "./people.mjs";

const TYPED = "Mitten im Satz war Schluss";
/** What cannot be kept: a file, a password, and what places an order, which is decided before a page of now. */
const ORDERS = /\/(erteilen|einreichen|freigeben)$/;

/** Sends every form of somebody who is signed out meanwhile, and who has signed in again in another window. */
export async function lostForms({ desk, tally, person, theirs }) {
  const context = await desk.contextOf(person);
  const tab = await context.newPage();
  const before = await context.cookies();
  const elsewhere = await desk.browser.newContext({ ...FRAME, baseURL: desk.base });
  await signIn(await elsewhere.newPage(), person);
  const after = await elsewhere.cookies();
  await elsewhere.close();
  let signedIn = false;
  for (const { kind, address, count } of theirs) {
    for (let at = 0; at < count; at += 1) {
      const where = `${kind} form ${at + 1} as ${person}, session lost`;
      const send = async (cookies) => {
        await use(context, before);
        const opened = await tab.goto(address);
        const form = opened?.status() === 200 && (await tab.evaluate(type, [at, TYPED]));
        if (!form) return null;
        await use(context, cookies);
        const [answer] = await Promise.all([
          tab.waitForNavigation({ waitUntil: "load" }),
          tab.evaluate((which) => {
            const sent = document.querySelectorAll("form[method=post]")[which];
            sent.noValidate = true;
            sent.requestSubmit([...sent.querySelectorAll("button[type=submit]")].find((one) => one.tabIndex >= 0));
          }, at),
        ]);
        return { ...form, status: answer?.status(), words: await tab.locator("main").innerText() };
      };
      const lost = await send([]);
      if (!lost) continue;
      const keeps = !lost.file && !lost.secret && !ORDERS.test(lost.to);
      tally.count(keeps ? "forms kept through a sign-in" : "forms that say that nothing was saved");
      const says = keeps ? /noch nicht gespeichert/ : /es wurde nichts gespeichert/;
      tally.holds(lost.status === 401 && says.test(lost.words), where, `answers ${lost.status}: ${lost.words.slice(0, 160)}`);
      if (keeps && !signedIn) {
        signedIn = true;
        await tab.getByLabel("E-Mail").fill(PEOPLE[person]);
        await tab.getByLabel("Passwort").fill(PASSWORD);
        await Promise.all([tab.waitForNavigation(), tab.getByRole("button", { name: "Anmelden" }).click()]);
        const words = await tab.locator("main").innerText();
        tally.holds(/Ihre Eingaben sind noch da/.test(words) && words.includes(TYPED), where, `after signing in: ${words.slice(0, 160)}`);
      }
      const again = await send(after);
      if (!again) continue;
      const back = keeps ? /Ihre Eingaben sind noch da/.test(again.words) && again.words.includes(TYPED) : /laden Sie die Seite neu/.test(again.words);
      tally.holds(again.status === 403 && back, where, `with the session of now it answers ${again.status}: ${again.words.slice(0, 160)}`);
    }
  }
  await context.close();
}

async function use(context, cookies) {
  await context.clearCookies();
  await context.addCookies(cookies);
}

/** Types into every field of one form that takes words; what kind of form it is, or null. Runs inside the page. */
function type([at, words]) {
  const form = document.querySelectorAll("form[method=post]")[at];
  const fields = [...(form?.querySelectorAll("input:not([type]), input[type=text], input[type=search], input[type=email], textarea") ?? [])];
  if (!fields.length) return null;
  for (const field of fields) field.value = words;
  return { to: new URL(form.action).pathname, file: form.enctype === "multipart/form-data", secret: form.querySelector("[type=password]") !== null };
}
