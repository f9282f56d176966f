/* Stripe's card fields on the buyer's page. They are Stripe's own frames: what is typed never reaches this page. */
(() => {
  "use strict";
  const main = document.querySelector("[data-pay]"), words = JSON.parse(main.dataset.words);
  const form = document.querySelector("[data-card]");
  const button = form.querySelector("button"), label = button.querySelector("span"), pay = label.textContent;
  const problem = (text) => { form.querySelector("[data-error]").textContent = text || ""; };
  if (!window.Stripe) { problem(words.card_missing); return; }

  const css = getComputedStyle(document.documentElement);
  const token = (name) => css.getPropertyValue(name).trim();
  const appearance = () => ({
    theme: matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "stripe",
    variables: {
      colorPrimary: token("--accent"), colorBackground: token("--surface"), colorText: token("--text"),
      colorTextSecondary: token("--muted"), colorDanger: token("--bad"), borderRadius: "8px", spacingUnit: "4px",
      fontFamily: token("--font"), fontSizeBase: "16px",
    },
  });

  const stripe = window.Stripe(form.dataset.key, { locale: document.documentElement.lang });
  const elements = stripe.elements({ clientSecret: form.dataset.card, appearance: appearance() });
  const fields = elements.create("payment", { layout: "tabs", wallets: { applePay: "never", googlePay: "never", link: "never" } });
  fields.on("ready", () => { button.disabled = false; });
  fields.on("loaderror", () => problem(words.card_missing));
  fields.mount(form.querySelector("[data-fields]"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => elements.update({ appearance: appearance() }));
  // The reason of a decline stands on top then, in our words.
  document.addEventListener("pay:changed", () => problem(""));

  let paying = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (paying) return;
    paying = true;
    button.setAttribute("aria-disabled", "true");
    label.textContent = words.busy;
    problem("");
    try {
      const { error } = await stripe.confirmPayment({
        elements, redirect: "if_required", confirmParams: { return_url: form.dataset.back },
      });
      if (!error || ["succeeded", "processing"].includes(error.payment_intent?.status)) { location.assign(form.dataset.back); return; }
      problem(error.message || words.card_failed);
    } catch { problem(words.card_failed); }
    paying = false;
    button.removeAttribute("aria-disabled");
    label.textContent = pay;
  });
})();
