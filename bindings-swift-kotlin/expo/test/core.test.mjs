// The package's JavaScript on the real core, against the sandbox.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
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
  assert.throws(() => new DeviceClient(new CoreNative(), null), { code: "invalid_option" });
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
