// Looks now and then whether what a page waits for is there, or something new, and then lets "Refresh" stand out; where
// the page only waits for it, it goes on by itself. Without it the page works too: "Refresh" is always there.
"use strict";
const PAUSES = { "under-way": 3000, quiet: 30000 };
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
    if (state in PAUSES) setTimeout(look, PAUSES[state]);
    else if ("goesOn" in status.dataset) location.replace(refresh.href);
    else refresh.classList.add("lit");
  };
  const first = status.dataset.sync === "quiet" ? PAUSES.quiet : 1500;
  if (status.dataset.sync in PAUSES) setTimeout(look, first);
}
