// The audit log, on the real core: who called, why, for whom, and never a value.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { CoreNative, DeviceClient, errors, failure, folder, importDue, optionsOf, startSandbox } from "./harness.mjs";

const require = createRequire(import.meta.url);
const { AuditEntry } = require("../lib/shared/audit.js");

/** A client with this log, and a person's grant in it. */
async function audited(options, native = new CoreNative()) {
  const sandbox = await startSandbox();
  const loop = new DeviceClient(native, { ...optionsOf(sandbox), ...options });
  return { sandbox, loop, userId: await importDue(sandbox, loop) };
}

test("each call is recorded, with who and why, and no entry holds a value", async () => {
  const entries = [];
  const { loop, userId } = await audited({ auditLog: (entry) => entries.push(entry) });
  const user = loop.user(userId, { actor: "caregiver-1", purpose: "treatment" });
  const page = await user.clinical.listBiomarkers();
  await user.request({ service: "clinical", path: "/v1/biomarkers/me" });
  await failure(loop.clinical.getProtocol({ userId, protocolId: "none" }), "not_found");
  const said = entries.map(({ actor, purpose, operation, outcome }) => [actor, purpose, operation, outcome]);
  assert.deepEqual(said, [
    ["caregiver-1", "treatment", "clinical.list_biomarkers", "ok"],
    ["caregiver-1", "treatment", "request GET clinical", "ok"],
    [null, null, "clinical.get_protocol", "not_found"],
  ]);
  const [first] = entries;
  assert.equal(first instanceof AuditEntry, true);
  assert.deepEqual([first.userId, first.scope, first.records], [userId, "read:biomarkers", page.length]);
  assert.equal(typeof first.requestId === "string" && Math.abs(Date.now() - first.at) < 60_000, true);
  const whole = JSON.stringify(entries);
  assert.equal(whole.includes(userId), true);
  for (const { id, biomarker_name, value } of page) {
    assert.equal([id, biomarker_name, `"${value}"`, `:${value},`].some((each) => whole.includes(each)), false, whole);
  }
});

test("a call waits until its entry is recorded", async () => {
  let release;
  const written = new Promise((resolve) => (release = resolve));
  let entered;
  const asked = new Promise((resolve) => (entered = resolve));
  const auditLog = () => {
    entered();
    return written;
  };
  const { sandbox, loop, userId } = await audited({ auditLog });
  let done = false;
  const call = loop.clinical.listBiomarkers({ userId }).finally(() => (done = true));
  await asked;
  // Time enough for a call that does not wait.
  await sandbox.stats();
  await sandbox.stats();
  assert.equal(done, false);
  release();
  assert.equal((await call).length > 0, true);
});

test("what the app's code throws fails a call only where the log is required, before anything is sent", async (t) => {
  const warned = t.mock.method(console, "warn", () => undefined);
  class QuotaExceeded extends Error {}
  const broken = [
    (entry) => {
      throw new QuotaExceeded(`canary ${entry.userId}`);
    },
    { info: async (entry) => Promise.reject(new QuotaExceeded(`canary ${entry.userId}`)) },
  ];
  for (const auditLog of broken) {
    const { loop, userId } = await audited({ auditLog });
    assert.equal((await loop.clinical.listBiomarkers({ userId })).length > 0, true);
    const required = await audited({ auditLog, auditRequired: true });
    const error = await failure(required.loop.clinical.listBiomarkers({ userId: required.userId }), "audit_failed");
    assert.equal(error instanceof errors.OperatorError, true);
    assert.match(`${error.cause}`, /threw QuotaExceeded/);
    assert.equal(`${error.stack}${error.cause}${JSON.stringify(error)}`.includes("canary"), false);
    const sent = (await required.sandbox.journal()).filter(({ path }) => path.startsWith("/clinical/"));
    assert.deepEqual(sent, []);
  }
  const warnings = warned.mock.calls.map((call) => call.arguments.join(" "));
  assert.deepEqual(new Set(warnings), new Set(["auditLog threw QuotaExceeded."]));
});

test("two clients of one native part record their own calls alone", async () => {
  const native = new CoreNative();
  const heard = { one: [], other: [] };
  const { loop, userId } = await audited({ auditLog: (entry) => heard.one.push(entry.outcome) }, native);
  await audited({ auditLog: (entry) => heard.other.push(entry.outcome) }, native);
  await loop.clinical.listBiomarkers({ userId });
  assert.deepEqual(heard, { one: ["ok"], other: [] });
});

test("a file gets a line for each call, named by a path or by the URI of Expo's file system", async () => {
  const file = join(folder(), "audit log.jsonl");
  for (const auditLog of [file, pathToFileURL(file).href]) {
    const { loop, userId } = await audited({ auditLog });
    await loop.user(userId, { actor: "sync" }).clinical.listBiomarkers();
  }
  const lines = readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ actor, outcome }) => [actor, outcome]), [["sync", "ok"], ["sync", "ok"]]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test("an audit log that can't be one is refused when the client is made", async () => {
  const sandbox = await startSandbox();
  const make = (change) => () => new DeviceClient(new CoreNative(), { ...optionsOf(sandbox), ...change });
  for (const auditLog of [7, {}, "file:///%", ""]) {
    assert.throws(make({ auditLog }), { code: "invalid_option", detail: "auditLog" });
  }
  assert.throws(make({ auditRequired: true }), { code: "invalid_option", detail: "auditRequired" });
});
