// Mapping: customers by keyboard alone and by mouse, products by their form, and the review of both, against the demo.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { comeIn, looksRight, tabTo } from "./console.mjs";

let visit, page, origin;
before(async () => {
  visit = await comeIn("demo", "--customers", "12");
  ({ page, origin } = visit);
});
after(() => visit?.leave());

test("G21 a company is picked up, put onto its tenant and applied by keyboard alone", async () => {
  await page.goto(`${origin}/customers?show=unmapped`);
  const company = await page.locator("tr[data-company]").first().getAttribute("data-name");
  await tabTo(page, `Choose ${company}`);
  await page.keyboard.press("Enter");
  await page.getByText("is picked up. Choose its tenant below").waitFor();
  const tenant = await page.locator("[data-tenant]").first().getAttribute("data-name");
  await tabTo(page, `Map here: ${company} to ${tenant}`);
  await page.keyboard.press("Enter");
  await page.getByText(`Staged for ${company}: Not mapped → ${tenant}`).waitFor();
  await tabTo(page, "Review");
  await page.keyboard.press("Enter");
  await page.waitForURL(/changes/);
  await tabTo(page, "Apply 1 change");
  await page.keyboard.press("Enter");
  await page.getByText("of the mapping is in force").waitFor();
});

test("A56 a mapping is removed after confirmation, and dragged back", async () => {
  await page.goto(`${origin}/customers?show=mapped`);
  const row = page.locator("tr[data-company]").first();
  const company = await row.getAttribute("data-name");
  await row.getByRole("link", { name: `Choose ${company}` }).click();
  await page.getByText("Remove the mapping", { exact: true }).click();
  await page.getByRole("button", { name: "Yes, remove the mapping" }).click();
  await page.locator("[data-announce]", { hasText: `Staged for ${company}` }).waitFor();
  await page.goto(`${origin}/customers?search=${encodeURIComponent(company)}`);
  const dragged = page.locator("tr[data-company]").first();
  await dragged.dragTo(page.locator(`[data-tenant][data-name="${company}"]`));
  // As it was before, so that nothing is left to do.
  await page.getByText(`Nothing is staged for ${company} any more.`).waitFor();
});

test("A32 A33 a product is sold as a new service", async () => {
  await page.goto(`${origin}/products?show=unsold`);
  await page.getByRole("link", { name: /^Edit / }).first().click();
  await page.getByLabel("A new service, which is created in Autotask").check();
  await page.getByLabel("Billing code").selectOption({ index: 1 });
  await page.getByLabel("Price of one unit").fill("4.50");
  await page.getByRole("button", { name: "Stage it" }).click();
  await page.getByText(/^Staged for/).waitFor();
});

const pages = [
  ["customers", "/customers"],
  ["customers-chosen", async () => {
    await page.goto(`${origin}/customers?show=unmapped`);
    return page.getByRole("link", { name: /^Choose / }).first().getAttribute("href");
  }],
  ["products", "/products"],
  ["item", async () => {
    await page.goto(`${origin}/products`);
    return page.getByRole("link", { name: /^Edit / }).first().getAttribute("href");
  }],
  ["changes", "/changes"],
];
for (const [name, path] of pages) {
  test(`${name} looks right on a desk and on a phone, light and dark`, async () => {
    await looksRight(page, origin + (typeof path === "string" ? path : await path()), name);
  });
}

test("no page complained, nor did anything not allowed happen", () => assert.deepEqual(visit.complaints, []));
