/* A stand-in for Stripe.js: opens the card fields as a frame of the sandbox, and passes on what happens in it. */
(() => {
  "use strict";
  const base = new URL(document.currentScript.src).origin;
  const PATIENCE = 30000;

  const frame = (src, title) => Object.assign(document.createElement("iframe"), { src, title, allow: "payment" });
  const paint = (node, styles) => { for (const [name, value] of Object.entries(styles)) node.style.setProperty(name, value); };

  class Element {
    constructor(key, clientSecret, options, locale) {
      this.heard = {};
      this.waiting = new Map();
      this.asked = 0;
      this.about = { key, clientSecret, locale, appearance: options.appearance };
    }
    on(name, listener) { (this.heard[name] ??= []).push(listener); return this; }
    tell(name, event = {}) { for (const listener of this.heard[name] || []) listener(event); }
    mount(place) {
      const holder = typeof place === "string" ? document.querySelector(place) : place;
      this.frame = frame(`${base}/v3/fields`, "Secure payment input frame");
      paint(this.frame, { border: "0", width: "100%", height: "190px", display: "block" });
      window.addEventListener("message", (event) => {
        if (event.source === this.frame.contentWindow && event.origin === base) this.hear(event.data);
      });
      this.frame.addEventListener("error", () => this.tell("loaderror"));
      holder.replaceChildren(this.frame);
    }
    hear({ kind, number, answer, height }) {
      if (kind === "loaded") this.send("begin", this.about);
      if (kind === "ready") { if (height) paint(this.frame, { height: `${height}px` }); this.tell("ready"); }
      if (kind === "resized") paint(this.frame, { height: `${height}px` });
      if (kind === "answer") { this.waiting.get(number)?.(answer); this.waiting.delete(number); }
    }
    send(kind, more = {}, number = 0) { this.frame.contentWindow.postMessage({ kind, number, ...more }, base); }
    ask(kind) {
      const number = ++this.asked;
      return new Promise((resolve, reject) => {
        this.waiting.set(number, resolve);
        setTimeout(() => reject(new Error("the sandbox is silent")), PATIENCE);
        this.send(kind, {}, number);
      });
    }
  }

  /* The bank's question in a frame over the page, until the payment waits for it no longer. */
  const challenge = async (element, url) => {
    const over = document.createElement("dialog"), page = frame(url, "3-D Secure");
    paint(over, { border: "0", padding: "0", "border-radius": "12px", width: "min(440px, 92vw)" });
    paint(page, { border: "0", width: "100%", height: "420px", display: "block" });
    over.append(page);
    over.addEventListener("cancel", (event) => event.preventDefault());
    document.body.append(over);
    over.showModal();
    let answer;
    do {
      await new Promise((resolve) => setTimeout(resolve, 400));
      answer = await element.ask("look");
    } while (answer.paymentIntent?.status === "requires_action");
    over.close();
    over.remove();
    return answer;
  };

  window.Stripe = (key, { locale } = {}) => ({
    elements: ({ clientSecret, appearance }) => {
      const made = {
        create: () => (made.element = new Element(key, clientSecret, { appearance }, locale)),
        update: ({ appearance: changed }) => made.element?.send("paint", { appearance: changed }),
        submit: async () => ({}),
      };
      return made;
    },
    confirmPayment: async ({ elements, redirect, confirmParams }) => {
      let answer = await elements.element.ask("confirm");
      const action = answer.paymentIntent?.next_action?.use_stripe_sdk;
      if (action) answer = await challenge(elements.element, action.stripe_js);
      if (answer.error || redirect === "if_required") return answer;
      location.assign(confirmParams.return_url);
      return new Promise(() => {});
    },
  });
})();
