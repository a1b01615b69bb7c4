// What can be measured of a page as it stands in the browser: nothing may be cut off, lie on something else,
// widen the page or be too small to hit. `measure` runs inside the page.

/** WCAG 2.2, 2.5.8. */
export const SMALLEST_TARGET = 24;

export function measure(smallest) {
  const found = [];
  const say = (kind, element, what) => found.push({ kind, what: `${nameOf(element)} ${what}` });
  const nameOf = (element) => {
    const own = element.nodeType === 3 ? element.parentElement : element;
    const names = typeof own.className === "string" && own.className ? `.${own.className.trim().split(/\s+/).join(".")}` : "";
    const text = (element.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 50);
    return `<${own.localName}${own.id ? `#${own.id}` : ""}${names}> „${text}“`;
  };
  const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: false });
  const forReadersOnly = (element) => element.closest(".kern-sr-only, .skip-link, [hidden]") !== null;
  /** The nearest box that scrolls or cuts. */
  const frameOf = (element) => {
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (/(auto|scroll|hidden|clip)/.test(style.overflowX) && !at.ownerSVGElement) return at;
    }
    return null;
  };
  const width = document.documentElement.clientWidth;

  // The page is not wider than the window.
  if (document.documentElement.scrollWidth > width + 1) {
    found.push({ kind: "overflow", what: `the page is ${document.documentElement.scrollWidth} px wide in ${width} px` });
  }

  // Texts: inside the window, inside their box, not on each other.
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || /^(script|style|option|title|desc|textarea)$/i.test(parent.localName)) continue;
    if (forReadersOnly(parent) || !shown(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const scrolls = frameOf(parent);
    const cut = scrolls?.getBoundingClientRect();
    for (const box of range.getClientRects()) {
      if (box.width < 1 || box.height < 1) continue;
      const rect = { left: box.left, right: box.right, top: box.top, bottom: box.bottom };
      if (cut) {
        rect.left = Math.max(rect.left, cut.left);
        rect.right = Math.min(rect.right, cut.right);
        rect.top = Math.max(rect.top, cut.top);
        rect.bottom = Math.min(rect.bottom, cut.bottom);
        if (rect.right - rect.left < 2 || rect.bottom - rect.top < 2) continue;
      } else if (box.right > width + 1 || box.left < -1) {
        say("overflow", node, `stands outside the window (${Math.round(box.left)} to ${Math.round(box.right)} of ${width})`);
      }
      texts.push({ node, parent, rect });
    }
    if (!scrolls) {
      let block = parent;
      while (block && getComputedStyle(block).display.startsWith("inline") && block.localName !== "svg") block = block.parentElement;
      const around = block?.getBoundingClientRect();
      if (around && !parent.ownerSVGElement) {
        for (const box of range.getClientRects()) {
          if (box.width > 1 && box.right > around.right + 2) {
            say("spill", node, `reaches ${Math.round(box.right - around.right)} px beyond <${block.localName}.${block.className}>`);
            break;
          }
        }
      }
    }
  }
  texts.sort((one, other) => one.rect.top - other.rect.top);
  const told = new Set();
  for (let at = 0; at < texts.length; at += 1) {
    const one = texts[at];
    for (let next = at + 1; next < texts.length && texts[next].rect.top < one.rect.bottom; next += 1) {
      const other = texts[next];
      if (one.node === other.node || one.parent === other.parent) continue;
      const wide = Math.min(one.rect.right, other.rect.right) - Math.max(one.rect.left, other.rect.left);
      const high = Math.min(one.rect.bottom, other.rect.bottom) - Math.max(one.rect.top, other.rect.top);
      if (wide > 2 && high > 5 && !told.has(one.node)) {
        told.add(one.node);
        say("overlap", one.node, `lies on ${nameOf(other.node)} (${Math.round(wide)} × ${Math.round(high)} px)`);
      }
    }
  }

  // Boxes that cut what they hold.
  for (const element of document.querySelectorAll("body *")) {
    if (element.ownerSVGElement || forReadersOnly(element) || !shown(element)) continue;
    const style = getComputedStyle(element);
    if (/(hidden|clip)/.test(style.overflowX) && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1 && !/^(input|select|progress|textarea)$/.test(element.localName)) {
      say("clipped", element, `holds ${element.scrollWidth} px in ${element.clientWidth} px`);
    }
    if (/(hidden|clip)/.test(style.overflowY) && element.scrollHeight > element.clientHeight + 2 && element.clientHeight > 1 && !/^(input|select|progress|textarea)$/.test(element.localName)) {
      say("clipped", element, `is ${element.scrollHeight} px high in ${element.clientHeight} px`);
    }
    // What scrolls can be reached with the keyboard.
    if (/(auto|scroll)/.test(style.overflowX) && element.scrollWidth > element.clientWidth + 1 && element.tabIndex < 0 && !element.querySelector("a[href], button, input, select, textarea, [tabindex='0']") && !/^(input|select|textarea)$/.test(element.localName)) {
      say("unreachable", element, "scrolls, and no key gets there");
    }
  }

  // Targets: 24 px both ways, or a link within a sentence.
  const targets = [];
  for (const element of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")) {
    if (!shown(element) || forReadersOnly(element) || element.matches(".table-region, svg [tabindex]")) continue;
    let { left, right, top, bottom } = element.getBoundingClientRect();
    if (element.matches("input[type=checkbox], input[type=radio]")) {
      for (const label of element.labels ?? []) {
        const more = label.getBoundingClientRect();
        left = Math.min(left, more.left);
        right = Math.max(right, more.right);
        top = Math.min(top, more.top);
        bottom = Math.max(bottom, more.bottom);
      }
    }
    if (right - left < 1) continue;
    targets.push({ element, left, right, top, bottom });
    const small = right - left < smallest - 0.5 || bottom - top < smallest - 0.5;
    if (small && !(element.localName === "a" && inSentence(element))) {
      say("target", element, `is ${Math.round(right - left)} × ${Math.round(bottom - top)} px`);
    }
  }
  function inSentence(link) {
    let block = link.parentElement;
    while (block && getComputedStyle(block).display === "inline") block = block.parentElement;
    if (getComputedStyle(link).display !== "inline") return false;
    const rest = (block.textContent ?? "").replace(link.textContent, "").replace(/[·|,;\s]+/g, " ").trim();
    return rest.length > 0;
  }
  for (let at = 0; at < targets.length; at += 1) {
    for (let next = at + 1; next < targets.length; next += 1) {
      const [one, other] = [targets[at], targets[next]];
      if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
      const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      if (wide > 2 && high > 2 && getComputedStyle(one.element).display !== "inline" && getComputedStyle(other.element).display !== "inline") {
        say("overlap", one.element, `lies on ${nameOf(other.element)}`);
      }
    }
  }
  return { found, targets: targets.length, texts: texts.length };
}
