// What happened, filtered, paged and saved, against the demo.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { comeIn, looksRight, tabTo } from "./console.mjs";

let visit, page, origin;
before(async () => {
  visit = await comeIn("demo", "--customers", "30");
  ({ page, origin } = visit);
});
after(() => visit?.leave());

const rows = () => page.getByRole("table", { name: "What happened" }).locator("tbody tr");

test("what the demo's runs made is there, the newest first, and is paged by time", async () => {
  await page.goto(`${origin}/activity`);
  await rows().first().waitFor();
  const times = await page.locator(".happened tbody td:first-child").allTextContents();
  const minutes = times.map((text) => text.trim().slice(0, 16));
  assert.deepEqual(minutes, [...minutes].sort().reverse());
  await page.getByText("units of Acronis").first().waitFor();
  const older = page.getByRole("link", { name: "Older →" });
  if (await older.count()) {
    await older.click();
    await page.getByRole("link", { name: "← Newest" }).click();
  }
  await page.getByRole("img", { name: /^Findings, changes that waited/ }).waitFor();
});

test("it is filtered by keyboard alone, and the file has what is shown", async () => {
  await page.goto(`${origin}/activity`);
  const customer = (await page.locator(".happened tbody th", { hasText: "units of" }).first().textContent())
    .match(/\(company (\d+)\)/)[1];
  await tabTo(page, "Show");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await tabTo(page, "Customer");
  await page.keyboard.type(customer);
  await page.keyboard.press("Enter");
  await page.waitForURL(/kind=changes/);
  const shown = await rows().count();
  assert.ok(shown > 0);
  const named = await page.locator(".happened tbody th").allTextContents();
  assert.ok(named.every((text) => text.includes(`(company ${customer})`)), named.join("\n"));
  const saves = page.waitForEvent("download");
  await page.getByRole("link", { name: "Save as CSV" }).click();
  const file = readFileSync(await (await saves).path(), "utf8");
  assert.ok(file.trim().split("\r\n").length - 1 >= shown);
});

test("the numbers of the chart are a table too", async () => {
  await page.goto(`${origin}/activity`);
  await page.getByText("The numbers as a table").click();
  assert.equal(await page.getByRole("region", { name: "Numbers of each day" }).locator("tbody tr").count(), 90);
});

test("activity looks right on a desk and on a phone, light and dark", async () => {
  await looksRight(page, `${origin}/activity`, "activity");
  await looksRight(page, `${origin}/activity?kind=findings`, "activity-findings");
});

test("no page complained, nor did anything not allowed happen", () => assert.deepEqual(visit.complaints, []));
