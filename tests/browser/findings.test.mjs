// Findings as work: one is assigned and ignored for a while by keyboard alone, found again, and looks right.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { comeIn, looksRight, tabTo } from "./console.mjs";

let visit, page, origin;
before(async () => {
  visit = await comeIn("demo", "--customers", "12");
  ({ page, origin } = visit);
});
after(() => visit?.leave());

const chosen = async () => page.getByRole("checkbox", { name: /^Choose / }).first().getAttribute("aria-label");
const inAMonth = () => new Date(Date.now() + 400 * 86_400_000).toISOString().slice(0, 10);

test("a finding is assigned to a person by keyboard alone", async () => {
  await page.goto(`${origin}/findings`);
  await tabTo(page, await chosen());
  await page.keyboard.press("Space");
  await tabTo(page, "Assign to");
  await page.keyboard.press("ArrowDown");
  await tabTo(page, "Assign");
  await page.keyboard.press("Enter");
  await page.locator("table.lines td", { hasText: "assigned to" }).first().waitFor();
  await page.goto(`${origin}/findings?show=mine`);
  assert.equal(await page.locator("table.lines tbody tr").count(), 1);
});

test("a finding is ignored until a day with a reason, is gone from the list, and can be taken back", async () => {
  await page.goto(`${origin}/findings`);
  const [before] = (await page.getByText(/to be done/).first().textContent()).split(" ");
  await page.getByRole("checkbox", { name: /^Choose / }).nth(1).check();
  await page.getByLabel("Ignore until").fill(inAMonth());
  await page.getByLabel("Why").fill("agreed by phone");
  await page.getByRole("button", { name: "Ignore", exact: true }).click();
  await page.getByText(`${Number(before) - 1} to be done, 1 ignored`).waitFor();
  await page.goto(`${origin}/findings?show=ignored`);
  await page.getByText("agreed by phone").waitFor();
  await page.getByRole("checkbox", { name: /^Choose / }).first().check();
  await page.getByRole("button", { name: "Do not ignore any more" }).click();
  await page.getByText(`${before} to be done, 0 ignored`).waitFor();
});

test("the overview shows the first findings and leads to all", async () => {
  await page.goto(`${origin}/`);
  await page.getByRole("link", { name: /findings$/ }).first().click();
  await page.getByRole("heading", { level: 1, name: "Findings" }).waitFor();
});

test("findings look right on a desk and on a phone, light and dark", () => looksRight(page, `${origin}/findings`, "findings"));

test("no page complained, nor did anything not allowed happen", () => assert.deepEqual(visit.complaints, []));
