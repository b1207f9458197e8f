// Where a person stands, as screens see it, on the real core.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connected, CoreNative, DeviceClient, errors, importDue, optionsOf, Session, startSandbox } from "./harness.mjs";

/** A session, and every state that a screen would have seen. */
function follow(make) {
  const session = new Session(make);
  const seen = [];
  session.subscribe(() => seen.push(session.state()));
  return { session, seen };
}

test("a session goes from loading to connected and back", async () => {
  const { loop } = await connected();
  const { session, seen } = follow(() => loop);
  assert.deepEqual(session.state(), { status: "loading", userId: null, error: null, isBusy: false });
  await session.look();
  assert.equal(session.state().status, "disconnected");
  const tokens = await session.signIn();
  assert.deepEqual(session.state(), { status: "connected", userId: tokens.userId, error: null, isBusy: false });
  assert.equal(seen.some((state) => state.isBusy), true);
  await session.disconnect();
  assert.equal(session.state().status, "disconnected");
});

test("a person who closes the browser has made no error, and one who denies sees it", async () => {
  const { sandbox, core, loop } = await connected();
  const { session } = follow(() => loop);
  core.browse = () => null;
  assert.equal(await session.signIn(), null);
  assert.equal(session.state().error, null);
  core.browse = (url) => sandbox.signIn(url, { allow: false });
  assert.equal(await session.signIn(), null);
  assert.equal(session.state().error.code, "access_denied");
  core.browse = (url) => sandbox.signIn(url);
  assert.notEqual(await session.signIn(), null);
  assert.equal(session.state().error, null);
});

test("a redirect that the system gives to the app ends the sign-in that waits for it", async () => {
  const { sandbox, core, loop } = await connected();
  const { session } = follow(() => loop);
  let opened;
  const open = new Promise((resolve) => (opened = resolve));
  let close;
  core.browse = (url) => {
    opened(url);
    return new Promise((resolve) => (close = resolve));
  };
  const signingIn = session.signIn();
  const resumed = await session.resumeSignIn(await sandbox.signIn(await open));
  close(null);
  assert.equal(await signingIn, resumed);
  assert.equal(session.state().status, "connected");
  assert.equal(session.state().isBusy, false);
});

test("a redirect that both the sign-in and the app get is handled once, and is no error", async () => {
  const { sandbox, core, loop } = await connected();
  const { session } = follow(() => loop);
  let url;
  core.browse = async (begun) => (url = await sandbox.signIn(begun));
  const tokens = await session.signIn();
  assert.equal(await session.resumeSignIn(url), null);
  assert.deepEqual(session.state(), { status: "connected", userId: tokens.userId, error: null, isBusy: false });
  assert.equal((await sandbox.stats()).codeReplays, 0);
});

test("a redirect that nobody began is an error", async () => {
  const { loop } = await connected();
  const { session } = follow(() => loop);
  await session.resumeSignIn("loop-example://callback?code=c&state=s");
  assert.equal(session.state().error.code, "state_unknown");
});

test("a call that finds the grant over shows in the session, and costs one look", async () => {
  const { sandbox, core, loop } = await connected();
  const { session } = follow(() => loop);
  const { userId } = await session.signIn();
  await sandbox.revokeGrant(userId);
  await loop.revoke();
  core.crossed.length = 0;
  const changed = new Promise((resolve) => session.subscribe(resolve));
  await assert.rejects(loop.clinical.listBiomarkers(), { code: "not_connected" });
  await changed;
  assert.equal(session.state().status, "disconnected");
  assert.deepEqual(core.crossed, ["clinical.list_biomarkers", "status"]);
});

test("the newest recorder gets the entries of the one client", async () => {
  const sandbox = await startSandbox();
  const { session } = follow((live) => new DeviceClient(new CoreNative(), { ...optionsOf(sandbox), ...live }));
  const heard = [];
  session.recordWith(({ operation }) => heard.push(["first", operation]));
  const userId = await importDue(sandbox, session.client);
  await session.client.clinical.listBiomarkers({ userId });
  session.recordWith(({ operation }) => heard.push(["second", operation]));
  await session.client.clinical.listCheckIns({ userId }).catch(() => undefined);
  assert.deepEqual(heard, [["first", "clinical.list_biomarkers"], ["second", "clinical.list_check_ins"]]);
});

test("without a native part a session says so, and its steps do nothing", async () => {
  const { session } = follow(() => {
    throw errors.ownError("native_module_missing", "This app was built without it.");
  });
  assert.equal(session.state().status, "unknown");
  assert.equal(session.state().error.code, "native_module_missing");
  await session.look();
  assert.equal(await session.signIn(), null);
  await session.disconnect();
  assert.equal(session.state().error.code, "native_module_missing");
});

test("a look that can't tell says why, and the next one forgets it", async () => {
  const { core, loop } = await connected();
  const { session } = follow(() => loop);
  const { call } = CoreNative.prototype;
  core.call = async () => JSON.stringify({ error: { code: "store_busy", action: "retry", message: "Locked.", cause: null } });
  await session.look();
  assert.deepEqual([session.state().status, session.state().error.code], ["unknown", "store_busy"]);
  core.call = call;
  await session.look();
  assert.deepEqual([session.state().status, session.state().error], ["disconnected", null]);
});
