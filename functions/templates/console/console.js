// Looks every few seconds whether a sync that was asked for is done, and then lets "Refresh" stand out. Without it the
// page works too: "Refresh" is always there.
"use strict";
for (const status of document.querySelectorAll("[data-poll]")) {
  const refresh = status.parentElement.querySelector("a.button");
  const look = async () => {
    let state = status.dataset.sync;
    try {
      const answer = await fetch(status.dataset.poll, { headers: { accept: "text/plain" } });
      if (answer.status === 401 || answer.status === 403) return;
      if (answer.ok) state = (await answer.text()).trim();
    } catch {
      // The network may come back.
    }
    status.dataset.sync = state;
    for (const part of status.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
    if (state === "under-way") setTimeout(look, 3000);
    else refresh.classList.add("lit");
  };
  if (status.dataset.sync === "under-way") setTimeout(look, 1500);
}
