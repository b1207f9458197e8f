// Each web example in chromium: sign-in to table, Deny, two tabs, back, stale link, another browser, log out, disconnect.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { EXAMPLES, World } from "./world.mjs";

const only = process.env.LOOP_EXAMPLES?.split(",") ?? Object.keys(EXAMPLES);

async function connect(page, world) {
  await page.goto(world.home);
  await page.getByRole("link", { name: /connect/i }).or(page.getByRole("button", { name: /connect/i })).first().click();
}

async function signIn(page, person = /Ada/) {
  await page.getByRole("button", { name: person }).click();
}

const allow = (page) => page.getByRole("button", { name: "Allow" }).click();
const biomarkers = (page) => page.getByRole("table");

/** Begins in this browser, and returns the callback URL that it would be sent to, without opening it. */
async function callbackFor(context, world) {
  const begun = await context.request.get(`${world.home}/login`, { maxRedirects: 0 });
  const answer = await fetch(`${world.base}/_sandbox/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ authorization_url: begun.headers().location, person: "ada", allow: true }),
  });
  return (await answer.json()).callback_url;
}

for (const name of only) {
  describe(name, { timeout: 120_000 }, () => {
    /** @type {World} */
    let world;
    before(async () => (world = await World.start(name)));
    after(async () => world?.stop());

    test("a person connects, and sees their biomarkers as a table with low and high marked", async () => {
      const context = await world.browser();
      const page = await context.newPage();
      await connect(page, world);
      await signIn(page);
      assert.match(await page.textContent("h1"), /wants to connect/);
      assert.ok(await page.getByText("View your lab results").isVisible());
      await allow(page);
      await biomarkers(page).waitFor();
      assert.ok((await page.getByRole("row").count()) > 10);
      assert.ok(await page.getByRole("row", { name: /Ferritin.*low/i }).isVisible());
      assert.ok(await page.getByRole("row", { name: /C-reactive.*high/i }).isVisible());
      const cookies = await context.cookies(world.home);
      assert.ok(cookies.length >= 2);
      for (const cookie of cookies) {
        assert.ok(cookie.httpOnly && cookie.sameSite === "Lax", `${cookie.name} is HttpOnly and SameSite=Lax`);
        assert.ok(!/lph_/.test(cookie.value), "no token in a cookie");
      }
      await context.close();
    });

    test("Deny leads to a friendly page that offers to try again", async () => {
      const context = await world.browser();
      const page = await context.newPage();
      await connect(page, world);
      await signIn(page);
      await page.getByRole("button", { name: "Deny" }).click();
      await page.getByRole("link", { name: /try again/i }).waitFor();
      assert.ok(!/Traceback|Error:|at \//.test(await page.content()));
      await page.getByRole("link", { name: /try again/i }).click();
      await page.getByRole("button", { name: "Allow" }).click();
      await biomarkers(page).waitFor();
      await context.close();
    });

    test("a second tab in parallel finishes too", async () => {
      const context = await world.browser();
      const [first, second] = [await context.newPage(), await context.newPage()];
      await connect(first, world);
      await connect(second, world);
      await signIn(first);
      await allow(first);
      await biomarkers(first).waitFor();
      await second.reload();
      if (await second.getByRole("button", { name: /Ada/ }).isVisible()) await signIn(second);
      await allow(second);
      await biomarkers(second).waitFor();
      await context.close();
    });

    test("the back button and a reload of the callback end at the table, and send nothing twice", async () => {
      const context = await world.browser();
      const page = await context.newPage();
      const callback = await callbackFor(context, world);
      const exchanges = (await world.tokenRequests("authorization_code")).length;
      await page.goto(callback);
      await biomarkers(page).waitFor();
      await page.goto(callback);
      await biomarkers(page).waitFor();
      await page.goBack();
      await biomarkers(page).waitFor();
      assert.equal((await world.tokenRequests("authorization_code")).length, exchanges + 1);
      await context.close();
    });

    test("a callback pasted into another browser signs nobody in, and spoils nothing for its owner", async () => {
      const owner = await world.browser();
      const page = await owner.newPage();
      const callback = await callbackFor(owner, world);
      const other = await world.browser();
      const elsewhere = await other.newPage();
      const answer = await elsewhere.goto(callback);
      assert.ok(answer.status() >= 400 && answer.status() < 500, `status ${answer.status()}`);
      await elsewhere.getByRole("link", { name: /try again/i }).waitFor();
      await elsewhere.goto(world.home);
      assert.equal(await biomarkers(elsewhere).count(), 0);
      await page.goto(callback);
      await biomarkers(page).waitFor();
      await owner.close();
      await other.close();
    });

    test("a stale or made-up link says what to do", async () => {
      const context = await world.browser();
      const page = await context.newPage();
      for (const query of ["code=c&state=made-up", "state=s", "code=c", "", "code=c&state=a&state=b", "error=access_denied&state=x"]) {
        const answer = await page.goto(`${world.home}/callback?${query}`);
        assert.ok(answer.status() >= 400 && answer.status() < 500, `${query}: ${answer.status()}`);
        assert.ok(await page.getByRole("link", { name: /try again/i }).isVisible(), query);
      }
      await context.close();
    });

    test("log out leaves the grant, disconnect ends it", async () => {
      const context = await world.browser();
      const page = await context.newPage();
      await connect(page, world);
      await signIn(page);
      await allow(page);
      await biomarkers(page).waitFor();
      const revocations = async () => (await world.journal()).filter((entry) => entry.path === "/v1/oauth/revoke").length;
      const before = await revocations();
      await page.getByRole("button", { name: /log out/i }).click();
      await page.getByText(/connect/i).first().waitFor();
      assert.equal(await biomarkers(page).count(), 0);
      assert.equal(await revocations(), before, "logging out tells Loop nothing");
      await connect(page, world);
      await allow(page);
      await biomarkers(page).waitFor();
      await page.getByRole("button", { name: /disconnect/i }).click();
      await page.getByText(/connect/i).first().waitFor();
      assert.equal(await biomarkers(page).count(), 0);
      assert.ok((await revocations()) > before, "disconnecting revokes at Loop");
      await context.close();
    });

    test("the whole way works with the keyboard alone, on a phone", async () => {
      const context = await world.browser({ viewport: { width: 360, height: 740 } });
      const page = await context.newPage();
      await connect(page, world);
      const overflow = async () => {
        // Before its style sheet has arrived a page has no shape of its own.
        await page.waitForLoadState("load");
        return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      };
      assert.ok((await overflow()) <= 0, "the sign-in page fits");
      await page.getByRole("button", { name: /Ada/ }).focus();
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Allow" }).waitFor();
      assert.ok((await overflow()) <= 0, "the consent page fits");
      await page.getByRole("button", { name: "Allow" }).focus();
      await page.keyboard.press("Enter");
      await biomarkers(page).waitFor();
      assert.ok((await overflow()) <= 0, "the example's page fits");
      await context.close();
    });
  });
}
