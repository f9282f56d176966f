// Shows new mail by itself. A page in the background does not ask.
const main = document.querySelector("main[data-newest]");
setInterval(async () => {
  if (document.hidden) return;
  try {
    const { messages } = await (await fetch(`${main.dataset.list}?after=${main.dataset.newest}`)).json();
    if (messages.length) location.reload();
  } catch {
    // The sandbox is being restarted: ask again later.
  }
}, 3000);
