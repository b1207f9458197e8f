// The package's JavaScript on the real core, against the sandbox.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { inspect } from "node:util";
import { connected, CoreNative, DeviceClient, errors, failure, folder, importDue, optionsOf, root, startSandbox } from "./harness.mjs";

const require = createRequire(import.meta.url);
const { isLoopError, InvalidCall, LoopError, ScopeRequired, SignInRequired } = errors;

test("a person signs in, and every call finds them without a user id", async () => {
  const { loop } = await connected();
  const tokens = await loop.signIn();
  assert.equal(tokens.scopes.includes("read:biomarkers"), true);
  const biomarkers = await loop.clinical.listBiomarkers();
  assert.equal(biomarkers.length > 0, true);
  assert.equal(typeof biomarkers.items[0].biomarker_name, "string");
  const named = await loop.user(tokens.userId).clinical.listBiomarkers();
  assert.equal(JSON.stringify(named), JSON.stringify(biomarkers));
  assert.equal(await loop.accessToken(), tokens.accessToken);
  const { body } = await loop.request({ service: "clinical", path: "/v1/biomarkers/me" });
  assert.notEqual(body, null);
});

test("grants are listed page by page, and a disconnect ends the one of this device", async () => {
  const { loop } = await connected();
  const { userId } = await loop.signIn();
  const seen = [];
  for await (const status of await loop.grants()) {
    seen.push(status.userId);
  }
  assert.deepEqual(seen, [userId]);
  assert.equal((await loop.status()).connected, true);
  await loop.disconnect();
  await failure(loop.clinical.listBiomarkers({ userId }), "not_connected");
});

test("a grant that another SDK held is imported, and used without a sign-in", async () => {
  const sandbox = await startSandbox();
  const { loop } = await connected();
  assert.equal(await loop.importGrant({ userId: "user_1", refreshToken: "never-issued" }), "imported");
  const error = await failure(loop.clinical.listBiomarkers(), "grant_ended");
  assert.equal(error.userId, "user_1");
  await sandbox.stop();
});

test("a sign-in whose app was killed is finished by the next one from the URL alone", async () => {
  const sandbox = await startSandbox();
  const store = `sqlite://${join(folder(), "grants.db")}`;
  const options = optionsOf(sandbox);
  // The first app prints the URL that its browser opens, and is killed while it is open.
  const script = `
    import { CoreNative, DeviceClient } from "./test/harness.mjs";
    const browse = (url) => { console.log(url); return new Promise(() => setInterval(() => {}, 1000)); };
    const core = new CoreNative({ browse, store: process.env.STORE });
    await new DeviceClient(core, JSON.parse(process.env.OPTIONS)).signIn({ appState: "/results" });`;
  const env = { ...process.env, STORE: store, OPTIONS: JSON.stringify(options) };
  const app = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(app, "exit");
  const ended = exit.then(() => Promise.reject(new Error("the first app ended by itself")));
  const [url] = await Promise.race([once(createInterface(app.stdout), "line"), ended]);
  ended.catch(() => undefined);
  app.kill("SIGKILL");
  await exit;

  const callback = await sandbox.signIn(url);
  const loop = new DeviceClient(new CoreNative({ store }), options);
  assert.equal(loop.isCallback(callback), true);
  const tokens = await loop.resumeSignIn(callback);
  assert.equal(tokens.appState, "/results");
  assert.equal((await loop.clinical.listBiomarkers()).length > 0, true);
  await failure(loop.resumeSignIn(callback), "already_completed");
});

test("only the redirect URI is taken for the end of a sign-in", async () => {
  const { loop } = await connected();
  assert.equal(loop.redirectUri, "loop-example://callback");
  for (const url of ["loop-example:/callback?code=c&state=s", "loop-example:///callback?error=e", "LOOP-EXAMPLE:/callback#"]) {
    assert.equal(loop.isCallback(url), true, url);
  }
  for (const url of ["loop-example://callback2?code=c", "loop-example://callback/more", "loop-example://other", "https://app.example/callback?code=c", ""]) {
    assert.equal(loop.isCallback(url), false, url);
  }
});

test("64 calls on a grant that is due make one token request", async () => {
  const { sandbox, loop } = await connected();
  await importDue(sandbox, loop);
  const calls = Array.from({ length: 64 }, () => loop.clinical.listBiomarkers());
  assert.equal((await Promise.all(calls)).length, 64);
  const { tokenRequests, replays } = await sandbox.stats();
  assert.deepEqual({ tokenRequests, replays }, { tokenRequests: 1, replays: 0 });
});

