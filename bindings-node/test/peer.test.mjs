// The same promise at somebody else's server: npm's oidc-provider with strict rotation of refresh tokens.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { LoopClient } from "@platform/sdk";
import { Browser, codeFlow, root } from "./helpers.mjs";

const folder = join(root, "..", "conformance", "peers");
const redirectUri = "http://localhost:3000/callback";

/** Follows redirects as a browser does, until one leads to the app. */
async function browse(issuer, url) {
  const browser = new Browser(issuer);
  for (let redirects = 0; !url.startsWith(redirectUri); redirects++) {
    assert.ok(redirects < 12, "too many redirects");
    url = new URL((await browser.get(url)).location, issuer).href;
  }
  return url;
}

test("64 calls on an ended token make one refresh at npm's oidc-provider", async (t) => {
  if (!existsSync(join(folder, "node_modules", "oidc-provider"))) {
    assert.ok(process.env.CI === undefined, "CI runs the tests against other servers");
    t.skip("run `npm ci` in conformance/peers first");
    return;
  }
  const peer = spawn(process.execPath, ["oidc-provider.mjs", "client_secret_post"], {
    cwd: folder,
    stdio: ["pipe", "pipe", "ignore"],
  });
  t.after(() => peer.stdin.end());
  const [line] = await once(createInterface({ input: peer.stdout }), "line");
  const { issuer, client_id: clientId, client_secret: clientSecret } = JSON.parse(line);
  const app = { clientId, clientSecret, redirectUri };
  const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const server = {
    authorize: metadata.authorization_endpoint,
    token: metadata.token_endpoint,
    scope: "openid offline_access",
  };
  const { userId, refreshToken } = await codeFlow(server, app, (url) => browse(issuer, url));

  const loop = new LoopClient({ ...app, environment: { issuer }, scopes: ["offline_access"], store: "memory:" });
  await loop.importGrant({ userId, refreshToken });
  const tokens = await Promise.all(Array.from({ length: 64 }, () => loop.accessToken({ userId })));
  assert.equal(new Set(tokens).size, 1);
  const events = await (await fetch(`${issuer}/_events`)).json();
  const names = events.map(({ name }) => name);
  assert.deepEqual(names, ["grant.success", "grant.success"], "one exchange, one refresh, nothing else");
  const headers = { authorization: `Bearer ${tokens[0]}` };
  const person = await (await fetch(metadata.userinfo_endpoint, { headers })).json();
  assert.equal(person.sub, userId);
});
