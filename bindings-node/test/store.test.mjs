// A store of the application's own: the contract, whole flows over it, and every way in which its code can go wrong.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { format, inspect } from "node:util";
import { LoopClient, OutcomeUnknown } from "@platform/sdk";
import { checkTokenStore } from "@platform/sdk/testing";
import { elsewhere, environment, failure, importDue, refreshes, run, sandboxWithClient, signIn } from "./helpers.mjs";
import { AsyncStore, MapStore, sqlite, SqliteStore } from "./stores.mjs";

const { sandbox } = await sandboxWithClient();
const withStore = (store, options) => new LoopClient({ ...sandbox.options(), store, ...options });

/** A Map store with some methods replaced. */
function storeWith(methods) {
  return Object.assign(new MapStore(), methods);
}

const folder = mkdtempSync(join(tmpdir(), "loop-store-"));
after(() => rmSync(folder, { recursive: true }));

for (const [name, make, skip] of [
  ["a sync store over a Map", () => new MapStore(), false],
  ["an async store", () => new AsyncStore(), false],
  [
    "a store over node:sqlite",
    () => new SqliteStore(join(folder, `${Math.random()}.db`)),
    sqlite === undefined && "node:sqlite comes with Node 22.13",
  ],
]) {
  describe(name, { skip }, () => {
    test("keeps the contract", () => checkTokenStore(make()));

    test("holds a whole life: sign-in, calls, another client, disconnect", async () => {
      const store = make();
      const loop = withStore(store);
      const { userId } = await signIn(sandbox, loop);
      assert.ok((await loop.clinical.listBiomarkers({ userId })).length > 0);
      // What a second client finds has crossed both ways unharmed.
      const second = withStore(store);
      assert.equal(await second.accessToken({ userId }), await loop.accessToken({ userId }));
      await second.revoke({ userId });
      await failure(withStore(store).accessToken({ userId }), "not_connected");
    });

    test("64 calls of 8 clients on an ended token make one refresh", async () => {
      const store = make();
      const clients = Array.from({ length: 8 }, () => withStore(store));
      const userId = await importDue(sandbox, clients[0]);
      const before = await refreshes(sandbox);
      const calls = Array.from({ length: 64 }, (_, index) => clients[index % 8].accessToken({ userId }));
      assert.equal(new Set(await Promise.all(calls)).size, 1);
      assert.equal((await refreshes(sandbox)) - before, 1);
      assert.ok((await clients[0].clinical.listBiomarkers({ userId })).length > 0);
    });
  });
}

test("the store gets plain values, and may be a class with private fields", async () => {
  const seen = [];
  const map = new MapStore();
  const spy = {};
  for (const method of ["load", "save", "delete", "now"]) {
    spy[method] = (...args) => {
      seen.push([method, ...args]);
      return map[method](...args);
    };
  }
  const loop = withStore(spy);
  const { userId } = await signIn(sandbox, loop);
  await loop.revoke({ userId });
  const saves = seen.filter(([method]) => method === "save");
  assert.ok(saves.some(([, , , expected, ttl]) => expected === null && typeof ttl === "number" && ttl > 0));
  assert.ok(saves.some(([, , , expected]) => typeof expected === "string"));
  assert.ok(saves.some((args) => args.length === 4));
  for (const [, key, blob] of saves) {
    assert.ok(typeof key === "string" && key !== "");
    assert.equal(Object.getPrototypeOf(blob), Uint8Array.prototype);
    assert.equal(blob.buffer.byteLength, blob.byteLength, "the store may keep the bytes: they are nobody else's");
  }
});

for (const [how, fail] of [
  ["throws at once", () => { throw new TypeError("canary lph_rt_x"); }],
  ["rejects", async () => { throw new TypeError("canary lph_rt_x"); }],
  ["rejects later", () => new Promise((_, reject) => setImmediate(reject, new TypeError("canary lph_rt_x")))],
]) {
  test(`a store that ${how} is unavailable; what it threw is the cause, and not printed`, async () => {
    for (const method of ["load", "save"]) {
      const loop = withStore(storeWith({ [method]: fail }));
      const error = await failure(loop.authorizationUrl().then(() => loop.accessToken({ userId: "u" })), "store_unavailable");
      assert.equal(error.action, "call_operator");
      assert.match(error.message, new RegExp(`Its \`${method}\` threw TypeError`));
      assert.ok(error.cause instanceof TypeError && error.cause.message.includes("canary"));
      for (const text of [inspect(error, { getters: true, showHidden: true }), format("%o", error), String(error), error.stack, JSON.stringify(error)]) {
        assert.doesNotMatch(text, /canary|lph_/);
      }
    }
  });
}

test("whatever a store throws has a place", async () => {
  const unnamed = Object.create(null);
  const hostile = { get constructor() { throw new Error("no"); } };
  const noisy = new (class extends Error {})("x");
  for (const [thrown, name] of [[undefined, "undefined"], [null, "object"], ["text canary", "string"], [unnamed, "something"], [hostile, "something"], [noisy, "something"]]) {
    const error = await failure(withStore(storeWith({ load: () => { throw thrown; } })).accessToken({ userId: "u" }), "store_unavailable");
    assert.match(error.message, new RegExp(`threw ${name}:`));
    assert.equal(error.cause, thrown);
  }
});