test("an error is of the class that says what to do, and knows the way on", async () => {
  const { sandbox, loop } = await connected();
  const none = await failure(loop.clinical.listBiomarkers(), "not_connected");
  assert.equal(none instanceof SignInRequired && none instanceof LoopError && isLoopError(none), true);
  const { userId } = await loop.signIn();
  const scope = await failure(loop.clinical.getProtocol({ protocolId: "none" }), "not_found");
  assert.equal(scope instanceof InvalidCall, true);
  assert.equal(scope.status, 404);
  assert.equal(typeof scope.requestId, "string");
  assert.equal(await importDue(sandbox, loop), userId);
  await sandbox.revokeGrant(userId);
  const over = await failure(loop.clinical.listBiomarkers(), "grant_ended");
  assert.equal(over.userId, userId);
  assert.match((await over.authorizationUrl()).url, /^http/);
  assert.equal(ScopeRequired.prototype instanceof LoopError, true);
});

test("wrong options are refused when the client is made, and named", async () => {
  const sandbox = await startSandbox();
  const make = (change) => () => new DeviceClient(new CoreNative(), { ...optionsOf(sandbox), ...change });
  assert.throws(make({ clientId: undefined }), { code: "missing_option", detail: "clientId" });
  assert.throws(make({ redirectUri: "javascript:alert(1)" }), { code: "invalid_option", detail: "redirectUri" });
  assert.throws(make({ timeout: "soon" }), { code: "invalid_option", detail: "timeout" });
  assert.throws(make({ onEvent: "call me" }), { code: "invalid_option", detail: "onEvent" });
  assert.throws(make({ clientID: "twice" }), (error) => {
    assert.deepEqual([error.code, error.detail], ["invalid_option", "clientID"]);
    return /`clientID` is not known here; known are `clientId`, /.test(error.message);
  });
  // Node has these, and a device does not.
  assert.throws(make({ store: "memory:" }), { code: "invalid_option", detail: "store" });
  assert.throws(make({ "canary 1": true }), (error) => error.detail === "options" && !error.message.includes("canary"));
  assert.throws(() => new DeviceClient(new CoreNative(), null), { code: "invalid_option" });
});

test("a listener hears of its own client's grants, and prints no person's id", async () => {
  const sandbox = await startSandbox();
  const core = new CoreNative({ browse: (url) => sandbox.signIn(url) });
  const heard = { one: [], other: [] };
  const arrived = new Promise((resolve) => {
    const one = (event) => heard.one.push(event) && event.kind === "ended" && resolve();
    heard.loop = new DeviceClient(core, { ...optionsOf(sandbox), onEvent: one });
  });
  new DeviceClient(core, { ...optionsOf(sandbox), onEvent: (event) => heard.other.push(event) });
  const { loop } = heard;
  const userId = await importDue(sandbox, loop);
  await loop.accessToken();
  await importDue(sandbox, loop);
  await sandbox.revokeGrant(userId);
  await failure(loop.accessToken(), "grant_ended");
  await arrived;
  const kinds = heard.one.map(({ kind }) => kind);
  assert.equal(kinds.includes("refreshed"), true, kinds.join());
  const last = heard.one.at(-1);
  assert.deepEqual([last.kind, last.code, last.userId], ["ended", "grant_ended", userId]);
  assert.equal(last.at instanceof Date && Math.abs(Date.now() - last.at) < 60_000, true);
  assert.equal(`${last}${inspect(last)}`.includes(userId), false);
  assert.equal(JSON.parse(JSON.stringify(last)).userId, userId);
  assert.deepEqual(heard.other, []);
});

test("a listener that throws is warned of by its exception's class alone, and the call goes on", async (t) => {
  const sandbox = await startSandbox();
  const warned = t.mock.method(console, "warn", () => undefined);
  const listeners = [
    () => {
      throw new RangeError("canary");
    },
    async () => {
      throw new RangeError("canary");
    },
  ];
  for (const onEvent of listeners) {
    warned.mock.resetCalls();
    const said = new Promise((resolve) => warned.mock.mockImplementation(resolve));
    const loop = new DeviceClient(new CoreNative(), { ...optionsOf(sandbox), onEvent });
    await importDue(sandbox, loop);
    assert.equal(typeof (await loop.accessToken()), "string");
    assert.equal(await said, "onEvent threw RangeError.");
    assert.deepEqual(new Set(warned.mock.calls.flatMap((call) => call.arguments)), new Set(["onEvent threw RangeError."]));
  }
});

