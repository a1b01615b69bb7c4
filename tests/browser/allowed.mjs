// What is known to be wrong and let pass for a while: allowed.json says where, what, why and until when. Every use is
// counted and printed; after its day an entry fails.

import { readFileSync } from "node:fs";

export class Allowed {
  constructor(entries, today) {
    this.entries = entries.map((entry) => ({ ...entry, where: new RegExp(entry.where), what: new RegExp(entry.what), used: 0 }));
    this.today = today;
  }

  /** Each entry has `where` and `what` (regular expressions), `since`, `until` and `reason`. */
  static read() {
    const entries = JSON.parse(readFileSync(new URL("./allowed.json", import.meta.url), "utf8"));
    for (const entry of entries) {
      for (const key of ["where", "what", "since", "until", "reason"]) {
        if (!entry[key]) throw new Error(`allowed.json: ${JSON.stringify(entry)} has no "${key}"`);
      }
    }
    return new Allowed(entries, new Date().toISOString().slice(0, 10));
  }

  /** Whether a complaint is let pass. */
  lets(where, what) {
    const entry = this.entries.find((one) => one.where.test(where) && one.what.test(what));
    if (entry) entry.used += 1;
    return Boolean(entry);
  }

  /** Prints all entries; answers how many are over. Only a complete run can tell that one is not needed any more. */
  print({ complete }) {
    let over = 0;
    if (this.entries.length) console.log("\nlet pass for now (tests/browser/allowed.json)");
    for (const { where, what, since, until, reason, used } of this.entries) {
      const late = until < this.today;
      if (late) over += 1;
      const state = late ? "FAILED, this day is over" : used || !complete ? `${used} times` : "not met any more, please remove";
      console.log(`  ${where.source}: ${what.source}\n    ${since} to ${until}: ${state}. ${reason}`);
    }
    return over;
  }
}
