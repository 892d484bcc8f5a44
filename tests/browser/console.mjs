// The console as a browser sees it: starts the program, opens Chromium, and says what is wrong with a page.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SCREENS = {
  desk: { width: 1280, height: 900 },
  phone: { width: 390, height: 844 },
};
// What a first build's worth of work on a slow machine takes; nothing is waited for longer than it takes.
const STARTS_WITHIN = 300_000;

// The program, with a console that is reached at `link` once.
export async function start(...args) {
  const program = spawn(process.env.ACROTASK, args, {
    env: { ...process.env, CONSOLE_PORT: "0" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said = [];
  const started = new Promise((resolve, reject) => {
    createInterface({ input: program.stderr }).on("line", (line) => {
      said.push(line);
      const link = line.match(/Console.*(http:\/\/\S+)/);
      if (link) resolve(link[1]);
    });
    program.on("exit", (code) => reject(new Error(`it ended with ${code}:\n${said.join("\n")}`)));
    setTimeout(() => reject(new Error(`no console:\n${said.join("\n")}`)), STARTS_WITHIN).unref();
  });
  return { link: await started, said, stop: () => program.kill("SIGKILL") };
}

// A browser with one page. What the page complains of is kept in `complaints`: scripts that fail, files that are not
// there, and all that its content security policy forbids.
export async function browse() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  });
  const context = await browser.newContext({ viewport: SCREENS.desk, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`);
  });
  return { page, complaints, close: () => browser.close() };
}

// The program and a browser in which somebody came in by the printed link.
export async function comeIn(...args) {
  const program = await start(...args);
  const browser = await browse();
  const { page, complaints } = browser;
  const { origin } = new URL(program.link);
  await page.goto(program.link);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${origin}/`);
  const leave = async () => {
    await browser.close();
    program.stop();
  };
  return { page, origin, complaints, said: program.said, leave };
}

// Looks at a page on a desk and on a phone, light and dark: nothing is wider than the screen, and axe finds nothing.
export async function looksRight(page, path, name) {
  for (const [screen, size] of Object.entries(SCREENS)) {
    await page.setViewportSize(size);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.goto(path);
      const where = `${name} on a ${screen}, ${colorScheme}`;
      const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(over <= 0, `${where} is ${over} pixels too wide`);
      assert.equal(await page.locator("h1").count(), 1, `${where} has one heading`);
      assert.deepEqual(await axeFinds(page), [], where);
      if (process.env.SCREENSHOTS) {
        const path = `${process.env.SCREENSHOTS}/${name}-${screen}-${colorScheme}.png`;
        await page.screenshot({ path, fullPage: true });
      }
    }
  }
  await page.setViewportSize(SCREENS.desk);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
}

// Axe comes in by the debugger's door: the page's own policy lets no script in.
async function axeFinds(page) {
  const door = await page.context().newCDPSession(page);
  await door.send("Runtime.evaluate", { expression: AXE });
  await door.detach();
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3).join(" | ")}`);
}

// Presses Tab until what has this name has the focus: what cannot be reached so cannot be used by keyboard.
export async function tabTo(page, name) {
  const names = [];
  for (let presses = 0; presses < 200; presses += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const { activeElement: on } = document;
      const label = on.labels?.[0]?.textContent;
      return (on.getAttribute("aria-label") ?? label ?? on.textContent ?? "").trim().replace(/\s+/g, " ");
    });
    if (focused === name) return;
    names.push(focused);
  }
  assert.fail(`"${name}" is not reached by Tab, only: ${[...new Set(names)].join(", ")}`);
}
