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
  assert.equal(status, 302);
  return sandbox.signIn(location, how);
}

for (const [name, express] of [
  ["5", express5],
  ["4", express4],
]) {
  describe(`Express ${name}`, async () => {
    const it = await app(express);

    test("sign-in leads to a page with the person's biomarkers", async () => {
      const browser = it.browser();
      const answer = await browser.get(await throughLoop(it, browser));
      assert.deepEqual([answer.status, answer.location], [302, "/home"]);
      assert.equal(answer.headers.get("cache-control"), "no-store");
      assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
      const page = JSON.parse((await browser.get("/home")).text);
      assert.ok(page.items[0].biomarker_name);
      assert.match(JSON.parse((await browser.get("/")).text).userId, /^user_/);
    });

    test("a protected page leads to sign-in and back; a script gets 401", async () => {
      const browser = it.browser();
      const sent = await browser.get("/home?tab=2");
      assert.deepEqual([sent.status, sent.location], [303, "/login?next=%2Fhome%3Ftab%3D2"]);
      const back = await browser.get(await throughLoop(it, browser, { path: sent.location }));
      assert.equal(back.location, "/home?tab=2");
      assert.equal((await it.browser().get("/id")).location, "/login?next=%2Fid");
      for (const accept of ["application/json", "*/*"]) {
        const script = await it.browser().get("/home", { accept });
        assert.deepEqual([script.status, JSON.parse(script.text).error], [401, "sign_in_required"]);
      }
    });

    test("a person who denies gets a friendly page", async () => {
      const browser = it.browser();
      const page = await browser.get(await throughLoop(it, browser, { allow: false }));
      assert.equal(page.status, 403);
      assert.match(page.text, /<html lang="en">[^]*Nothing was shared[^]*href="\/login">Try again/);
      assert.match(page.headers.get("content-security-policy"), /default-src 'none'/);
    });

    test("a callback in another browser is refused, and signs nobody in", async () => {
      const [victim, attacker] = [it.browser(), it.browser()];
      const callback = await throughLoop(it, attacker);
      const page = await victim.get(callback);
      assert.equal(page.status, 400);
      assert.match(page.text, /another browser/);
      assert.equal(JSON.parse((await victim.get("/")).text).userId, null);
    });

    test("a reload after sign-in goes to the app, and without a session says so", async () => {
      const browser = it.browser();
      const callback = await throughLoop(it, browser);
      await browser.get(callback);
      const again = await browser.get(callback);
      assert.deepEqual([again.status, again.location], [302, "/home"]);
      browser.cookies.delete("loop_session");
      assert.equal((await browser.get(callback)).status, 400);
    });

    test("two tabs of one browser can both finish", async () => {
      const browser = it.browser();
      const [one, two] = [await throughLoop(it, browser), await throughLoop(it, browser)];
      assert.equal((await browser.get(two)).status, 302);
      assert.equal((await browser.get(one)).status, 302);
    });

    test("next can't lead to another site", async () => {
      for (const next of ["//evil.example", "https://evil.example", "/%5Cevil.example", "/a&next=/b", "/%0d%0aX:1"]) {
        const answer = await it.browser().get(`/login?next=${next}`);
        assert.deepEqual([answer.status, answer.location], [400, null], next);
      }
    });

    test("logging out ends the session and leaves the grant", async () => {
      const browser = it.browser();
      await browser.get(await throughLoop(it, browser));
      const { userId } = JSON.parse((await browser.get("/")).text);
      const out = await browser.post("/logout");
      assert.deepEqual([out.status, out.location], [303, "/"]);
      assert.equal(JSON.parse((await browser.get("/")).text).userId, null);
      assert.ok(await it.loop.accessToken({ userId }));
    });

    test("disconnecting ends the grant and the session", async () => {
      const browser = it.browser();
      await browser.get(await throughLoop(it, browser, { person: "ben" }));
      const { userId } = JSON.parse((await browser.get("/")).text);
      assert.equal((await browser.post("/disconnect")).status, 303);
      assert.equal(JSON.parse((await browser.get("/")).text).userId, null);
      await assert.rejects(it.loop.accessToken({ userId }), { code: "not_connected" });
    });

    test("another site's form is refused", async () => {
      const browser = it.browser();
      await browser.get(await throughLoop(it, browser));
      const foreign = [
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-site" },
        { origin: "https://evil.example" },
        { origin: "null" },
        { "sec-fetch-site": "none" },
        { origin: it.base.replace("http:", "https:") },
        { origin: "no url" },
        {},
      ];
      for (const path of ["/logout", "/disconnect"]) {
        for (const headers of foreign) {
          assert.equal((await browser.post(path, headers)).status, 403, JSON.stringify(headers));
        }
      }
      assert.ok(JSON.parse((await browser.get("/")).text).userId);
      assert.equal((await browser.post("/logout", { origin: it.base })).status, 303);
    });

    test("a grant that ended leads to sign-in once, and never around in circles", async () => {
      const browser = it.browser();
      await browser.get(await throughLoop(it, browser, { person: "mei" }));
      const { userId } = JSON.parse((await browser.get("/")).text);
      await it.loop.revoke({ userId });
      const sent = await browser.get("/home");
      assert.deepEqual([sent.status, sent.location], [303, "/login?next=%2Fhome"]);
      assert.ok(!browser.cookies.has("loop_session"));
      await browser.get(await throughLoop(it, browser, { path: sent.location, person: "mei" }));
      await it.loop.revoke({ userId });
      const page = await browser.get("/home");
      assert.equal(page.status, 400);
      assert.match(page.text, /Try again/);
    });

    test("a script gets the error's code as JSON; errors of others pass through", async () => {
      const browser = it.browser();
      await browser.get(await throughLoop(it, browser, { person: "omar" }));
      const { userId } = JSON.parse((await browser.get("/")).text);
      await it.loop.revoke({ userId });
      const script = await browser.get("/home", { accept: "application/json" });
      assert.deepEqual([script.status, JSON.parse(script.text).error], [400, "not_connected"]);
      assert.deepEqual((await browser.get("/broken")).text, "not ours");
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
  });
}

test("a failed call for somebody else leaves the person who is here signed in", async () => {
  let failed;
  const it = await app(express5, { route: () => Promise.reject(failed) });
  const browser = it.browser();
  await browser.get(await throughLoop(it, browser));
  const { userId } = JSON.parse((await browser.get("/")).text);
  for (const [code, action] of [["grant_ended", "sign_in_again"], ["scope_required", "ask_for_scope"]]) {
    failed = errorOf(flatError({ code, action, user_id: "user_other" }));
    const page = await browser.get("/route");
    assert.deepEqual([page.status, page.location], [409, null]);
    assert.match(page.text, /Somebody else has to act[^]*href="\/home">Go back/);
    const script = await browser.get("/route", { accept: "application/json" });
    assert.deepEqual([script.status, JSON.parse(script.text).error], [409, code]);
    assert.doesNotMatch(page.text + script.text, /user_other/);
    assert.equal(JSON.parse((await browser.get("/")).text).userId, userId);
  }
  failed = errorOf(flatError({ code: "server_unavailable", action: "retry", user_id: "user_other" }));
  assert.equal((await browser.get("/route")).status, 503);
  // Their own ended grant, and an error of nobody in particular, lead to sign-in.
  for (const user_id of [userId, null]) {
    const own = it.browser();
    await own.get(await throughLoop(it, own));
    failed = errorOf(flatError({ user_id }));
    const sent = await own.get("/route");
    assert.deepEqual([sent.status, sent.location], [303, "/login?next=%2Froute"]);
    assert.equal(JSON.parse((await own.get("/")).text).userId, null);
  }
});

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
  assert.deepEqual([error, request_id], ["store_unavailable", null]);
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

test("a browser that does not keep the session gets a page, not an endless redirect", async () => {
  const session = { read: () => undefined, write() {}, end() {} };
  const it = await app(express5, { auth: { session } });
  const browser = it.browser();
  const sent = await browser.get("/home");
  assert.equal(sent.status, 303);
  const answer = await browser.get(await throughLoop(it, browser, { path: sent.location }));
  const marker = answer.headers.getSetCookie().find((line) => line.startsWith("loop_signed_in="));
  assert.match(marker, /Max-Age=30/);
  const page = await browser.get(answer.location);
  assert.equal(page.status, 400);
  assert.match(page.text, /Your browser did not keep the session[^]*href="\/login">Try again/);
  // The person may try again, and a session that sticks leaves no marker.
  assert.equal((await browser.get("/home")).status, 303);
  const good = await app(express5);
  const keeps = good.browser();
  await keeps.get(await throughLoop(good, keeps));
  assert.equal((await keeps.get("/home")).status, 200);
  assert.ok(!keeps.cookies.has("loop_signed_in"));
  await keeps.get(await throughLoop(good, keeps));
  await keeps.post("/logout");
  assert.equal((await keeps.get("/home")).status, 303);
});

test("the glue may be mounted under a path", async () => {
  const server = express5();
  const loop = new LoopClient({
    clientId: "c",
    redirectUri: "http://localhost:1/auth/callback",
    scopes: ["a"],
    store: "memory:",
  });
  server.use("/auth", loopAuth(loop, { loginPath: "/auth/login", sessionSecret: SECRET }));
  const listening = server.listen(0);
  after(() => listening.close());
  const browser = new Browser(`http://localhost:${listening.address().port}`);
  assert.equal((await browser.get("/auth/login")).status, 302);
  assert.match((await browser.get("/auth/callback")).text, /no state parameter/);
  assert.equal((await browser.get("/login")).status, 404);
});

test("cookies are out of reach of scripts, other sites, and plain HTTP", async () => {
  const plain = await app(express5);
  const [line] = (await plain.browser().get("/login")).headers.getSetCookie();
  assert.match(line, /^loop_browser=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
  const secure = await app(express5, { origin: "https://app.example" });
  const [host] = (await secure.browser().get("/login")).headers.getSetCookie();
  assert.match(host, /^__Host-loop_browser=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
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
  // The scope of the page was not asked for: the person is led to allow it.
  const page = await browser.get("/home");
  assert.equal(page.status, 403);
  assert.match(page.text, /href="\/connect">Allow it at Loop/);
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