test("a user id may be left out while the device holds one living grant, and the core says when it may not", async () => {
  const { sandbox, core, loop } = await connected();
  await loop.signIn();
  core.browse = (url) => sandbox.signIn(url, { person: "ben" });
  const other = await loop.signIn();
  const error = await failure(loop.clinical.listBiomarkers(), "invalid_option");
  assert.equal(error.detail, "userId");
  await loop.revoke({ userId: other.userId });
  assert.equal((await loop.clinical.listBiomarkers()).length > 0, true);
});

test("a browser that can't be opened is an error that quotes nothing, and the next try works", async () => {
  const { sandbox, core, loop } = await connected();
  core.browse = () => {
    throw new TypeError("canary");
  };
  const error = await failure(loop.signIn(), "browser_unavailable");
  assert.equal(inspect(error, { depth: 9 }).includes("canary"), false);
  core.browse = (url) => sandbox.signIn(url);
  assert.equal(typeof (await loop.signIn()).userId, "string");
});

test("a signal ends a call, before it begins and while it waits, and its reason is the error's cause", async () => {
  const { sandbox, loop } = await connected();
  await loop.signIn();
  const before = await failure(loop.clinical.listBiomarkers({}, { signal: AbortSignal.abort("no need") }), "cancelled");
  assert.equal(before.cause, "no need");

  await importDue(sandbox, loop);
  await sandbox.tokenFault({ kind: "delay", ms: 300, grantType: "refresh_token" });
  const abort = new AbortController();
  const call = loop.clinical.listBiomarkers({}, { signal: abort.signal });
  const other = loop.clinical.listBiomarkers();
  while ((await sandbox.stats()).tokenRequests === 0);
  abort.abort("left the screen");
  assert.equal((await failure(call, "cancelled")).cause, "left the screen");
  // The refresh that both waited for goes on.
  assert.equal((await other).length > 0, true);
  assert.equal((await sandbox.stats()).tokenRequests, 1);
  await failure(loop.clinical.listBiomarkers({}, { signal: {} }), "invalid_option");
});

test("a time limit ends a call with its own code", async () => {
  const { sandbox, loop } = await connected();
  await importDue(sandbox, loop);
  await sandbox.tokenFault({ kind: "delay", ms: 2000, grantType: "refresh_token" });
  const error = await failure(loop.clinical.listBiomarkers({}, { timeout: 50 }), "timeout");
  assert.equal(error.action, "retry");
  for (const timeout of [-1, Number.NaN, Infinity, "1"]) {
    assert.equal((await failure(loop.clinical.listBiomarkers({}, { timeout }), "invalid_option")).detail, "timeout");
  }
  assert.equal((await loop.clinical.listBiomarkers({}, { timeout: 1e12 })).length > 0, true);
});

test("cancels at random moments cost no grant", async () => {
  const { sandbox, loop } = await connected();
  for (let round = 0; round < 10; round += 1) {
    await importDue(sandbox, loop);
    const calls = Array.from({ length: 8 }, (_, index) =>
      loop.clinical.listBiomarkers({}, { timeout: (round * 8 + index) % 23 }).catch((error) => {
        assert.equal(["cancelled", "timeout"].includes(error.code), true, error.code);
      }),
    );
    await Promise.all(calls);
    assert.equal(await loop.drain({ timeout: 10_000 }), true);
    assert.equal((await sandbox.stats()).replays, 0);
  }
  assert.equal((await loop.clinical.listBiomarkers()).length > 0, true);
});

test("a native part that fails unforeseen says nothing of what it was given", async () => {
  const { loop } = await connected();
  const broken = new (class extends CoreNative {
    call() {
      return Promise.reject(new Error("canary-9f2"));
    }
  })();
  const sandbox = await startSandbox();
  const error = await failure(new DeviceClient(broken, optionsOf(sandbox)).accessToken(), "internal");
  assert.equal(`${error.message}${error.stack}${error.cause}`.includes("canary"), false);
  assert.equal(String(loop), "<LoopClient>");
});

test("the codes are those of every language, and the two that only this package has", () => {
  const { codes } = JSON.parse(readFileSync(new URL("../../../conformance/codes.json", import.meta.url)));
  const { ERROR_ACTIONS } = require("../lib/shared/generated.js");
  const own = { native_module_missing: "fix_call", unsupported_platform: "fix_call" };
  assert.deepEqual({ ...ERROR_ACTIONS }, { ...codes, ...own });
});

test("in a browser there is no native part, and the error says what to do instead", () => {
  const { loopNative } = require("../lib/loop-native.web.js");
  assert.throws(loopNative, (error) => {
    assert.equal(error.code, "unsupported_platform");
    assert.equal(error instanceof InvalidCall, true);
    return /on your server/.test(error.message);
  });
});
