// The Express glue over real HTTP, in both versions of Express it is for: a browser with cookies, and hostile requests.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import express5 from "express";
import express4 from "express-4";
import { LoopClient } from "@platform/sdk";
import { loopAuth } from "@platform/sdk/express";
import { startSandbox } from "@platform/sdk/testing";
import { Browser, flatError } from "./helpers.mjs";
import { errorOf } from "../lib/errors.js";

const SECRET = "a-session-secret-of-thirty-two-characters";

/** An app with the glue, its sandbox, and a way to get new browsers. */
async function app(express, { auth: authOptions = {}, client = {}, origin, route } = {}) {
  const server = express();
  const listening = server.listen(0);
  await new Promise((resolve) => listening.once("listening", resolve));
  const base = `http://localhost:${listening.address().port}`;
  const sandbox = await startSandbox({ redirectUri: `${origin ?? base}/callback` });
  const loop = new LoopClient({ ...sandbox.options(), ...client });
  const auth = loopAuth(loop, { afterLogin: "/home", sessionSecret: SECRET, ...authOptions });
  server.use(auth);
  server.get("/", (req, res) => res.json({ userId: req.loop.userId ?? null }));
  server.get("/home", auth.requireUser, (req, res, next) => {
    loop.clinical.listBiomarkers({ userId: req.loop.userId }).then((page) => res.json(page), next);
  });
  server.get("/route", auth.requireUser, (req, res, next) => {
    route(loop, req.loop.userId).then((value) => res.json(value), next);
  });
  server.get("/id", (req, res) => res.send(auth.userId(req)));
  server.get("/broken", (_req, _res, next) => next(new Error("not ours")));
  server.use(auth.errors);
  // Only this line keeps the expected error of /broken out of the output.
  server.use((error, _req, res, _next) => res.status(500).send(error.message));
  after(async () => {
    listening.close();
    listening.closeAllConnections();
    await sandbox.stop();
  });
  return { sandbox, loop, base, browser: () => new Browser(base) };
}

/** Goes to /login and through Loop, and returns the callback's URL without opening it. */
async function throughLoop({ sandbox }, browser, { path = "/login", ...how } = {}) {
  const { status, location } = await browser.get(path);
  assert.equal(status, 303);
  return sandbox.signIn(location, how);
}

for (const [name, express] of [
  ["5", express5],
  ["4", express4],
]) {
  describe(`Express ${name}`, async () => {
    const it = await app(express);

    test("two tabs of one browser can both finish", async () => {
      const browser = it.browser();
      const [one, two] = [await throughLoop(it, browser), await throughLoop(it, browser)];
      assert.equal((await browser.get(two)).status, 303);
      assert.equal((await browser.get(one)).status, 303);
    });

    test("a session cookie that was changed, or made by another key, signs nobody in", async () => {
      const browser = it.browser();
      await browser.get(await throughLoop(it, browser));
      const [payload, mac] = browser.cookies.get("loop_session").split(".");
      const forged = Buffer.from(JSON.stringify(["user_admin", Date.now() * 2])).toString("base64url");
      for (const cookie of [`${forged}.${mac}`, `${payload}.`, payload, "", "....", `${payload}.${mac.slice(2)}`, `${payload}.${mac}.x`, `${payload}..${mac}`, `${payload}.${mac}=`]) {
        browser.cookies.set("loop_session", cookie);
        assert.equal(JSON.parse((await browser.get("/")).text).userId, null, cookie);
      }
      browser.cookies.set("loop_session", `${payload}.${mac}`);
      assert.ok(JSON.parse((await browser.get("/")).text).userId);
    });

    test("errors of others pass through", async () => {
      assert.equal((await it.browser().get("/broken")).text, "not ours");
    });

    test("next that came twice, or breaks a header, is refused", async () => {
      for (const next of ["/a&next=/b", "/%0d%0aX:1"]) {
        const answer = await it.browser().get(`/login?next=${next}`);
        assert.deepEqual([answer.status, answer.location], [400, null], next);
      }
    });

    test("browsers without fetch metadata are judged by the host that they asked", async () => {
      const browser = it.browser();
      await browser.get(await throughLoop(it, browser));
      assert.equal((await browser.post("/logout", { origin: it.base.replace("http:", "https:") })).status, 403);
      assert.equal((await browser.post("/logout", { origin: it.base })).status, 303);
    });

    test("disconnecting tells Loop", async () => {
      const browser = it.browser();
      await browser.get(await throughLoop(it, browser, { person: "ben" }));
      assert.equal((await browser.post("/disconnect")).status, 303);
      assert.ok((await it.sandbox.journal()).some(({ path }) => path === "/v1/oauth/revoke"));
    });
  });
}

test("a page for signed-in people stays out of caches, unless its route says otherwise", async () => {
  const it = await app(express5);
  const browser = it.browser();
  assert.equal((await browser.get("/home")).headers.get("cache-control"), "no-store");
  await browser.get(await throughLoop(it, browser));
  const page = await browser.get("/home");
  assert.deepEqual([page.status, page.headers.get("cache-control")], [200, "no-store"]);
});

