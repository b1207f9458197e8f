// Pictures of the sandbox's pages for the docs: `node pictures.mjs [FOLDER]`, with LOOP_SANDBOX set as for the tests.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { launchChromium, root, startSandbox } from "./world.mjs";

const folder = process.argv[2] ?? join(root, "docs", "src", "pictures");
// The docs have these. LOOP_PICTURES=light, dark or phone takes every page, whole, for looking at them.
const forDocs = new Set(["sign-in", "consent", "home", "portal-app", "connected-apps"]);
const look = process.env.LOOP_PICTURES;
const viewport = look === "phone" ? { width: 390, height: 844 } : { width: 1200, height: 860 };
const redirectUri = "http://localhost:3000/callback";
const verifier = "a-verifier-for-pictures-that-is-long-enough-for-the-rules";

/** An app's server that takes webhooks, and refuses the first of them. */
async function receiver() {
  let count = 0;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      count += 1;
      response.writeHead(count === 1 ? 503 : 204).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${server.address().port}/webhooks/loop` };
}

async function main() {
  mkdirSync(folder, { recursive: true });
  const { child, app: sandbox } = await startSandbox();
  const base = sandbox.base_url;
  const chromium = await launchChromium();
  const { server, url } = await receiver();
  const post = async (path, body, headers = { "content-type": "application/json" }) => {
    const answer = await fetch(`${base}${path}`, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });
    return answer.json();
  };
  try {
    const context = await chromium.newContext({ viewport, colorScheme: look === "dark" ? "dark" : "light", reducedMotion: "reduce" });
    const page = await context.newPage();
    const take = async (name, upTo) => {
      if (!look && !forDocs.has(name)) return;
      await page.waitForLoadState("load");
      if (upTo) await page.locator(upTo).evaluate((element) => element.scrollIntoView({ block: "end" }));
      await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled", fullPage: Boolean(look) });
    };

    // The developer registers an app.
    await page.goto(`${base}/developers/apps/new`);
    await page.getByRole("button", { name: /Ben/ }).click();
    await page.getByLabel(/^Name/).fill("My Lab Aggregator");
    await page.getByRole("checkbox", { name: /We have a BAA/ }).check();
    await page.getByLabel(/Webhook URL/).fill(url);
    await take("portal-register");
    await page.getByRole("button", { name: "Register" }).click();
    const secret = await page.locator(".secret code").first().textContent();
    const clientId = page.url().split("/").pop();
    await take("portal-secret");

    // A person connects it.
    const authorize = new URL(`${base}/identity/v1/oauth/authorize`);
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    authorize.search = new URLSearchParams({
      response_type: "code",
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: "openid profile read:biomarkers",
      state: "state",
      nonce: "nonce",
      code_challenge: challenge,
      code_challenge_method: "S256",
      prompt: "login",
    });
    await page.goto(authorize.href);
    await take("sign-in");
    await page.getByRole("button", { name: /Ada/ }).click();
    await take("consent");
    await page.route(`${redirectUri}**`, (route) => route.fulfill({ body: "Back in the app." }));
    await page.getByRole("button", { name: "Allow" }).click();
    await page.waitForURL(`${redirectUri}**`);
    const code = new URL(page.url()).searchParams.get("code");
    const form = (fields) => new URLSearchParams({ client_id: clientId, client_secret: secret, ...fields }).toString();
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const exchange = { grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: verifier };
    const tokens = await post("/identity/v1/oauth/token", form(exchange), type);
    await fetch(`${base}/clinical/v1/biomarkers/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    await post("/identity/v1/oauth/token", form({ grant_type: "refresh_token", refresh_token: tokens.refresh_token }), type);
    await fetch(`${base}/clinical/v1/biomarkers/me`, { headers: { authorization: "Bearer lph_at_none" } });

    for (const event of ["clinical.bloodwork.uploaded.v1", "clinical.biomarker.parsed.v1"]) {
      await post("/_sandbox/webhooks/send", { client_id: clientId, type: event, user_id: "ada" });
      await post("/_sandbox/webhooks/run", {});
      await post("/_sandbox/clock", { advance_seconds: 11 });
      await post("/_sandbox/webhooks/run", {});
    }
    await page.goto(`${base}/account`);
    await take("connected-apps");
    await page.getByRole("link", { name: /Disconnect/ }).click();
    await take("disconnect");
    await page.goto(base);
    await page.getByText("Live", { exact: true }).waitFor();
    await take("home");

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.goto(`${base}/developers/apps/${clientId}`);
    await page.getByRole("button", { name: /Ben/ }).click();
    await take("portal-app", "#deliveries");
    await page.goto(`${base}/developers`);
    await take("portal-list");
  } finally {
    await chromium.close();
    server.close();
    child.stdin.end();
  }
}

await main();
