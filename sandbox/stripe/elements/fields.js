/* The card fields: they talk to the sandbox's API themselves, and tell the page only how it went. */
(() => {
  "use strict";
  const WORDS = {
    en: { number: "Card number", expiry: "Expires", cvc: "Security code", problem: "Your card number is incomplete.",
      sandbox: "Sandbox. No real money moves: pay with 4242 4242 4242 4242." },
    de: { number: "Kartennummer", expiry: "Gültig bis", cvc: "Prüfnummer", problem: "Die Kartennummer ist unvollständig.",
      sandbox: "Sandbox. Es fließt kein echtes Geld: Zahlen Sie mit 4242 4242 4242 4242." },
  };
  const $ = (id) => document.getElementById(id);
  const number = $("number"), problem = $("problem");
  let about, page, words = WORDS.en;

  const tell = (message) => parent.postMessage(message, page || "*");
  const height = () => Math.ceil(document.querySelector("main").getBoundingClientRect().height) + 4;
  const paint = ({ variables = {} } = {}) => {
    const names = { colorText: "--text", colorTextSecondary: "--muted", colorBackground: "--surface", colorDanger: "--bad",
      colorPrimary: "--accent", borderRadius: "--radius" };
    for (const [name, property] of Object.entries(names)) {
      if (variables[name]) document.documentElement.style.setProperty(property, variables[name]);
    }
  };
  const speak = (locale) => {
    words = WORDS[locale] || WORDS.en;
    document.documentElement.lang = WORDS[locale] ? locale : "en";
    for (const id of ["number", "expiry", "cvc"]) document.querySelector(`label[for=${id}]`).textContent = words[id];
    document.querySelector(".sandbox").textContent = words.sandbox;
  };
  const complain = (text) => {
    problem.textContent = text || "";
    number.setAttribute("aria-invalid", String(!!text));
    tell({ kind: "resized", height: height() });
  };

  number.addEventListener("input", () => {
    const digits = number.value.replace(/\D/g, "").slice(0, 19);
    number.value = digits.replace(/(.{4})(?=.)/g, "$1 ");
    if (problem.textContent) complain("");
  });
  $("expiry").addEventListener("input", (event) => {
    const digits = event.target.value.replace(/\D/g, "").slice(0, 4);
    event.target.value = digits.length > 2 ? `${digits.slice(0, 2)} / ${digits.slice(2)}` : digits;
  });
  document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());

  const call = async (method, path, params) => {
    const query = new URLSearchParams({ key: about.key, client_secret: about.clientSecret, ...params });
    const url = `/v1/payment_intents/${about.clientSecret.split("_secret_")[0]}${path}`;
    const answer = await fetch(method === "GET" ? `${url}?${query}` : url, { method, body: method === "GET" ? undefined : query });
    const document = await answer.json();
    if (answer.ok) return { paymentIntent: document };
    return { error: document.error, paymentIntent: undefined };
  };
  const confirm = async () => {
    const digits = number.value.replace(/\D/g, "");
    if (digits.length < 12) {
      complain(words.problem);
      number.focus();
      return { error: { type: "validation_error", code: "incomplete_number", message: words.problem } };
    }
    return call("POST", "/confirm", {
      "payment_method_data[type]": "card", "payment_method_data[card][number]": digits,
      "payment_method_data[card][exp_month]": "12", "payment_method_data[card][exp_year]": "2034",
      "payment_method_data[card][cvc]": $("cvc").value || "123",
    });
  };
  /* After the bank's question, the reason of a decline stands in the intent. */
  const look = async () => {
    const answer = await call("GET", "", {});
    const failed = answer.paymentIntent?.status === "requires_payment_method" && answer.paymentIntent.last_payment_error;
    return failed ? { error: { ...failed, payment_intent: answer.paymentIntent } } : answer;
  };

  window.addEventListener("message", async (event) => {
    if (event.source !== parent) return;
    const { kind, number: asked } = event.data;
    if (kind === "begin") {
      about = event.data;
      page = event.origin;
      paint(about.appearance);
      speak(about.locale);
      tell({ kind: "ready", height: height() });
    }
    if (kind === "paint") paint(event.data.appearance);
    if (kind === "confirm" || kind === "look") {
      const unknown = { error: { type: "api_connection_error", message: "" } };
      const answer = await (kind === "confirm" ? confirm() : look()).catch(() => unknown);
      tell({ kind: "answer", number: asked, answer });
    }
  });
  tell({ kind: "loaded" });
})();