test("what only the operator can mend is told to the operator, once, and not to the public", async (t) => {
  const log = t.mock.method(console, "error", () => {});
  const it = await app(express5, { client: { store: "sqlite:////dev/null/canary.db" } });
  const page = await it.browser().get("/login");
  assert.equal(page.status, 500);
  assert.match(page.text, /Something is not set up right[^]*store_unavailable/);
  const script = await it.browser().get("/login", { accept: "application/json" });
  const { error, message, request_id } = JSON.parse(script.text);
  assert.deepEqual([error, request_id], ["store_unavailable", undefined]);
  assert.match(message, /^Something is not set up right/);
  assert.doesNotMatch(page.text + script.text, /canary|sqlite|null\//);
  assert.deepEqual(
    log.mock.calls.map(({ arguments: [logged] }) => logged.code),
    ["store_unavailable", "store_unavailable"],
  );
});

test("an error of the platform shows the request's id to name it by", async (t) => {
  const log = t.mock.method(console, "error", () => {});
  const it = await app(express5, { route: (loop, userId) => loop.user(userId).clinical.getProtocol({ protocolId: "x" }) });
  const browser = it.browser();
  await browser.get(await throughLoop(it, browser));
  const script = JSON.parse((await browser.get("/route", { accept: "application/json" })).text);
  const [logged] = log.mock.calls[0].arguments;
  assert.equal(script.error, "not_found");
  assert.ok(script.request_id && script.request_id === logged.requestId);
  assert.match(script.message, /^Something is not set up right/);
  const page = await browser.get("/route");
  assert.match(page.text, /not_found · \S+<\/small>/);
  assert.equal(log.mock.callCount(), 2);
});

test("a session cookie of another client or environment signs nobody in", async () => {
  const [one, two] = [await app(express5), await app(express5)];
  const browser = one.browser();
  await browser.get(await throughLoop(one, browser));
  const other = two.browser();
  other.cookies.set("loop_session", browser.cookies.get("loop_session"));
  assert.equal(JSON.parse((await other.get("/")).text).userId, null);
});

test("what asks who is signed in before the glue was there says what is missing", async (t) => {
  const log = t.mock.method(console, "error", () => {});
  const server = express5();
  const auth = loopAuth(new LoopClient({ clientId: "c", store: "memory:" }), { sessionSecret: SECRET });
  server.use("/auth", auth);
  server.get("/home", auth.requireUser, (_req, res) => res.send("home"));
  server.use(auth.errors);
  const listening = server.listen(0);
  after(() => listening.close());
  const browser = new Browser(`http://localhost:${listening.address().port}`);
  assert.equal((await browser.get("/home")).status, 500);
  assert.match(log.mock.calls[0].arguments[0].message, /app\.use\(auth\)/);
});

test("an app's own session, error page and paths take the place of the glue's", async () => {
  let signedIn;
  const session = {
    read: () => signedIn,
    write: (_req, _res, id) => (signedIn = id),
    end: () => (signedIn = undefined),
  };
  const onError = (error, _req, res) => res.status(418).send(error.code);
  const it = await app(express5, { auth: { session, onError, loginPath: "/connect", scopes: ["read:protocols"] } });
  const browser = it.browser();
  const { location } = await browser.get("/connect");
  assert.equal(new URL(location).searchParams.get("scope"), "openid read:protocols");
  const denied = await browser.get(await it.sandbox.signIn(location, { allow: false }));
  assert.deepEqual([denied.status, denied.text], [418, "access_denied"]);
  await browser.get(await throughLoop(it, browser, { path: "/connect" }));
  assert.match(signedIn, /^user_/);
  assert.ok(!browser.cookies.has("loop_session"));
  // The scope of the page was not asked for: what a route lets out is the app's to show as well.
  const page = await browser.get("/home");
  assert.deepEqual([page.status, page.text], [418, "scope_required"]);
  assert.equal(page.headers.get("referrer-policy"), "no-referrer");
});

test("whatever a page shows is escaped", async () => {
  const it = await app(express5, { auth: { loginPath: '/login"><script>' } });
  const page = await it.browser().get("/callback?code=%3Cscript%3E&state=%3Cscript%3E&error=%22%3E%3Cscript%3E");
  assert.equal(page.status, 400);
  assert.doesNotMatch(page.text, /<script/);
});

test("a short session secret is refused, and a missing one is said once", async () => {
  const loop = new LoopClient({ clientId: "c" });
  assert.throws(() => loopAuth(loop, { sessionSecret: "short" }), { code: "invalid_option", detail: "sessionSecret" });
  const warning = new Promise((resolve) => process.once("warning", resolve));
  loopAuth(loop);
  assert.match((await warning).message, /LOOP_SESSION_SECRET/);
});
