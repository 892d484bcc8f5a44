// Tickets: switched on, one type of alert by keyboard, a whole category by mouse, against the demo.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { comeIn, looksRight, tabTo } from "./console.mjs";

let visit, page, origin;
before(async () => {
  visit = await comeIn("demo", "--customers", "12");
  ({ page, origin } = visit);
});
after(() => visit?.leave());

test("A59 A60 A62 A63 what holds for all tickets is chosen from Autotask's lists", async () => {
  await page.goto(`${origin}/tickets`);
  await page.getByLabel("Source", { exact: true }).selectOption({ index: 1 });
  await page.getByLabel("Note type").selectOption({ index: 1 });
  await page.getByRole("button", { name: "Stage it: Source, queue and notes" }).click();
  await page.getByText("Source, queue and notes: what differs").waitFor();
  await page.getByLabel(/^An alert that comes back gets a new ticket/).fill("30");
  await page.getByRole("button", { name: "Stage it: Coming back and closing" }).click();
  await page.getByText("Until applied: never: the first ticket is reopened each time").waitFor();
  await page.getByLabel(/^An alert that comes back gets a new ticket/).fill("0");
  await page.getByRole("button", { name: "Stage it: Coming back and closing" }).click();
  await page.getByText("expected a whole number from 1 to 3650, or nothing").waitFor();
});

test("A61 a type of alert is searched for, edited and applied by keyboard alone", async () => {
  await page.goto(`${origin}/tickets`);
  const link = page.getByRole("link", { name: /^Edit (?!all)/ }).first();
  const name = await link.getAttribute("aria-label");
  await tabTo(page, name);
  await page.keyboard.press("Enter");
  await page.waitForURL(/tickets\/type/);
  await tabTo(page, "Due in");
  await page.keyboard.type("90");
  await tabTo(page, "Stage it");
  await page.keyboard.press("Enter");
  await page.getByText(/^Staged for .*Due in: 90 minutes/).waitFor();
  await tabTo(page, "Review");
  await page.keyboard.press("Enter");
  await page.waitForURL(/changes/);
  await page.getByRole("button", { name: /^Apply/ }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("of the mapping is in force").waitFor();
  await page.goto(`${origin}/tickets?show=changed`);
  await page.getByText("90 minutes").first().waitFor();
});

test("A61 a whole category is given the same, and put back to usual", async () => {
  await page.goto(`${origin}/tickets`);
  await page.getByRole("link", { name: /^Edit all of/ }).first().click();
  await page.getByLabel("Priority").selectOption({ index: 2 });
  await page.getByRole("button", { name: "Stage it" }).click();
  await page.getByText(/differ from what is in force/).waitFor();
  await page.getByRole("link", { name: /^Edit all of/ }).first().click();
  await page.getByRole("button", { name: "Back to usual" }).click();
  await page.getByText(/differ from what is in force/).waitFor();
});

const pages = [
  ["tickets", "/tickets"],
  ["ticket-type", async () => {
    await page.goto(`${origin}/tickets`);
    return page.getByRole("link", { name: /^Edit (?!all)/ }).first().getAttribute("href");
  }],
  ["ticket-category", async () => {
    await page.goto(`${origin}/tickets`);
    return page.getByRole("link", { name: /^Edit all of/ }).first().getAttribute("href");
  }],
];
for (const [name, path] of pages) {
  test(`${name} looks right on a desk and on a phone, light and dark`, async () => {
    await looksRight(page, origin + (typeof path === "string" ? path : await path()), name);
  });
}

test("no page complained, nor did anything not allowed happen", () => {
  // The form that was refused is answered so.
  const others = visit.complaints.filter((text) => !/status of 400/.test(text));
  assert.deepEqual(others, []);
});
