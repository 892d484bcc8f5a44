// The setup, walked by somebody new: from nothing to the first sync, against vendors that are simulated.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { comeIn, looksRight, tabTo } from "./console.mjs";

let visit, page, origin;

// Looks at the page that is there, which may just have gone on by itself.
async function thisLooksRight(name) {
  await page.waitForLoadState("load");
  await looksRight(page, page.url(), name);
}

const FIELDS = {
  "Data centre URL": "data centre URL",
  "Client id": "client id",
  "Client secret": "client secret",
  "User name (key)": "user name",
  "Password (secret)": "secret",
  "Tracking identifier (integration code)": "integration code",
  "Zone address": "zone address",
};

// What the program printed to be typed in.
function printed(words) {
  const line = visit.said.find((line) => new RegExp(`^\\s*(Acronis|Autotask)?\\s+${words}\\s{2,}`).test(line));
  assert.ok(line, `${words} is not printed:\n${visit.said.join("\n")}`);
  return line.trim().split(/\s+/).at(-1);
}

before(async () => {
  visit = await comeIn("demo", "--setup", "--customers", "6");
  ({ page, origin } = visit);
});
after(() => visit?.leave());

test("where nothing is connected, the overview leads to the setup, and later steps are closed", async () => {
  await page.getByRole("link", { name: "Set it up" }).click();
  await page.waitForURL(`${origin}/setup`);
  await looksRight(page, `${origin}/setup`, "setup-connect");
  await looksRight(page, `${origin}/setup/products`, "setup-closed");
  await page.getByText("Nothing is connected yet.").first().waitFor();
});

test("G11 G12 a wrong secret is told of, with what to do", async () => {
  await page.goto(`${origin}/setup`);
  for (const [label, words] of Object.entries(FIELDS)) await page.getByLabel(label, { exact: true }).fill(printed(words));
  await page.getByLabel("Client secret", { exact: true }).fill("wrong");
  await page.getByRole("button", { name: "Test and connect" }).click();
  await page.getByText("Acronis does not accept the client id or its secret.").waitFor();
  await thisLooksRight("setup-refused");
});

test("A05 G13 G14 G15 by keyboard: what is typed in is checked, and the page goes on by itself", async () => {
  for (const label of ["Client secret", "Password (secret)", "Tracking identifier (integration code)"]) {
    await page.getByLabel(label, { exact: true }).fill(printed(FIELDS[label]));
  }
  await page.locator("#main").focus();
  await tabTo(page, "Test and connect");
  await page.keyboard.press("Enter");
  await page.getByText("Connected: both vendors let us in.").waitFor();
  await page.getByText("customers with exactly equal names are mapped").waitFor();
  await thisLooksRight("setup-connected");
});

test("G16 G17 the next step is open, and says how mapping works", async () => {
  await page.getByRole("link", { name: "Next: Customers" }).click();
  await page.getByText("How mapping works").click();
  await page.getByText("Only names that are equal to the letter").waitFor();
  await thisLooksRight("setup-customers");
  await page.getByRole("link", { name: "Next: Products" }).click();
  await page.getByText("No product is sold as a service yet.").waitFor();
  await thisLooksRight("setup-products");
});

test("G22 G25 a product is sold as a service of its own page, and the review opens", async () => {
  await page.getByRole("link", { name: "Map products" }).click();
  await page.getByRole("link", { name: "Edit Workstations, pw_base_workstations", exact: true }).click();
  await page.getByLabel("A service that is in Autotask").check();
  await page.getByLabel("Service in Autotask").selectOption({ label: await label("Acronis Workstations") });
  await page.getByRole("button", { name: "Stage it" }).click();
  await page.getByText(/^Staged for/).waitFor();
  await page.getByRole("link", { name: "Review", exact: true }).click();
  await page.getByRole("button", { name: "Apply 1 change" }).click();
  await page.getByText("of the mapping is in force").waitFor();
  await page.getByRole("link", { name: "Setup", exact: true }).click();
  await page.getByRole("link", { name: "4 Review" }).click();
});

// The whole label of the service that begins so.
function label(start) {
  return page.getByLabel("Service in Autotask").locator("option", { hasText: start }).first().innerText();
}

test("G26 the first plan is made, and shown before anything is changed", async () => {
  // What was applied wakes a run as well, whose plan may be there first.
  await page.getByRole("button", { name: /Make the first plan|Plan again/ }).click();
  await page.getByText("The sync is done.").waitFor({ timeout: 60_000 });
  await page.getByText("Nothing is changed before you approve it.").waitFor();
  await thisLooksRight("setup-review");
  await page.getByRole("link", { name: "Next: Finish" }).click();
  await thisLooksRight("setup-finish");
});

test("G27 G28 G31 the plan is approved, and the sync's result is there", async () => {
  await page.getByRole("button", { name: "Approve it and start" }).click();
  await page.getByText("The first plan is approved.").waitFor({ timeout: 60_000 });
  await page.getByText("Changes made").waitFor();
  await thisLooksRight("setup-finished");
  await page.getByRole("link", { name: "Overview", exact: true }).first().click();
  await page.getByText(/It works: the last run/).waitFor();
  await thisLooksRight("overview-after-setup");
});

test("G31 G32 each line is shown with its units and why they are so, and is saved as CSV", async () => {
  await page.goto(`${origin}/plan?show=all`);
  await looksRight(page, page.url(), "plan");
  const saved = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download as CSV" }).first().click();
  assert.match((await saved).suggestedFilename(), /\.csv$/);
  await page.getByRole("link", { name: "Explain", exact: true }).first().click();
  await page.getByText("Back to the plan").waitFor();
  await looksRight(page, page.url(), "explain");
});

test("G33 H1 U8 units that a person adjusts are held, approved by keyboard, and made", async () => {
  // A line that was not changed today: units are written once a day.
  await page.goto(`${origin}/plan?show=all&search=Untermieter`);
  await page.getByText("Decide", { exact: true }).first().click();
  const decision = page.locator("details[open] form");
  await decision.getByLabel("What").selectOption("adjust");
  await decision.getByLabel("Units").fill("500");
  await decision.getByLabel("Why").fill("agreed by phone");
  await decision.getByRole("button", { name: /^Decide/ }).click();
  await page.getByText("The sync is done.").waitFor({ timeout: 60_000 });
  await page.goto(`${origin}/plan?show=held`);
  await looksRight(page, page.url(), "plan-held");
  await page.getByRole("checkbox", { name: /^Choose/ }).first().focus();
  await page.keyboard.press("Space");
  await tabTo(page, "Approve");
  await page.keyboard.press("Enter");
  await page.getByText("The sync is done.").waitFor({ timeout: 60_000 });
  await page.goto(`${origin}/plan?show=all&search=Untermieter`);
  await page.getByText("500", { exact: true }).first().waitFor();
  await page.goto(`${origin}/plan?show=held`);
  assert.equal(await page.getByRole("checkbox", { name: /^Choose/ }).count(), 0, "nothing is held any more");
});

test("no page complained, nor did anything not allowed happen", () => assert.deepEqual(visit.complaints, []));
