// The levers of the sandbox, as an application's own tests pull them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LoopClient } from "@platform/sdk";
import { failure, importDue, sandboxWithClient, signIn } from "./helpers.mjs";
import { MapStore } from "./stores.mjs";

const { sandbox, loop } = await sandboxWithClient();

test("faults strike once each, in their order, and can be taken back", async () => {
  const faults = [
    { kind: "status", status: 400, body: "oauth", error: "invalid_client", grantType: "refresh_token" },
    { kind: "garbage_200", when: "after", grantType: "refresh_token" },
  ];
  for (const [index, code] of ["client_rejected", "refresh_outcome_unknown"].entries()) {
    const client = new LoopClient(sandbox.options());
    const userId = await importDue(sandbox, client);
    await sandbox.tokenFault(faults[index]);
    await failure(client.accessToken({ userId }), code);
  }
  await sandbox.tokenFault({ kind: "reset", atByte: 10, grantType: "refresh_token", times: 5 });
  await sandbox.clearTokenFaults();
  const userId = await importDue(sandbox, loop);
  assert.match(await loop.accessToken({ userId }), /^lph_at_/);
});

test("an answer that is lost after the rotation counts as one, and as no replay", async () => {
  const client = new LoopClient(sandbox.options());
  const userId = await importDue(sandbox, client);
  await sandbox.resetStats();
  await sandbox.tokenFault({ kind: "no_answer", when: "after" });
  await failure(client.accessToken({ userId }), "refresh_outcome_unknown");
  await failure(client.accessToken({ userId }), "refresh_outcome_unknown");
  const { tokenRequests, refreshes, rotations, replays, alerts } = await sandbox.stats();
  const expected = { tokenRequests: 1, refreshes: 1, rotations: 1, replays: 0, alerts: 0 };
  assert.deepEqual({ tokenRequests, refreshes, rotations, replays, alerts }, expected);
  await sandbox.resetStats();
  assert.ok(Object.values(await sandbox.stats()).every((count) => count === 0));
});

test("switches change what is given, and leave the rest", async () => {
  const before = await sandbox.switches();
  assert.equal(before.rotation, "strict");
  const changed = await sandbox.switches({ rotation: "grace:30", lockoutAfter: 3 });
  assert.deepEqual(changed, { ...before, rotation: "grace:30", lockoutAfter: 3 });
  assert.deepEqual(await sandbox.switches(before), before);
  await assert.rejects(sandbox.switches({ rotation: "often" }), /refused switches \(4\d\d\)/);
});

test("access tokens end when they are told to, one person's or all", async () => {
  const { userId } = await signIn(sandbox, loop, { person: "mei" });
  const { userId: other } = await signIn(sandbox, loop, { person: "ben" });
  assert.ok((await sandbox.expireAccess(userId)) >= 1);
  // It was given a moment ago: the SDK does not spend a refresh on an API that refuses a young token.
  await failure(loop.clinical.listBiomarkers({ userId }), "access_token_rejected");
  assert.ok((await loop.clinical.listBiomarkers({ userId: other })).length > 0);
  assert.ok((await sandbox.expireAccess()) >= 1);
  await failure(loop.clinical.listBiomarkers({ userId: other }), "access_token_rejected");
  // An older one is renewed, once.
  const store = new MapStore();
  const client = new LoopClient({ ...sandbox.options(), store });
  const { userId: third } = await signIn(sandbox, client, { person: "omar" });
  store.now = () => Date.now() + 120_000;
  await sandbox.expireAccess(third);
  await sandbox.resetStats();
  assert.ok((await client.clinical.listBiomarkers({ userId: third })).length > 0);
  assert.equal((await sandbox.stats()).refreshes, 1);
});

test("a grant that the person ended is over at the next refresh", async () => {
  const userId = await importDue(sandbox, loop, "omar");
  await sandbox.revokeGrant(userId);
  await failure(loop.accessToken({ userId }), "grant_ended");
});