test("an answer of the wrong type is named, by method", async () => {
  const blob = new Uint8Array(1);
  const wrong = {
    load: [7, "x", [], {}, { version: 1, blob }, { version: "", blob }, { version: "1", blob: "text" }, { version: "1" }, false],
    save: [undefined, 1, "", true, {}],
    now: ["1", Number.NaN, -1, undefined, new Date()],
  };
  for (const [method, answers] of Object.entries(wrong)) {
    for (const answer of answers) {
      const loop = withStore(storeWith({ [method]: () => answer }));
      const calls = loop.authorizationUrl().then(() => loop.accessToken({ userId: "u" }));
      const error = await failure(calls.then(() => importDue(sandbox, loop)).then(() => loop.accessToken({ userId: "u" })), "store_unavailable");
      assert.match(error.cause, new RegExp(`^\`${method}\` must return`), inspect(answer));
    }
  }
});

test("a write of unknown outcome is looked up, and goes on if it happened", async () => {
  const map = new MapStore();
  let lost = 0;
  const store = storeWith({
    load: (key) => map.load(key),
    delete: (...args) => map.delete(...args),
    save(...args) {
      map.save(...args);
      lost += 1;
      throw new OutcomeUnknown("the commit had no answer: canary");
    },
  });
  const loop = withStore(store);
  const { userId } = await signIn(sandbox, loop);
  assert.ok(lost > 0);
  assert.ok(await loop.accessToken({ userId }));
  assert.ok(await withStore(map).accessToken({ userId }), "what was written holds the grant");
});

test("a store that never answers ends with the call's time, and stops nobody else's calls", async () => {
  const never = () => new Promise(() => {});
  const loop = withStore(storeWith({ load: never }), { timeout: 1000 });
  await failure(loop.accessToken({ userId: "u" }, { timeout: 30 }), "timeout");
  const controller = new AbortController();
  const call = loop.accessToken({ userId: "u" }, { signal: controller.signal });
  controller.abort();
  await failure(call, "cancelled");
  const short = withStore(storeWith({ load: never, save: never }), { timeout: 50 });
  const error = await short.accessToken({ userId: "u" }).catch((error) => error);
  assert.match(error.code, /^(timeout|store_unavailable|refresh_in_progress)$/);
  assert.match((await short.authorizationUrl().catch((error) => error)).code, /^(timeout|store_unavailable)$/);
});

test("a leader whose store hangs once lets the next call go on", async () => {
  const map = new MapStore();
  let hang = false;
  const loop = withStore(
    storeWith({
      load: (key) => (hang ? new Promise(() => {}) : map.load(key)),
      save: (...args) => map.save(...args),
      delete: (...args) => map.delete(...args),
    }),
    { timeout: 200 },
  );
  const userId = await importDue(sandbox, loop);
  hang = true;
  const { code } = await loop.accessToken({ userId }).catch((error) => error);
  assert.match(code, /^(timeout|store_unavailable|refresh_in_progress)$/);
  assert.equal(await loop.drain({ timeout: 3000 }), true, "the leader has ended too");
  hang = false;
  let token;
  for (let round = 0; round < 20 && token === undefined; round++) {
    token = await loop.accessToken({ userId }).catch(() => undefined);
  }
  assert.match(token, /^lph_at_/);
});

test("an object that is no store is refused at once, by what it lacks", () => {
  for (const [store, text] of [
    [{}, /load/],
    [{ load() {}, save() {}, now() {} }, /delete/],
    [Object.assign(new MapStore(), { list: 7 }), /list/],
    [[], /load/],
  ]) {
    assert.throws(() => withStore(store), (error) => error.code === "invalid_option" && error.detail === "store" && text.test(error.message));
  }
  assert.throws(() => withStore(() => new MapStore()), { code: "invalid_option", detail: "store" });
});

test("a call keeps Node up until its store has answered, and an idle client with a store does not", async () => {
  const { userId, accessToken, refreshToken } = await elsewhere(sandbox, "ben");
  const script = `
    import { LoopClient } from "@platform/sdk";
    import { AsyncStore } from "./test/stores.mjs";
    const store = new AsyncStore();
    // A wait that does not itself keep Node up, as a database's unreferenced socket would not.
    const slow = (method) => (...args) => new Promise((resolve) => setTimeout(() => resolve(method(...args)), 50).unref());
    const loop = new LoopClient({ store: { load: slow(store.load), save: slow(store.save), delete: slow(store.delete), now: slow(store.now) }, onEvent() {}, clientSecret: process.env.LOOP_CLIENT_SECRET });
    const [userId, accessToken, refreshToken] = process.argv.slice(1);
    loop.importGrant({ userId, refreshToken, accessToken, expiresAt: new Date(Date.now() + 1e6) })
      .then(() => loop.clinical.listBiomarkers({ userId }))
      .then((page) => console.log(String(page.length)));
  `;
  const { stdout } = await run(script, environment(sandbox, "memory:"), [userId, accessToken, refreshToken]);
  assert.match(stdout, /^\d+\n$/);
});
