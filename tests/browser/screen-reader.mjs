// The accessibility tree in words, and what a listener would stumble over.

const WORDS = {
  banner: "Kopfbereich", contentinfo: "Fußbereich", main: "Hauptinhalt", navigation: "Navigation", complementary: "Ergänzung",
  search: "Suche", region: "Bereich", heading: "Überschrift", link: "Link", button: "Schaltfläche", textbox: "Eingabefeld",
  searchbox: "Suchfeld", combobox: "Auswahl", checkbox: "Kontrollkästchen", radio: "Auswahlknopf", list: "Liste", listitem: "•",
  table: "Tabelle", row: "Zeile", cell: "Zelle", columnheader: "Spaltenkopf", rowheader: "Zeilenkopf", status: "Status",
  alert: "Warnung", progressbar: "Fortschritt", group: "Gruppe", term: "Begriff", definition: "Erklärung", img: "Bild",
  caption: "Beschriftung", alertdialog: "Hinweisfenster", dialog: "Fenster", form: "Formular", figure: "Abbildung", option: "Möglichkeit",
};
const SILENT = /^\s*- (\/url|\/placeholder|rowgroup|paragraph|text|strong|emphasis|code|option|listbox)/;

/** One line per thing that is read, in the order of reading. */
export function readAloud(tree) {
  const lines = [];
  for (const raw of tree.split("\n")) {
    const [, indent, rest] = raw.match(/^(\s*)- (.*)$/) ?? [];
    if (!rest) continue;
    const text = rest.match(/^(?:text|paragraph|strong|emphasis|code): ?(.*)$/);
    if (text) {
      if (text[1]) lines.push(`${indent}${text[1].replace(/^"(.*)"$/, "$1")}`);
      continue;
    }
    if (SILENT.test(raw)) continue;
    const node = rest.replace(/^'(.*)'(:?)/, "$1$2").match(/^([a-z]+)(?: "((?:[^"\\]|\\.)*)")?((?: \[[^\]]+\])*)(?::\s?(.*))?$/);
    if (!node) continue;
    const [, role, name, states, value] = node;
    if (role === "row" || role === "cell" && !name) continue;
    const level = states.match(/level=(\d)/)?.[1];
    const marks = [...states.matchAll(/\[(checked|disabled|expanded|selected|current[^\]]*)\]/g)].map(([, mark]) => mark);
    lines.push(`${indent}${[WORDS[role] ?? role, level, name && `„${name.replaceAll('\\"', '"')}“`, ...marks, value].filter(Boolean).join(" ")}`);
  }
  return lines.join("\n");
}

/** Complaints: landmarks, order of headings, things without a name, links that say nothing. */
export function soundness(tree) {
  const complaints = [];
  const lines = tree.split("\n").map((line) => line.replace(/^(\s*)- '(.*)'(:?)$/, "$1- $2$3"));
  const of = (role) => lines.filter((line) => new RegExp(`^\\s*- ${role}( |:|$)`).test(line));
  for (const landmark of ["banner", "main", "contentinfo"]) {
    if (of(landmark).length !== 1) complaints.push(`${of(landmark).length} landmarks „${landmark}“`);
  }
  const levels = of("heading").map((line) => Number(line.match(/level=(\d)/)?.[1]));
  if (levels.filter((level) => level === 1).length !== 1) complaints.push("not exactly one heading of level 1");
  levels.reduce((before, level) => {
    if (level > before + 1) complaints.push(`a heading of level ${level} follows one of level ${before}`);
    return level;
  }, 0);
  for (const role of ["link", "button", "textbox", "searchbox", "combobox", "checkbox", "radio", "table", "navigation", "progressbar", "img", "region"]) {
    for (const line of of(role)) {
      if (!new RegExp(`- ${role} "[^"]`).test(line) && !/- img:/.test(line)) complaints.push(`without a name: ${line.trim().slice(0, 80)}`);
    }
  }
  for (const line of of("link")) {
    if (/- link "(hier|mehr|weiter|klicken Sie hier|link)"/i.test(line)) complaints.push(`a link that says nothing: ${line.trim()}`);
  }
  return complaints;
}
