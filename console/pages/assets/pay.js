/* The buyer's page, alive: counts down by the server's clock, follows the payment, says so when it cannot.
   Nothing here is needed to read the page or to pay on Stripe's. */
(() => {
  "use strict";
  const main = document.querySelector("[data-pay]");
  const words = JSON.parse(main.dataset.words), url = main.dataset.url;
  const house = document.title.split(" · ").pop();
  const $ = (selector, root = main) => root.querySelector(selector);
  const two = (number) => String(number).padStart(2, "0");
  const fill = (form, text) => form.replace("{}", text);

  const TICK = 1000, SPOKEN = [3600, 600, 60], SOON = 3600, LAST = 60, SECONDS_FROM = 600;
  const CLOCK_IS_WRONG = 120000, SLEPT = 2000;
  const POLL = 5000, POLL_AT_ZERO = 2000, CHECK = 60000, PATIENCE = 8000;

  /* What the server said last: its time and the window's end, and performance.now() when it said so. */
  let page, serverNow, end, at, deviceOffset = 0, tab = document.title;
  let state = "online"; // "offline": the device is; "unreachable": we are
  let lastHeard = Date.now(), spokenUpTo = Infinity, wasLeft = null, asking = null, due = 0;

  const now = () => serverNow + (performance.now() - at);
  const left = () => Math.max(0, Math.floor((end - now()) / 1000));

  /* ---------- words ---------- */
  const spanOf = (s) => {
    const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
    if (s >= 3600) return `${h} ${words.hour} ${m} ${words.minute}`;
    if (s >= SECONDS_FROM) return `${m} ${words.minute}`;
    if (s >= LAST) return `${m} ${words.minute} ${s % 60} ${words.second}`;
    return `${s} ${words.second}`;
  };
  const leftWords = (s) => (s < LAST ? spanOf(s) : fill(words.left, spanOf(s)));
  const counted = (n, forms) => (n === 1 ? forms.split("|")[0] : fill(forms.split("|")[1], n));
  const spoken = (s) => {
    const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60, parts = [];
    if (h) parts.push(counted(h, words.hours));
    if (m) parts.push(counted(m, words.minutes));
    if (!h && (s < SECONDS_FROM || !m)) parts.push(counted(s % 60, words.seconds));
    return parts.join(" ");
  };
  const clock = (date, seconds) =>
    fill(words.time, `${two(date.getHours())}:${two(date.getMinutes())}${seconds ? ":" + two(date.getSeconds()) : ""}`);
  const moment = (ms, form) => {
    const date = new Date(ms), today = new Date(now());
    const soon = form === "short" && Math.abs(ms - now()) < SECONDS_FROM * 1000;
    if (form === "short" && date.toDateString() === today.toDateString()) return clock(date, soon);
    const parts = {
      weekday: words.weekdays[(date.getDay() + 6) % 7], day: date.getDate(),
      month: words.months[date.getMonth()], time: clock(date, soon),
    };
    return words.moment.replace(/\{(\w+)\}/g, (_, name) => parts[name]);
  };
  const write = (node, text) => { if (node && node.textContent !== text) node.textContent = text; };
  const say = (text) => { $("[data-say]").textContent = text; };

  /* Every moment in the zone of the device; where its clock is wrong, also what it will show then. */
  const showMoments = () => {
    const wrong = Math.abs(deviceOffset) >= CLOCK_IS_WRONG;
    for (const time of main.querySelectorAll("time[data-moment]")) {
      const ms = Date.parse(time.dateTime), text = moment(ms, time.dataset.moment);
      const shows = wrong && time.dataset.moment === "short" && ms > now();
      const form = shows ? words.device_shows.replace("{device}", moment(ms + deviceOffset, "short")) : words.your_time;
      write(time, "mine" in time.dataset ? fill(form, text) : text);
    }
  };
  const note = (name, title, text) => {
    const box = $(`[data-note="${name}"]`);
    box.hidden = !title;
    write($("b", box), title || "");
    write($("span", box), text || "");
  };
  const showClock = () => {
    const minutes = Math.round(Math.abs(deviceOffset) / 60000);
    if (Math.abs(deviceOffset) < CLOCK_IS_WRONG) return note("clock");
    const span = spoken(minutes * 60);
    note("clock", fill(deviceOffset > 0 ? words.clock_fast : words.clock_slow, span), words.clock_text);
  };
  const showState = () => {
    const off = state !== "online";
    note("offline", off && words[state], off && fill(words[`${state}_text`], clock(new Date(lastHeard - deviceOffset), true)));
    $("[data-count]")?.classList.toggle("held", off);
    lock();
  };

  /* The button rests while the device is offline and when the time is up. The page knows nothing better then. */
  const lock = () => {
    const act = $("[data-act], [data-card] button"), under = $("[data-under]");
    const rests = state === "offline" || (counts() && left() === 0);
    if (act) rests ? act.setAttribute("aria-disabled", "true") : act.removeAttribute("aria-disabled");
    if (!under) return;
    under.dataset.html ??= under.innerHTML;
    if (state === "offline") write(under, words.button_offline);
    else if (act && counts() && left() < LAST) write(under, words.under_last);
    else if (under.innerHTML !== under.dataset.html) { under.innerHTML = under.dataset.html; showMoments(); }
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest('[aria-disabled="true"]')) event.preventDefault();
  });
  document.addEventListener("submit", (event) => {
    const button = event.target.querySelector("[data-act]");
    if (!button) return;
    if (button.getAttribute("aria-disabled")) { event.preventDefault(); return; }
    button.setAttribute("aria-disabled", "true");
    write(button.querySelector("span"), words.busy);
  });

  /* ---------- time ---------- */
  const counts = () => !!$("[data-count]");
  const learn = (server, ends, askedAt) => {
    serverNow = Date.parse(server);
    const before = end;
    end = Date.parse(ends);
    at = askedAt; // counted from the question on, so that what is shown is never too much
    deviceOffset = Date.now() - (performance.now() - askedAt) - serverNow;
    lastHeard = Date.now();
    showClock();
    if (before && end - before > 1000 && counts()) say(fill(words.say_more, moment(end, "short")));
  };
  const showTime = () => {
    const box = $("[data-count]");
    if (!box) return;
    const s = left(), held = state !== "online";
    const text = s === 0 ? words.checking : held ? fill(words.about, spanOf(s)) : leftWords(s);
    write($(".left", box), text);
    $("progress", box).value = s;
    box.classList.toggle("soon", s < SOON);
    box.classList.toggle("last", s < LAST && s > 0);
    if (!held) document.title = `${s === 0 ? words.checking : fill(words.tab, leftWords(s))} · ${house}`;
    for (const mark of SPOKEN) if (s <= mark && spokenUpTo > mark && !held) { say(words[`say_${mark}`]); spokenUpTo = mark; }
    const minute = wasLeft !== null && s < SECONDS_FROM && Math.floor(s / 60) !== Math.floor(wasLeft / 60);
    if (wasLeft !== null && ((s === 0 && wasLeft > 0) || minute)) { lock(); showMoments(); ask(); }
    wasLeft = s;
  };

  /* ---------- the payment ---------- */
  const take = (root) => {
    page = root;
    wasLeft = null;
    showMoments();
    showState();
    spokenUpTo = Math.min(...SPOKEN.filter((mark) => mark >= left()), Infinity); // what has passed stays silent
    showTime();
    if (!counts()) document.title = tab;
  };
  const replace = async (version) => {
    // How the buyer came back is old by now: something has happened since.
    const here = new URL(location.href);
    here.searchParams.delete("from");
    history.replaceState(null, "", here);
    const answer = await fetch(here, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (!answer.ok) return;
    const other = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = other.querySelector("[data-page]");
    if (!fresh || +fresh.dataset.version < version) return; // asked again with the next look
    const stage = page.dataset.stage, focused = main.contains(document.activeElement) ? document.activeElement : null;
    const wasInPage = focused && page.contains(focused);
    tab = other.title;
    take(merge(page, fresh));
    if (page.dataset.stage === stage) return;
    const heading = $("h1"), isOver = page.dataset.stage === "expired";
    say(isOver ? words.say_over : heading.textContent);
    if (isOver || (wasInPage && !document.contains(focused))) heading.focus();
    document.dispatchEvent(new Event("pay:changed"));
  };
  /* Card fields that are being filled in stay where they are: a frame that is moved is loaded anew. */
  const merge = (old, fresh) => {
    const form = old.querySelector("[data-card]"), other = fresh.querySelector("[data-card]");
    if (!form || form.dataset.card !== other?.dataset.card) { old.replaceWith(fresh); return fresh; }
    const card = form.closest(".b-card"), otherCard = other.closest(".b-card");
    surround(card, form, otherCard, other);
    surround(old, card, fresh, otherCard);
    Object.assign(old.dataset, fresh.dataset);
    return old;
  };
  const surround = (parent, kept, fresh, counterpart) => {
    for (const node of [...parent.childNodes]) if (node !== kept) node.remove();
    let place = kept;
    for (const node of [...fresh.childNodes]) node === counterpart ? (place = null) : parent.insertBefore(node, place);
  };
  const heard = (status, askedAt) => {
    learn(status.paymentWindow.serverTime, status.paymentWindow.expiresAt, askedAt);
    if (state !== "online" && navigator.onLine) back();
    if (status.version > +page.dataset.version) replace(status.version).catch(() => {});
    else showMoments();
    showTime();
  };
  const ask = async () => {
    if (asking) return;
    const askedAt = performance.now();
    asking = fetch(`${url}/status`, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    try {
      const answer = await asking;
      if (answer.ok) heard(await answer.json(), askedAt);
      else if (answer.status >= 500) lost("unreachable");
    } catch { lost(navigator.onLine ? "unreachable" : "offline"); } finally { asking = null; schedule(); }
  };
  const lost = (why) => {
    if (state === why) return;
    state = why;
    say(words[why]);
    showState();
    showTime();
  };
  const back = () => {
    state = "online";
    note("offline");
    showState();
    if (counts()) say(fill(words.say_online, spoken(left())));
  };

  /* Events, and a look now and then: often where they do not come, or where the answer is near. */
  let source = null, listens = false;
  const listen = () => {
    if (!window.EventSource) return;
    source = new EventSource(`${url}/events`);
    source.addEventListener("open", () => { listens = true; schedule(); });
    source.addEventListener("status", (event) => heard(JSON.parse(event.data), performance.now()));
    source.addEventListener("error", () => {
      listens = false;
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, CHECK / 2); // turned away: later
      schedule();
    });
  };
  const schedule = () => {
    const near = counts() ? left() === 0 : ["opening", "checking", "processing"].includes(page.dataset.stage);
    due = performance.now() + (near && !listens ? POLL_AT_ZERO : listens && state === "online" && !near ? CHECK : POLL);
  };

  /* One beat a second does everything; a beat that was missed means that the device slept. */
  let beatAt = performance.now(), wallAt = Date.now();
  const beat = () => {
    const slept = Math.abs(Date.now() - wallAt - (performance.now() - beatAt)) > SLEPT || performance.now() - beatAt > 5 * TICK;
    beatAt = performance.now();
    wallAt = Date.now();
    showTime();
    if (slept || performance.now() >= due) ask();
  };

  window.addEventListener("offline", () => lost("offline"));
  window.addEventListener("online", ask);
  window.addEventListener("pageshow", (event) => { if (event.persisted) { ask(); listen(); } });
  window.addEventListener("pagehide", () => source?.close());
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") ask(); });

  const first = $("[data-page]");
  const loaded = performance.getEntriesByType("navigation")[0];
  page = first;
  learn(first.dataset.now, first.dataset.end, loaded ? loaded.responseStart : performance.now());
  take(first);
  if (!navigator.onLine) lost("offline");
  schedule();
  listen();
  setInterval(beat, TICK);
})();
