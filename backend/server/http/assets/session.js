// Warns two minutes before the session ends. Without this script the footer says when it does.
(() => {
  const box = document.getElementById("sitzungsende");
  if (!box || typeof box.showModal !== "function") return;
  const part = (name) => document.getElementById(`sitzungsende-${name}`);
  const WARNING = 2 * 60 * 1000;
  const title = part("titel").textContent;
  let timers = [];
  let over = false;

  const wait = (ends) => {
    timers.forEach(clearTimeout);
    const left = ends * 1000 - Date.now();
    // A clock that is far off must not open the box on every page.
    if (left <= WARNING) return;
    timers = [setTimeout(warn, left - WARNING), setTimeout(end, left + 1000)];
  };

  const warn = () => {
    if (!box.open) box.showModal();
  };

  // Without asking the server: that would keep sessions alive that nobody uses.
  const end = () => box.open && show(true);

  const show = (isOver) => {
    over = isOver;
    part("titel").textContent = isOver ? box.dataset.over : title;
    part("text").hidden = isOver;
    part("vorbei").hidden = !isOver;
    part("abmelden").hidden = isOver;
    part("fehler").hidden = true;
    part("weiter").querySelector(".kern-label").textContent = isOver ? box.dataset.back : box.dataset.stay;
  };

  // Opening any page renews the session; its new end stands in that page.
  const goOn = async () => {
    const answer = await fetch("/handeln-fuer", { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const renewed = page.getElementById("sitzungsende");
    if (!renewed) {
      show(true);
      warn();
      return;
    }
    show(false);
    box.close();
    const sentence = document.querySelector(".app-footer__session");
    const fresh = page.querySelector(".app-footer__session");
    if (sentence && fresh) sentence.textContent = fresh.textContent;
    wait(Number(renewed.dataset.ends));
  };

  part("weiter").addEventListener("click", () => {
    if (over) box.close();
    // No connection: the box stays, and one can try again.
    else goOn().catch(() => (part("fehler").hidden = false));
  });
  wait(Number(box.dataset.ends));
})();
