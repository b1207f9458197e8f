// `loop-sandbox demo --browser` as a person meets it: the real pages in chromium, then the table in the terminal.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import { launchChromium } from "./world.mjs";

let chromium;
before(async () => (chromium = await launchChromium()));
after(() => chromium?.close());

/** The demo, up to the address that a person would open. */
async function demo() {
  const args = ["demo", "--plain", "--browser", "--print-url", "--walker", `Rust="${process.env.LOOP_WALK}"`];
  const child = spawn(process.env.LOOP_SANDBOX, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  const shown = [];
  const address = new Promise((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      shown.push(line);
      if (line.startsWith("{")) resolve(JSON.parse(line).authorization_url);
    });
    child.once("close", () => reject(new Error(`it ended before it printed an address:\n${shown.join("\n")}`)));
  });
  return { address: await address, end: async () => ({ code: (await ended)[0], shown: shown.join("\n") }) };
}

test("a person chooses whom to be, allows, and sees their results in the terminal", { timeout: 60_000 }, async () => {
  const { address, end } = await demo();
  const page = await chromium.newPage();
  await page.goto(address);
  await page.getByRole("button", { name: /Ada/ }).click();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("heading", { name: "You are connected" }).waitFor();
  const { code, shown } = await end();
  assert.equal(code, 0, shown);
  assert.match(shown, /Ferritin.*low/);
  assert.match(shown, /all six steps/);
  await page.close();
});

test("a person who denies reads so on both sides", { timeout: 60_000 }, async () => {
  const { address, end } = await demo();
  const page = await chromium.newPage();
  await page.goto(address);
  await page.getByRole("button", { name: /Ada/ }).click();
  await page.getByRole("button", { name: "Deny" }).click();
  await page.getByRole("heading", { name: "Nothing was shared" }).waitFor();
  const { code, shown } = await end();
  assert.equal(code, 1, shown);
  assert.match(shown, /Deny.*choose Allow/);
  await page.close();
});

test("results that were left out on the consent page are missed in words", { timeout: 60_000 }, async () => {
  const { address, end } = await demo();
  const page = await chromium.newPage();
  await page.goto(address);
  await page.getByRole("button", { name: /Ada/ }).click();
  await page.getByRole("checkbox", { name: /lab results/ }).uncheck();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("heading", { name: "You are connected" }).waitFor();
  const { code, shown } = await end();
  assert.equal(code, 1, shown);
  assert.match(shown, /read:biomarkers was left out/);
  await page.close();
});
