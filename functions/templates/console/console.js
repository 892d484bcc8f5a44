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

// What a page says in one sentence is said again after it is there: a live region is read out when it changes.
for (const said of document.querySelectorAll("[data-announce]")) {
  const nodes = [...said.childNodes];
  said.replaceChildren();
  setTimeout(() => said.replaceChildren(...nodes), 150);
}

// A company may be dragged onto its tenant. The button "Map here" beside a tenant does the same for the keyboard.
const edits = document.getElementById("edit");
const kind = "application/x-acrotask-company";
for (const row of document.querySelectorAll("tr[data-company]")) {
  row.addEventListener("dragstart", (event) => {
    event.dataTransfer.setData(kind, `${row.dataset.company} ${row.dataset.print}`);
    event.dataTransfer.effectAllowed = "link";
  });
}
for (const tenant of document.querySelectorAll("[data-tenant]")) {
  const over = (event) => {
    if (!edits || !event.dataTransfer.types.includes(kind)) return;
    event.preventDefault();
    tenant.classList.toggle("over", event.type !== "drop");
  };
  tenant.addEventListener("dragenter", over);
  tenant.addEventListener("dragover", over);
  tenant.addEventListener("dragleave", () => tenant.classList.remove("over"));
  tenant.addEventListener("drop", (event) => {
    over(event);
    const company = event.dataTransfer.getData(kind);
    if (!edits || !company) return;
    const wish = document.createElement("input");
    wish.type = "hidden";
    wish.name = "edit";
    wish.value = `map ${company} ${tenant.dataset.tenant}`;
    edits.append(wish);
    edits.submit();
  });
}

// A page that is made for paper is printed by a button; without it by the browser's own.
for (const button of document.querySelectorAll("[data-prints]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
