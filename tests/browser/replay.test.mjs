// The replay of alerts: read by keyboard, shown with the tickets that they would have made, searched and saved, against
// the demo, whose days go on meanwhile.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { comeIn, looksRight, tabTo } from "./console.mjs";

let visit, page, origin;
before(async () => {
  visit = await comeIn("demo", "--customers", "8");
  ({ page, origin } = visit);
});
after(() => visit?.leave());

test("before alerts were read the page says what to do, and looks right", async () => {
  await page.getByRole("link", { name: "Tickets", exact: true }).first().click();
  await page.getByRole("link", { name: "Replay alerts", exact: true }).click();
  await page.getByText("No alerts were read yet.").waitFor();
  await looksRight(page, `${origin}/tickets/replay`, "replay-empty");
});

test("A58 alerts are asked for by keyboard, and what they would have become is there", async () => {
  await page.goto(`${origin}/tickets/replay`);
  await tabTo(page, "Days");
  await page.keyboard.type("14");
  await tabTo(page, "Read alerts");
  await page.keyboard.press("Enter");
  // The demo does what it is asked to at its next day, every 15 seconds.
  await page.getByText("The reading is done.").waitFor({ timeout: 90_000 });
  await tabTo(page, "Refresh");
  await page.keyboard.press("Enter");
  await page.getByText(/^\d+ alerts: \d+ tickets$/).waitFor();
  await page.getByText("of the 14 days before").waitFor();
});

test("A61 a type leads to its tickets, a search narrows them, and they are saved as CSV", async () => {
  await page.goto(`${origin}/tickets/replay`);
  await page.getByRole("region", { name: "Types of alert" }).getByRole("link").first().click();
  await page.waitForURL(/kind=/);
  await page.getByRole("checkbox", { name: /^only/ }).waitFor();
  await page.goto(`${origin}/tickets/replay`);
  const rows = page.getByRole("table", { name: "Table of tickets" }).locator("tbody tr");
  const all = await rows.count();
  const customer = await rows.first().locator("th .small").innerText();
  await page.getByLabel("Search").fill(customer);
  await page.getByRole("button", { name: "Search" }).click();
  await page.waitForURL(/search=/);
  assert.ok((await rows.count()) <= all && (await rows.count()) > 0);
  const saved = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download as CSV" }).click();
  assert.equal((await saved).suggestedFilename(), "acrotask-replay.csv");
});

test("replay looks right on a desk and on a phone, light and dark", async () => {
  await page.goto(`${origin}/tickets/replay`);
  await page.getByText("How a replay is made").click();
  await looksRight(page, `${origin}/tickets/replay`, "replay");
});

test("A61 what is staged is shown beside the rules in force", async () => {
  await page.goto(`${origin}/tickets/replay`);
  const rows = page.getByRole("table", { name: "Table of tickets" }).locator("tbody tr");
  const customer = await rows.first().locator("th .small").innerText();
  await page.goto(`${origin}/customers?search=${encodeURIComponent(customer)}&show=mapped`);
  await page.getByRole("link", { name: `Choose ${customer}` }).first().click();
  await page.getByText("Remove the mapping", { exact: true }).click();
  await page.getByRole("button", { name: "Yes, remove the mapping" }).click();
  await page.locator("[data-announce]", { hasText: "Staged for" }).waitFor();
  await page.goto(`${origin}/tickets/replay`);
  await page.getByText(/^\d+ alerts: \d+ tickets?; \d+ under the rules in force$/).waitFor();
  await looksRight(page, `${origin}/tickets/replay`, "replay-staged");
  await page.getByRole("link", { name: "Tickets", exact: true }).first().click();
  await page.getByText(/under the rules in force in the 14 days before/).waitFor();
  await page.getByRole("link", { name: "See the tickets" }).click();
  await page.getByRole("link", { name: "Show it under the rules in force" }).click();
  await page.getByText(/^\d+ alerts: \d+ tickets$/).waitFor();
});

test("no page complained, nor did anything not allowed happen", () => assert.deepEqual(visit.complaints, []));
