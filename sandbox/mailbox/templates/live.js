// Shows new mail by itself. A page in the background does not ask.
const main = document.querySelector("main[data-newest]");
setInterval(async () => {
  if (document.hidden) return;
  try {
    const { messages } = await (await fetch(main.dataset.list)).json();
    const newest = messages.length ? messages[messages.length - 1].id : 0;
    if (newest !== Number(main.dataset.newest)) location.reload();
  } catch {
    // The sandbox is being restarted: ask again later.
  }
}, 3000);
