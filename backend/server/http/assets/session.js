// Warns five minutes before the session ends. Without this script the footer says when it does.
(() => {
  const box = document.getElementById("sitzungsende");
  if (!box || typeof box.showModal !== "function") return;
  const WARNING = 5 * 60 * 1000;
  let timer;

  const wait = (ends) => {
    const left = ends * 1000 - Date.now() - WARNING;
    clearTimeout(timer);
    // A clock that is far off must not open the box on every page.
    if (left > 0) timer = setTimeout(() => box.showModal(), left);
  };

  // Opening any page renews the session; its new end stands in that page.
  const goOn = async () => {
    const answer = await fetch("/handeln-fuer", { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const renewed = page.getElementById("sitzungsende");
    if (!renewed) {
      document.getElementById("sitzungsende-text").hidden = true;
      document.getElementById("sitzungsende-vorbei").hidden = false;
      return;
    }
    box.close();
    const sentence = document.querySelector(".app-footer__session");
    const fresh = page.querySelector(".app-footer__session");
    if (sentence && fresh) sentence.textContent = fresh.textContent;
    wait(Number(renewed.dataset.ends));
  };

  document.getElementById("sitzungsende-weiter").addEventListener("click", () => {
    // No connection: the box stays, and one can try again.
    goOn().catch(() => {});
  });
  wait(Number(box.dataset.ends));
})();
