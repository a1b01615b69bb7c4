// Hashes a PDF in the browser and compares: the file never leaves it. Without this script the fields
// of the page take a hash that was computed elsewhere.
(() => {
  const box = document.getElementById("datei");
  if (!box || !window.crypto || !window.crypto.subtle) return;
  const input = document.getElementById("datei-wahl");
  const answer = document.getElementById("datei-antwort");
  const LARGEST = 64 * 1024 * 1024;
  box.hidden = false;

  const say = (key) => {
    answer.textContent = answer.dataset[key];
    answer.className = "panel" + (key === "gleich" ? "" : key === "anders" ? " panel--danger" : " panel--warning");
    answer.hidden = false;
  };

  const judge = async (file) => {
    if (!file) return;
    if (file.size > LARGEST) return say("gross");
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (String.fromCharCode(...bytes.subarray(0, 5)) !== "%PDF-") return say("fremd");
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (box.dataset.sha256) return say(hex === box.dataset.sha256 ? "gleich" : "anders");
    // No document is named yet: only the hash is sent, and the page it belongs to is shown.
    document.getElementById("sha256").value = hex;
    document.getElementById("sha256").form.requestSubmit();
  };

  const look = (file) => judge(file).catch(() => say("fehler"));
  input.addEventListener("change", () => look(input.files[0]));
  box.addEventListener("dragover", (event) => event.preventDefault());
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    look(event.dataTransfer.files[0]);
  });
})();
