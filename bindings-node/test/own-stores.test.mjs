// The SDK's own stores, as Node reaches them: memory, SQLite, Redis, Postgres; sealed records; lists and the daily job.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { LoopClient } from "@platform/sdk";
import { command, failure, importDue, sandboxWithClient, signIn } from "./helpers.mjs";
import { execute, missing, startPostgres, startRedis } from "./servers.mjs";
import { MapStore } from "./stores.mjs";

const { sandbox } = await sandboxWithClient();
const DAY = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), "loop-own-stores-"));
after(() => rmSync(folder, { recursive: true }));
const withStore = (store, options) =>
  new LoopClient({ ...sandbox.options(), tokenRequestsPerMinute: 100_000, store, ...options });
const newKey = () => randomBytes(32).toString("base64");
const sqliteFile = (name) => `sqlite://${join(folder, name)}`;

for (const [name, store] of [["memory", "memory:"], ["SQLite", sqliteFile("listed.db")]]) {
  test(`${name} lists its grants page by page, and the daily job looks at each`, async () => {
    const loop = withStore(store);
    const people = [];
    for (const person of ["ada", "ben", "mei"]) {
      people.push((await signIn(sandbox, loop, { person })).userId);
    }
    const first = await loop.grants({ limit: 2 });
    assert.deepEqual([first.items.length, typeof first.nextCursor], [2, "string"]);
    const listed = [];
    for await (const status of first) {
      assert.equal(status.state, "connected");
      listed.push(status.userId);
    }
    assert.deepEqual(listed.sort(), people.sort());
    assert.deepEqual(await loop.keepAlive(), { lookedAt: 3, refreshed: 0, ended: 0, unknown: 0, left: 0 });
    await loop.revoke({ userId: people[0] });
    assert.equal((await loop.grants()).items.length, 2);
    // Another app of the same issuer in the same store sees none of them.
    const other = withStore(store, { clientId: "client_other" });
    assert.equal((await other.grants()).items.length, 0);
  });
}

test("the daily job renews what would lapse, and finds out what is over", async () => {
  const store = new MapStore();
  const loop = withStore(store);
  await signIn(sandbox, loop, { person: "ada" });
  const { userId } = await signIn(sandbox, loop, { person: "omar" });
  await sandbox.revokeGrant(userId);
  store.now = () => Date.now() + 80 * DAY;
  await sandbox.resetStats();
  assert.deepEqual(await loop.keepAlive(), { lookedAt: 2, refreshed: 1, ended: 1, unknown: 0, left: 0 });
  const { refreshes, rotations, replays } = await sandbox.stats();
  assert.deepEqual({ refreshes, rotations, replays }, { refreshes: 2, rotations: 1, replays: 0 });
  assert.equal((await loop.status({ userId })).state, "ended");
});

describe("storeKey", () => {
  const contents = (name) => {
    const files = readdirSync(folder).filter((file) => file.startsWith(name));
    assert.ok(files.length > 0);
    return files.map((file) => readFileSync(join(folder, file), "latin1")).join("");
  };

  test("seals what is stored, and what is stored without it is readable", async () => {
    for (const [name, options, isReadable] of [["open.db", {}, true], ["sealed.db", { storeKey: newKey() }, false]]) {
      const loop = withStore(sqliteFile(name), options);
      const { userId } = await signIn(sandbox, loop);
      const token = await loop.accessToken({ userId });
      assert.equal(contents(name).includes(token), isReadable, name);
      assert.equal(contents(name).includes("lph_rt_"), isReadable, name);
      assert.equal(await withStore(sqliteFile(name), options).accessToken({ userId }), token);
    }
  });

  test("is changed with both keys, and nothing opens without the right one", async () => {
    const [old, young] = [newKey(), newKey()];
    const store = sqliteFile("changed.db");
    const { userId } = await signIn(sandbox, withStore(store, { storeKey: old }));
    for (const options of [{ storeKey: young }, {}]) {
      const error = await failure(withStore(store, options).accessToken({ userId }), "store_record_unreadable");
      const text = `${error.stack}${JSON.stringify(error)}`;
      assert.ok(![old, young, "lph_", userId].some((secret) => text.includes(secret)));
    }
    const both = withStore(store, { storeKey: `${young},${old}` });
    assert.ok((await both.clinical.listBiomarkers({ userId })).length > 0);
    await signIn(sandbox, both);
    assert.ok((await withStore(store, { storeKey: young }).accessToken({ userId })).startsWith("lph_at_"));
    await failure(withStore(store, { storeKey: old }).accessToken({ userId }), "store_record_unreadable");
  });

  test("that is none is named, and not quoted", () => {
    for (const storeKey of ["canary", "", `${newKey()},canary`, randomBytes(31).toString("base64"), 7]) {
      assert.throws(
        () => withStore("memory:", { storeKey }),
        (error) => error.code === "invalid_option" && error.detail === "storeKey" && !error.stack.includes("canary"),
        String(storeKey),
      );
    }
  });
});

/** A sign-in, then 64 calls of 8 clients on an ended token: one request, every caller served. */
async function smoke(store) {
  const options = { storeKey: newKey() };
  const first = withStore(store, options);
  const { userId, accessToken } = await signIn(sandbox, first);
  assert.equal(await withStore(store, options).accessToken({ userId }), accessToken);
  await importDue(sandbox, first);
  await sandbox.resetStats();
  const clients = Array.from({ length: 8 }, () => withStore(store, options));
  const calls = Array.from({ length: 64 }, (_, call) => clients[call % 8].accessToken({ userId }));
  assert.equal(new Set(await Promise.all(calls)).size, 1);
  const { tokenRequests, rotations, replays } = await sandbox.stats();
  assert.deepEqual({ tokenRequests, rotations, replays }, { tokenRequests: 1, rotations: 1, replays: 0 });
  assert.ok((await clients[7].clinical.listBiomarkers({ userId })).length > 0);
  assert.equal((await clients[7].grants()).items.length, 1);
}

/** A test that needs a server: skipped where it is missing, which in CI it must not be. */
function testWith(server, title, body) {
  test(title, async (t) => {
    const reason = missing(server);
    if (reason !== undefined) {
      assert.ok(process.env.CI === undefined, reason);
      console.log(`skipped: ${title}: ${reason}`);
      t.skip(reason);
      return;
    }
    await body();
  });
}

testWith("redis", "Redis holds a sign-in, and lets 64 calls make one refresh", async () => {
  const url = await startRedis();
  assert.throws(() => withStore(url), { code: "missing_option", detail: "storeKey" });
  await smoke(url);
});

testWith("postgres", "Postgres wants the printed table, holds a sign-in, and lets 64 calls make one refresh", async () => {
  const url = await startPostgres();
  const early = withStore(url, { storeKey: newKey() });
  const error = await failure(early.authorizationUrl(), "store_schema_missing");
  assert.match(error.message, /npx @platform\/sdk store-schema/);
  await execute(url, (await command("store-schema")).stdout);
  await smoke(url);
});

test("the command prints the table of Postgres, and says how it is used", async () => {
  const { stdout, stderr } = await command("store-schema");
  assert.match(stdout, /CREATE TABLE IF NOT EXISTS loop_entry \(/);
  assert.ok(stdout.endsWith("\n"));
  assert.equal(stderr, "");
  assert.match((await command("--help")).stdout, /^usage: npx @platform\/sdk store-schema/);
  for (const wrong of [[], ["schema"], ["store-schema", "more"]]) {
    const { code, stdout, stderr } = await command(...wrong).catch((error) => error);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^usage: /);
  }
});
