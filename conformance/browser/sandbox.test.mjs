// The sandbox's own pages in chromium: the developer portal, a person's connected apps, and the home page.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";

import { LoopClient, LoopError } from "../../bindings-node/esm/index.mjs";
import { launchChromium, startSandbox } from "./world.mjs";

const REDIRECT_URI = "http://localhost:3000/callback";

/** An app's server that takes webhooks: what arrived, and what it answers next. */
async function startReceiver() {
  const receiver = { arrived: [], answers: [] };
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    receiver.arrived.push({ headers: request.headers, body: Buffer.concat(pieces).toString() });
    response.writeHead(receiver.answers.shift() ?? 204).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  receiver.url = `http://127.0.0.1:${server.address().port}/webhooks/loop`;
  receiver.stop = () => server.close();
  return receiver;
}

describe("sandbox", { timeout: 120_000 }, () => {
  let sandbox, base, chromium, receiver;
  before(async () => {
    sandbox = await startSandbox("--redirect-uri", REDIRECT_URI);
    base = sandbox.app.base_url;
    chromium = await launchChromium();
    receiver = await startReceiver();
  });
  after(async () => {
    await chromium?.close();
    receiver?.stop();
    sandbox?.child.stdin.end();
  });

  /** A browser of its own, with one page. Whatever its console says is kept. */
  async function open(path, options) {
    const context = await chromium.newContext(options);
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    const said = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    await page.goto(`${base}${path}`);
    return { page, said, close: () => context.close() };
  }

  async function openAs(person, path, options) {
    const tab = await open(path, options);
    await tab.page.getByRole("button", { name: person }).click();
    return tab;
  }

  const form = (fields) =>
    fetch(`${base}/identity/v1/oauth/token`, { method: "POST", body: new URLSearchParams(fields) });
  const biomarkers = (token) =>
    fetch(`${base}/clinical/v1/biomarkers/me`, { headers: { authorization: `Bearer ${token}` } });

  /** Goes through Loop's pages in this browser as Ada would; returns where it comes back to the app. */
  async function allow(page, url) {
    await page.route(`${REDIRECT_URI}**`, (route) => route.fulfill({ body: "Back in the app." }));
    await page.goto(url);
    const person = page.getByRole("button", { name: /Ada/ });
    const button = page.getByRole("button", { name: "Allow" });
    await person.or(button).first().waitFor();
    if (await person.isVisible()) await person.click();
    await button.click();
    await page.waitForURL(`${REDIRECT_URI}**`);
    return page.url();
  }

  test("a developer registers an app, sees its secrets once, and rotates one", async () => {
    const { page, said, close } = await openAs(/Ben/, "/developers");
    await page.getByRole("link", { name: "Register an app" }).click();
    await page.getByLabel(/^Name/).fill("Browser app");
    await page.getByRole("radio", { name: /Web app/ }).check();
    await page.getByLabel(/Redirect URIs/).fill(`${REDIRECT_URI}\nhttps://app.example.com/callback`);
    await page.getByRole("checkbox", { name: /View your current and past protocols/ }).check();
    await page.getByLabel(/Webhook URL/).fill(receiver.url);
    await page.getByRole("button", { name: "Register" }).click();

    const shown = page.getByRole("status").filter({ hasText: "shown this once" });
    const [secret, signing] = await shown.locator("code").allTextContents();
    assert.match(secret, /^secret_/);
    assert.match(signing, /^whsec_/);
    const clientId = page.url().split("/").pop();
    await page.reload();
    assert.equal(await shown.count(), 0);
    assert.ok(!/secret_|whsec_/.test(await page.content()), "gone after the first look");
    const refused = async (client_secret) =>
      (await (await form({ grant_type: "refresh_token", refresh_token: "none", client_id: clientId, client_secret })).json()).error;
    assert.equal(await refused(secret), "invalid_grant", "the app is known, the token is not");

    await page.getByText("Rotate the secret…").click();
    await page.getByRole("button", { name: "Rotate the secret" }).click();
    const [second] = await shown.locator("code").allTextContents();
    assert.notEqual(second, secret);
    const until = await page.locator("#secret time").getAttribute("datetime");
    assert.ok(Math.abs(Date.parse(until) - Date.now() - 24 * 3600_000) < 60_000, until);
    assert.equal(await refused(second), "invalid_grant");
    assert.equal(await refused(secret), "invalid_grant", "the former one still works");
    assert.equal(await refused("secret_guessed"), "invalid_client");

    await page.goto(`${base}/developers`);
    await page.getByRole("link", { name: "Browser app" }).waitFor();
    assert.deepEqual(said, []);
    await close();
  });

  test("a delivery is seen in the portal, and sent again from there", async () => {
    const { page, close } = await openAs(/Mei/, "/developers/apps/new");
    await page.getByLabel(/^Name/).fill("Listener");
    await page.getByLabel(/Webhook URL/).fill(receiver.url);
    await page.getByRole("button", { name: "Register" }).click();
    const signing = (await page.locator(".secret code").allTextContents())[1];
    receiver.arrived.length = 0;
    receiver.answers.push(500);
    await page.getByRole("combobox", { name: /^Event/ }).selectOption("clinical.bloodwork.uploaded.v1");
    await page.getByRole("combobox", { name: /^About/ }).selectOption("ada");
    await page.getByRole("button", { name: "Send a test event" }).click();
    const row = page.getByRole("row", { name: /clinical\.bloodwork\.uploaded\.v1/ });
    await row.getByText("pending").waitFor();
    assert.match(await row.textContent(), /500/);
    await row.getByRole("button", { name: /Replay/ }).click();
    await row.getByText("delivered").waitFor();
    assert.match(await row.textContent(), /204/);

    const [first, second] = receiver.arrived;
    assert.equal(receiver.arrived.length, 2);
    assert.equal(first.body, second.body);
    const expected = createHmac("sha256", signing).update(second.body).digest("hex");
    assert.equal(second.headers["x-loop-signature"], expected);
    assert.equal(second.headers["x-loop-event-id"], JSON.parse(second.body).id);
    await close();
  });

  test("a person disconnects an app, whose next call says so, and the sign-in that it offers connects it again", async () => {
    const { client_id: clientId, client_secret: clientSecret, environment } = sandbox.app;
    const loop = new LoopClient({ clientId, clientSecret, environment, redirectUri: REDIRECT_URI, scopes: "read:biomarkers", store: "memory:" });
    const { page, close } = await openAs(/Ada/, "/account");
    await page.getByText("No app is connected").waitFor();
    const begun = await loop.authorizationUrl();
    const { userId } = await loop.handleCallback(await allow(page, begun.url), { browserSecret: begun.browserSecret });
    const call = () => loop.clinical.listBiomarkers({ userId });
    assert.ok((await call()).length > 0);

    await page.goto(`${base}/account`);
    const card = page.locator(`[data-app="${clientId}"]`);
    assert.match(await card.textContent(), /View your lab results/);
    await card.getByRole("link", { name: /Disconnect/ }).click();
    await page.getByRole("link", { name: "Cancel" }).click();
    assert.ok((await call()).length > 0, "asking ends nothing");
    await card.getByRole("link", { name: /Disconnect/ }).click();
    await page.getByRole("button", { name: /Disconnect/ }).click();
    await page.getByText("No app is connected").waitFor();

    const error = await call().then(() => assert.fail("the call is let through"), (thrown) => thrown);
    assert.ok(error instanceof LoopError, String(error));
    assert.equal(error.action, "sign_in_again");
    const again = await error.authorizationUrl();
    assert.match(again.url, /read%3Abiomarkers|read:biomarkers/, "it asks for what was granted before");
    const back = await loop.handleCallback(await allow(page, again.url), { browserSecret: again.browserSecret });
    assert.equal(back.userId, userId);
    assert.ok((await call()).length > 0);
    await page.goto(`${base}/account`);
    await card.waitFor();
    await close();
  });

  test("the home page names the people, and a request appears while one watches", async () => {
    const { page, said, close } = await open("/");
    for (const { name } of await (await fetch(`${base}/_sandbox/people`)).json()) {
      await page.getByText(name, { exact: true }).waitFor();
    }
    await page.getByText("Live", { exact: true }).waitFor();
    await biomarkers("lph_at_of-nobody");
    const row = page.getByRole("row", { name: /GET \/clinical\/v1\/biomarkers\/me 401 invalid_token/ }).first();
    await row.waitFor();
    const seen = await page.content();
    assert.ok(!seen.includes("of-nobody"));
    for (let count = 0; count < 25; count++) await biomarkers("lph_at_of-nobody");
    await page.waitForFunction(() => document.querySelectorAll("[data-live] tr").length === 20);
    assert.deepEqual(said, [], "nothing breaks the page's own policy");
    await close();
  });

  test("without script the home page shows the last requests, and a link to look again", async () => {
    const { page, close } = await open("/", { javaScriptEnabled: false });
    await biomarkers("lph_at_of-nobody");
    await page.getByRole("link", { name: "Load again" }).click();
    await page.reload();
    assert.ok(await page.getByRole("row", { name: /biomarkers\/me.*401/ }).first().isVisible());
    await close();
  });

  test("every page fits a phone, and a keyboard reaches and shows what it has reached", async () => {
    const { page, close } = await openAs(/Mei/, "/developers", { viewport: { width: 360, height: 740 } });
    await page.getByRole("link", { name: "Listener" }).waitFor();
    const app = await page.getByRole("link", { name: "Listener" }).getAttribute("href");
    for (const path of ["/", "/developers", "/developers/apps/new", app, "/account", "/docs"]) {
      await page.goto(`${base}${path}`, { waitUntil: "load" });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `${path} is ${overflow} pixels too wide`);
      await page.keyboard.press("Tab");
      const first = await page.evaluate(() => [document.activeElement.textContent, getComputedStyle(document.activeElement).outlineStyle]);
      assert.deepEqual(first, ["Skip to the content", "solid"], path);
    }
    await close();
  });

  for (const colorScheme of ["light", "dark"]) {
    test(`text stands out from what is behind it (${colorScheme})`, async () => {
      const { page, close } = await openAs(/Mei/, "/developers", { colorScheme });
      const app = await page.getByRole("link", { name: "Listener" }).getAttribute("href");
      for (const path of ["/", "/developers", "/developers/apps/new", app, "/account", "/docs"]) {
        await page.goto(`${base}${path}`);
        assert.deepEqual(await page.evaluate(faint), [], path);
      }
      await close();
    });
  }
});

/** In the page: texts whose contrast is below 4.5 to 1 (WCAG 2, 1.4.3). */
function faint() {
  const channels = (text) => text.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color.length < 4 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    const [a, b] = [channels(getComputedStyle(element).color), behind(element)].map(luminance).sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push(`${walker.currentNode.textContent.trim()}: ${ratio.toFixed(2)}`);
  }
  return found;
}
