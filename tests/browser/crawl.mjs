// Which pages there are: links are followed from the start page, one instance of each kind of address.

const FILE = /\.(pdf|csv|xlsx|ods|zip|json|xml|toml|txt)$/;
const ID = /^([0-9a-f]{8}-[0-9a-f-]{27}|\d+|[0-9a-f]{16,}|[A-Z0-9]+(-[A-Z0-9]+)+)$/;
/** Below these the last part of the address is a key: one page stands for all. */
const KEYED = ["/hilfe/regeln/", "/hilfe/probleme/", "/hilfe/begriffe/", "/verwaltung/recht/", "/verwaltung/mitglieder/aufnehmen/", "/konto/einrichten/", "/sparpotenzial/", "/p/"];

/** The kind of page behind an address: ids are {id}, of the query only the names count. */
export function kindOf(address) {
  const url = new URL(address, "http://x");
  let path = url.pathname;
  for (const stem of KEYED) if (path.startsWith(stem) && path !== stem) path = `${stem}{key}`;
  path = path.split("/").map((part) => (ID.test(part) ? "{id}" : part)).join("/");
  const names = [...new Set([...url.searchParams.keys()])].sort();
  return names.length ? `${path}?${names.join("&")}` : path;
}

/** Path alone, without the query. */
export const pathOf = (kind) => kind.split("?")[0];

/** Links of a page as text, without leaving the house and without files. */
function linksOf(html, base, from) {
  const links = [];
  for (const [, raw] of html.matchAll(/<a\s[^>]*href="([^"]+)"/g)) {
    const url = new URL(raw.replaceAll("&amp;", "&"), new URL(from, base));
    if (url.origin !== base || FILE.test(url.pathname) || url.pathname.startsWith("/api/")) continue;
    // Following it would turn all that comes after into the other language.
    if (url.pathname === "/sprache") continue;
    links.push(url.pathname + url.search);
  }
  return links;
}

/**
 * Pages that a person reaches: `{kind, address}`, `each` instances of a kind at most.
 * `starts` are addresses nobody links to.
 */
export async function crawl(context, base, { each = 1, starts = ["/"] } = {}) {
  const taken = new Map();
  const seen = new Set();
  const pages = [];
  let wave = starts;
  while (wave.length) {
    const next = [];
    const fresh = wave.filter((address) => {
      const kind = kindOf(address);
      if (seen.has(address) || (taken.get(kind) ?? 0) >= each) return false;
      seen.add(address);
      taken.set(kind, (taken.get(kind) ?? 0) + 1);
      return true;
    });
    for (let at = 0; at < fresh.length; at += 4) {
      await Promise.all(
        fresh.slice(at, at + 4).map(async (address) => {
          const answer = await context.request.get(address, { maxRedirects: 5, headers: { accept: "text/html" } });
          const html = (answer.headers()["content-type"] ?? "").startsWith("text/html");
          const found = { kind: kindOf(address), address, status: answer.status(), html };
          if (html) {
            const text = await answer.text();
            found.bytes = text.length;
            next.push(...linksOf(text, base, address));
          }
          pages.push(found);
        }),
      );
    }
    wave = next;
  }
  return pages;
}
