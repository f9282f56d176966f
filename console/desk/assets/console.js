/* Comfort for operators: keys, copying of ids, and news while somebody looks. Everything reads and works without it. */
(() => {
  const first = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  const say = (text) => {
    const box = first(".toasts");
    if (!box) return;
    const toast = Object.assign(document.createElement("p"), { className: "toast", textContent: text });
    box.replaceChildren(toast);
    setTimeout(() => toast.remove(), 6000);
  };

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => say("Copied " + copy.dataset.copy));
    if (event.target.closest("[data-keys]")) first("#keys")?.showModal();
  });
  for (const part of all("[data-script]")) part.hidden = false;
  // Work that was confirmed goes on by itself; who closes the page stops it.
  const onward = first("form[data-go-on]");
  if (onward) setTimeout(() => onward.requestSubmit(), 400);

  const kept = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };
  const box = first("#single-keys");
  if (box) {
    box.checked = kept();
    box.addEventListener("change", () => { try { localStorage.setItem("keys", box.checked ? "on" : "off"); } catch { /* not kept */ } });
  }

  // What carries data-live="seconds" is sent "live" that often: htmx asks for it. Nothing is asked in a hidden tab, under a
  // dialog, or while somebody has paused it; the sign on top says which it is.
  const sign = first(".live");
  const parts = () => all("[data-live]");
  const words = { on: "Live,", off: "Not live since", paused: "Paused at" };
  const show = (state) => {
    if (!sign || !parts().length) return;
    sign.className = "live " + state;
    first("[data-live-word]", sign).textContent = words[state];
  };
  const paused = () => first("[data-pause]")?.getAttribute("aria-pressed") === "true";
  const began = Date.now();
  const asked = new Map();
  const ask = () => {
    if (document.hidden || paused() || first("dialog[open]")) return;
    for (const part of parts()) {
      if (Date.now() - (asked.get(part.id) ?? began) < 1000 * part.dataset.live) continue;
      asked.set(part.id, Date.now());
      part.dispatchEvent(new CustomEvent("live"));
    }
  };
  if (parts().length) {
    setInterval(ask, 500);
    document.addEventListener("visibilitychange", ask);
    const pause = first("[data-pause]");
    pause.hidden = false;
    pause.addEventListener("click", () => {
      pause.setAttribute("aria-pressed", String(!paused()));
      show(paused() ? "paused" : "on");
    });
    document.addEventListener("htmx:after:request", (event) => { if (event.detail.ctx.response.status < 400 && !paused()) show("on"); });
    for (const failed of ["htmx:response:error", "htmx:error"]) document.addEventListener(failed, () => { if (!paused()) show("off"); });
    show("on");
  }

  // Never while typing, never with a modifier; a dialog has its own keys.
  let went = 0;
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input, textarea, select") || first("dialog[open]")) return;
    if (key === "?") { first("#keys")?.showModal(); return; }
    if (box && !box.checked) return;
    if (key === "/") { event.preventDefault(); first("[data-search]")?.focus(); return; }
    if (key === "g") { went = Date.now(); return; }
    const place = Date.now() - went < 1000 ? first(`[data-go="${CSS.escape(key)}"]`) : first(`[data-key="${CSS.escape(key)}"]`);
    if (place) { event.preventDefault(); place.click(); return; }
    if (key === "j" || key === "k") {
      const rows = all("[data-rows] .rowlink");
      const here = rows.indexOf(document.activeElement);
      rows[Math.max(0, Math.min(rows.length - 1, here + (key === "j" ? 1 : -1)))]?.focus();
    }
    if (key === "c") first("[data-copy]", target.closest("tr") ?? document)?.click();
  });
})();
