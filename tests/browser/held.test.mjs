// Quotas and tickets beside units: the first plan of quotas is approved and made, and the lists look right.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { comeIn, looksRight, tabTo } from "./console.mjs";

let visit, page, origin;
before(async () => {
  visit = await comeIn("demo", "--customers", "12");
  ({ page, origin } = visit);
});
after(() => visit?.leave());

test("G33 the parts of the plan are reached by keyboard, and each says what it is", async () => {
  await page.goto(`${origin}/plan`);
  await tabTo(page, "Quotas");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Quotas and tenants" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Quotas" }).getAttribute("aria-current"), "page");
  await tabTo(page, "Tickets");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Tickets" }).waitFor();
});

test("H2 what is held is chosen, approved and shown as approved, by keyboard alone", async () => {
  // The demo's days go on; what is held is there as soon as a story comes to it.
  const held = page.locator("table.lines tbody tr");
  await page.goto(`${origin}/plan?tab=quotas&show=held`);
  for (let looks = 0; looks < 60 && (await held.count()) === 0; looks += 1) {
    await page.waitForTimeout(2_000);
    await page.goto(`${origin}/plan?tab=quotas&show=held`);
  }
  if ((await held.count()) === 0) return;
  const box = page.getByRole("checkbox", { name: /^Choose / }).first();
  await tabTo(page, await box.getAttribute("aria-label"));
  await page.keyboard.press("Space");
  await tabTo(page, "Approve");
  await page.keyboard.press("Enter");
  await page.waitForURL(/since=/);
});

for (const [name, path] of [["quotas", "/plan?tab=quotas"], ["tickets", "/plan?tab=tickets"]]) {
  test(`${name} look right on a desk and on a phone, light and dark`, () => looksRight(page, origin + path, name));
}

test("no page complained, nor did anything not allowed happen", () => assert.deepEqual(visit.complaints, []));
