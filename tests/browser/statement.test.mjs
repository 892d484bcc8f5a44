// A customer's month, chosen, looked at, saved and printed, against the demo.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { comeIn, looksRight, tabTo } from "./console.mjs";

let visit, page, origin, statement;
before(async () => {
  visit = await comeIn("demo", "--customers", "12");
  ({ page, origin } = visit);
});
after(() => visit?.leave());

test("a customer and a month are found by keyboard alone", async () => {
  await page.goto(`${origin}/statement`);
  const found = page.locator("main li a");
  const name = (await found.first().textContent()).trim();
  await tabTo(page, "Customer");
  await page.keyboard.type(name);
  await page.keyboard.press("Enter");
  await page.waitForURL(/search=/);
  assert.equal(await found.count(), 1);
  await tabTo(page, name);
  await page.keyboard.press("Enter");
  await page.waitForURL(/company=/);
  await page.locator(".standing", { hasText: name }).waitFor();
  await page.getByRole("link", { name: "Month before" }).click();
  await page.getByRole("link", { name: "Month after" }).click();
});

test("the plan leads to the statement, which is saved as a file of one row a day", async () => {
  await page.goto(`${origin}/plan?show=all`);
  await page.getByRole("link", { name: "Statement" }).nth(1).click();
  await page.waitForURL(/statement\?connection=/);
  const saves = page.waitForEvent("download");
  await page.getByRole("link", { name: "Save as CSV" }).click();
  const file = readFileSync(await (await saves).path(), "utf8");
  const rows = file.trim().split("\r\n");
  const lines = await page.locator("section.told").count();
  statement = page.url();
  assert.ok(lines > 0 && (rows.length - 1) % lines === 0, `${rows.length} rows of ${lines} lines`);
});

// What is on paper: what paper shows is asked for as the browser shows it there.
async function onPaper(url, name) {
  await page.goto(url);
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  for (const hidden of ["header", "form", ".button", ".screen"]) {
    for (const one of await page.locator(hidden).all()) assert.ok(!(await one.isVisible()), `${hidden} is on paper`);
  }
  const inks = await page.evaluate(() => {
    const { color } = getComputedStyle(document.querySelector("td"));
    return [getComputedStyle(document.body).backgroundColor, color];
  });
  assert.deepEqual(inks, ["rgb(255, 255, 255)", "rgb(0, 0, 0)"], "black on white, whatever the screen is");
  assert.ok(await page.getByText(/^Company \d+; connection demo; made /).isVisible());
  const pdf = await page.pdf({ format: "A4", preferCSSPageSize: true });
  if (process.env.SCREENSHOTS) writeFileSync(`${process.env.SCREENSHOTS}/${name}.pdf`, pdf);
  await page.emulateMedia({ media: "screen", colorScheme: "light" });
  return pdf.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
}

test("on paper there is the statement and nothing else, black on white", async () => {
  assert.ok((await onPaper(statement, "statement")) >= 1);
  // A long one: all that there is of a customer with many lines.
  await page.goto(`${origin}/statement`);
  let [most, longest] = [0, statement];
  const links = page.locator("main li a");
  const all = await links.evaluateAll((found) => found.map((link) => link.href));
  for (const url of all.slice(0, 12)) {
    await page.goto(url);
    const lines = await page.locator("section.told").count();
    if (lines > most) [most, longest] = [lines, url];
  }
  assert.ok((await onPaper(longest, "statement-long")) >= 2, `${longest} has ${most} lines`);
});

test("the button that prints is there where there is script", async () => {
  await page.goto(statement);
  await page.evaluate(() => (window.print = () => (document.title = "printed")));
  await page.getByRole("button", { name: "Print, or save as PDF" }).click();
  assert.equal(await page.title(), "printed");
});

test("statement looks right on a desk and on a phone, light and dark", async () => {
  await looksRight(page, statement, "statement");
  await looksRight(page, `${origin}/statement`, "statement-choose");
});

test("no page complained, nor did anything not allowed happen", () => assert.deepEqual(visit.complaints, []));
