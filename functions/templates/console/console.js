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
