// What was counted and what was wrong. Everything that fails says where and what it saw.

import { mkdirSync, writeFileSync } from "node:fs";

export class Tally {
  counts = new Map();
  failures = [];

  constructor(folder, allowed) {
    Object.assign(this, { folder, allowed });
  }

  count(what, by = 1) {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  fail(where, what) {
    const line = `${where}: ${what}`;
    if (this.failures.includes(line)) return;
    if (this.allowed?.lets(where, what)) {
      this.count("complaints let pass");
      return;
    }
    this.failures.push(line);
    console.error(`  FAILED ${line}`);
  }

  /** Fails unless it holds. */
  holds(condition, where, what) {
    this.count("assertions");
    if (!condition) this.fail(where, what);
    return Boolean(condition);
  }

  /** Notes requests to others, messages of the console and errors of scripts in every page of a context. */
  watch(context, base) {
    context.on("request", (request) => {
      const url = request.url();
      this.count("requests");
      if (!/^(data|blob|about):/.test(url) && !url.startsWith(base + "/") && url !== base) {
        this.fail(request.frame()?.url() ?? "?", `request to another house: ${url}`);
      }
    });
    context.on("page", (page) => {
      page.on("pageerror", (error) => {
        // Firefox calls it an error of the page that the driver may not add its own style for a picture.
        const drivers = context.browser()?.browserType().name() === "firefox" && /blocked an inline style/.test(error.message);
        if (!drivers) this.fail(page.url(), `error of a script: ${error.message}`);
      });
      page.on("console", (message) => {
        // Pages that answer 4xx on purpose are noted by the browser as a resource that failed.
        if (message.type() === "error" && !/status of (4\d\d|503)/.test(message.text())) {
          this.fail(page.url(), `console: ${message.text()}`);
        }
      });
    });
  }

  artefact(name, text) {
    const path = `${this.folder}/${name}`;
    mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    writeFileSync(path, text);
  }

  print() {
    for (const [what, number] of this.counts) console.log(`  ${String(number).padStart(7)}  ${what}`);
    if (this.failures.length) {
      console.log(`\n${this.failures.length} failures:`);
      for (const line of this.failures) console.log(`  ${line}`);
    }
  }
}
