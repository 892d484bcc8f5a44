// Settings: by keyboard and by mouse, what is wrong at its field, the effect before it is applied, and back again, against
// the demo.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { comeIn, looksRight, tabTo } from "./console.mjs";

let visit, page, origin;
before(async () => {
  visit = await comeIn("demo", "--customers", "12");
  ({ page, origin } = visit);
});
after(() => visit?.leave());

test("A36 A47 a setting is changed, seen with its effect and applied by keyboard alone", async () => {
  await page.goto(`${origin}/settings`);
  await tabTo(page, "Every change waits for approval");
  await page.keyboard.press("y");
  await tabTo(page, "Stage it: Review mode");
  await page.keyboard.press("Enter");
  await page.getByText("Review mode: what differs from what is in force is staged.").waitFor();
  await page.getByText(/With all you staged, of the \d+ changes? in the plan of units/).waitFor();
  await tabTo(page, "Review");
  await page.keyboard.press("Enter");
  await page.waitForURL(/changes/);
  await tabTo(page, "Apply 1 change");
  await page.keyboard.press("Enter");
  await page.getByText("of the mapping is in force").waitFor();
  await page.goto(`${origin}/settings`);
  assert.equal(await page.getByLabel("Every change waits for approval").inputValue(), "yes");
});

test("what cannot be is told at its field, and is not staged", async () => {
  await page.goto(`${origin}/settings`);
  await page.getByLabel("Time zone", { exact: true }).fill("Berlin");
  await page.getByRole("button", { name: "Stage it: Time" }).click();
  await page.getByText("there is no time zone of this name").waitFor();
  assert.equal(await page.getByLabel("Time zone", { exact: true }).inputValue(), "Berlin");
  assert.equal(await page.locator(".bar").count(), 0);
});

test("U5 a contract gets effective dates of its own, and loses them", async () => {
  await page.goto(`${origin}/plan?show=all`);
  const contract = (await page.getByText(/^contract \d+/).first().textContent()).match(/\d+/)[0];
  await page.goto(`${origin}/settings`);
  await page.getByLabel("Contract number").fill(contract);
  await page.locator("#dates-of").selectOption("period-end");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("button", { name: `Remove: contract ${contract}` }).click();
  await page.getByText("None does.").waitFor();
});

test("A50 the vendor's words about two factors are a link away", async () => {
  await page.goto(`${origin}/settings`);
  const link = page.getByRole("link", { name: /two-factor authentication/ });
  assert.match(await link.getAttribute("href"), /^https:\/\/www\.acronis\.com\//);
});

test("settings look right on a desk and on a phone, light and dark", async () => {
  await page.goto(`${origin}/settings`);
  await page.getByLabel("A jump is more than").fill("3");
  await page.getByRole("button", { name: "Stage it: Holds" }).click();
  await page.waitForURL(/staged=holds/);
  await looksRight(page, `${origin}/settings`, "settings");
  await looksRight(page, `${origin}/changes`, "settings-changes");
});

test("no page complained, nor did anything not allowed happen", () => {
  // The form that was refused is answered so.
  const others = visit.complaints.filter((text) => !/status of 400/.test(text));
  assert.deepEqual(others, []);
});
