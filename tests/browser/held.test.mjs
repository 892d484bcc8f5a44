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
  assert.equal(await page.getByRole("link", { name: "Quotas", exact: true }).getAttribute("aria-current"), "page");
  await tabTo(page, "Quotas");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(/tab=tickets/);
  await page.getByRole("heading", { level: 2, name: "Tickets" }).waitFor();
});

test("H2 what is held in review mode is chosen and approved by keyboard alone", async () => {
  await page.goto(`${origin}/settings`);
  await page.getByLabel("Every change waits for approval").selectOption("yes");
  await page.getByRole("button", { name: "Stage it: Review mode" }).click();
  await page.goto(`${origin}/changes`);
  await page.getByRole("button", { name: "Apply 1 change" }).click();
  await page.getByText("of the mapping is in force").waitFor();
  // Every few seconds is a day of the demo, on which alerts come and go.
  const held = page.getByRole("checkbox", { name: /^Choose / });
  for (let looks = 0; looks < 100 && (await held.count()) === 0; looks += 1) {
    await page.waitForTimeout(1_000);
    await page.goto(`${origin}/plan?tab=tickets&show=held`);
  }
  const name = await held.first().getAttribute("aria-label");
  await tabTo(page, name);
  await page.keyboard.press("Space");
  await tabTo(page, "Approve");
  await page.keyboard.press("Enter");
  await page.waitForURL(/since=/);
});

for (const [name, path] of [["quotas", "/plan?tab=quotas"], ["tickets", "/plan?tab=tickets"]]) {
  test(`${name} look right on a desk and on a phone, light and dark`, () => looksRight(page, origin + path, name));
}

test("no page complained, nor did anything not allowed happen", () => assert.deepEqual(visit.complaints, []));
