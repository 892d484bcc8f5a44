// Coming in, the first page, and the people: by mouse and by keyboard, against the demo.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browse, looksRight, start, tabTo } from "./console.mjs";

let program, browser, page, origin;
before(async () => {
  program = await start("demo", "--customers", "12");
  origin = new URL(program.link).origin;
  browser = await browse();
  page = browser.page;
});
after(async () => {
  await browser?.close();
  program?.stop();
});

test("the printed link lets one in by keyboard alone, once", async () => {
  await page.goto(program.link);
  await tabTo(page, "Sign in");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${origin}/`);
  assert.equal(await page.locator("h1").innerText(), "Overview");
  const cookies = await page.context().cookies();
  await page.context().clearCookies();
  await page.goto(program.link);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("was used already").waitFor();
  await page.context().addCookies(cookies);
  // Refused, as it is to be; the browser complains of that.
  browser.complaints.length = 0;
});

test("the first Tab leads past the pages' links to the content", async () => {
  await page.goto(`${origin}/`);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
});

test("G28 G29 G30 sync now says that it is under way, then Refresh lights up", async () => {
  await page.goto(`${origin}/`);
  await tabTo(page, "Sync now");
  await page.keyboard.press("Enter");
  await page.getByText("The sync is under way.").waitFor();
  await page.locator("a.button.lit", { hasText: "Refresh" }).waitFor({ timeout: 120_000 });
  await page.getByText("The sync is done.").waitFor();
  await page.getByRole("link", { name: "Refresh" }).click();
  await page.getByRole("region", { name: "Table of the last runs" }).waitFor();
});

for (const [name, path] of [["overview", "/"], ["people", "/people"]]) {
  test(`${name} looks right on a desk and on a phone, light and dark`, async () => {
    await looksRight(page, origin + path, name);
  });
}

test("no page complained, nor did anything not allowed happen", () => assert.deepEqual(browser.complaints, []));

test("who signs out is out", async () => {
  await page.goto(`${origin}/`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(`${origin}/sign-in`);
  await page.goto(`${origin}/people`);
  assert.equal(await page.locator("h1").innerText(), "Not signed in");
  await looksRight(page, `${origin}/sign-in`, "sign-in");
});
