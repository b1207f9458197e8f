// Where people stand, how they come back, what is heard of it, and client secrets that change, against a real sandbox.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { LoopClient, ScopeRequired, SignInRequired } from "@platform/sdk";
import { failure, importDue, sandboxWithClient, signIn } from "./helpers.mjs";
import { MapStore } from "./stores.mjs";

const { sandbox, loop } = await sandboxWithClient();
const isAskedFor = (url, scope) => new URL(url).searchParams.get("scope").split(" ").includes(scope);

test("status follows a person from sign-in to disconnect", async () => {
  const { userId, expiresAt } = await signIn(sandbox, loop);
  const signedIn = await loop.status({ userId });
  assert.deepEqual([signedIn.userId, signedIn.state, signedIn.connected, signedIn.next], [userId, "connected", true, null]);
  assert.ok(signedIn.scopes.includes("read:biomarkers"));
  assert.equal(signedIn.accessExpiresAt.getTime(), expiresAt.getTime());
  assert.ok(signedIn.refreshExpiresAt === null || signedIn.refreshExpiresAt > expiresAt);
  await importDue(sandbox, loop, "ada");
  assert.equal((await loop.status({ userId })).state, "refresh_due");
  await loop.revoke({ userId });
  const gone = await loop.status({ userId });
  assert.deepEqual([gone.state, gone.connected, gone.scopes.length, gone.accessExpiresAt, gone.next], ["not_connected", false, 0, null, "sign_in_again"]);
  assert.equal((await loop.status({ userId: "nobody" })).state, "not_connected");
});

test("grants lists everybody, in pages of any size", async () => {
  const client = new LoopClient({ ...sandbox.options(), store: new MapStore() });
  const people = [];
  for (const person of ["ada", "ben", "mei"]) {
    people.push((await signIn(sandbox, client, { person })).userId);
  }
  const first = await client.grants({ limit: 2 });
  assert.equal(first.items.length, 2);
  assert.ok(first.nextCursor);
  const all = [];
  for await (const status of first) {
    all.push(status.userId);
  }
  assert.deepEqual(all.sort(), people.sort());
  const second = await client.grants({ cursor: first.nextCursor });
  assert.deepEqual([second.items.length, second.nextCursor], [1, null]);
  assert.ok(people.every((person) => !inspect([first, second, first.items], { depth: 9, showHidden: true }).includes(person)));
  assert.deepEqual(await client.keepAlive(), { lookedAt: 3, refreshed: 0, ended: 0, unknown: 0, left: 0 });
  await failure(client.grants({ limit: 0 }), "invalid_option");
  await failure(client.grants({ cursor: "x" }), "invalid_option");
});

test("a store without list says so where one is needed, and serves all else", async () => {
  const { load, save, delete: remove, now } = new (class {
    map = new MapStore();
    load = (key) => this.map.load(key);
    save = (...args) => this.map.save(...args);
    delete = (...args) => this.map.delete(...args);
    now = () => this.map.now();
  })();
  const client = new LoopClient({ ...sandbox.options(), store: { load, save, delete: remove, now } });
  const { userId } = await signIn(sandbox, client);
  assert.equal((await client.status({ userId })).state, "connected");
  await failure(client.grants(), "store_cannot_list");
});

test("an error for want of a grant begins the sign-in of that person", async () => {
  const { userId } = await signIn(sandbox, loop, { person: "ben" });
  await loop.revoke({ userId });
  const error = await failure(loop.clinical.listBiomarkers({ userId }), "not_connected");
  assert.ok(error instanceof SignInRequired);
  assert.equal(error.userId, userId);
  const { url, browserSecret } = await error.authorizationUrl({ appState: "/results" });
  const tokens = await loop.handleCallback(await sandbox.signIn(url, { person: "ben" }), { browserSecret });
  assert.deepEqual([tokens.userId, tokens.appState], [userId, "/results"]);
  // It is this person's: somebody else's sign-in does not finish it.
  const again = await error.authorizationUrl();
  const other = await sandbox.signIn(again.url, { person: "omar" });
  await failure(loop.handleCallback(other, { browserSecret: again.browserSecret }), "user_mismatch");
});

test("an error for want of a scope asks for it beside what was granted", async () => {
  const { userId } = await signIn(sandbox, loop, { person: "omar", scopes: ["read:protocols"] });
  const error = await failure(loop.clinical.listBiomarkers({ userId }), "scope_required");
  assert.ok(error instanceof ScopeRequired);
  assert.deepEqual([error.userId, error.missingScopes], [userId, ["read:biomarkers"]]);
  const { url, browserSecret } = await error.authorizationUrl();
  assert.ok(isAskedFor(url, "read:biomarkers") && isAskedFor(url, "read:protocols"));
  await loop.handleCallback(await sandbox.signIn(url, { person: "omar" }), { browserSecret });
  assert.ok((await loop.clinical.listBiomarkers({ userId })).length > 0);
  const asked = await loop.signInAgain({ userId, missingScopes: ["read:more"] });
  assert.ok(isAskedFor(asked.url, "read:more") && isAskedFor(asked.url, "read:protocols"));
});

test("a listener hears of a refresh, and of the grant's end", async () => {
  const events = [];
  let hear;
  const heard = (kind) => new Promise((resolve) => (hear = (event) => event.kind === kind && resolve(event)));
  const client = new LoopClient({
    ...sandbox.options(),
    onEvent(event) {
      events.push(event);
      hear?.(event);
    },
  });
  const userId = await importDue(sandbox, client, "mei");
  const saved = heard("saved");
  await client.accessToken({ userId });
  await saved;
  assert.deepEqual(events.map((event) => event.kind).filter((kind) => kind === "refreshed"), ["refreshed"]);
  assert.ok(events.every((event) => event.userId === userId && Math.abs(event.at - Date.now()) < 60_000));
  // Loop ends it, and the next refresh finds out.
  await importDue(sandbox, client, "mei");
  const order = { user_id: userId, client_id: sandbox.options().clientId };
  await fetch(`${sandbox.baseUrl}/_sandbox/revoke-grant`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(order),
  });
  const ended = heard("ended");
  await failure(client.accessToken({ userId }), "grant_ended");
  assert.equal((await ended).code, "grant_ended");
  assert.ok(!inspect(events, { depth: 9, showHidden: true }).includes(userId));
});

test("a client secret may be a list with the newest first, or come from a function", async () => {
  const { clientSecret } = sandbox.options();
  let asked = 0;
  const sources = [["secret_new", clientSecret], () => ((asked += 1), clientSecret), async () => ["secret_new", clientSecret]];
  for (const source of sources) {
    const client = new LoopClient({ ...sandbox.options(), clientSecret: source });
    const userId = await importDue(sandbox, client, "ada");
    assert.match(await client.accessToken({ userId }), /^lph_at_/);
  }
  assert.equal(asked, 1);
  const wrong = new LoopClient({ ...sandbox.options(), clientSecret: () => "secret_wrong" });
  const userId = await importDue(sandbox, wrong, "ada");
  await failure(wrong.accessToken({ userId }), "client_rejected");
});

test("a function for the secret that fails sends nothing, and is named", async () => {
  for (const source of [() => { throw new TypeError("canary"); }, async () => { throw new TypeError("canary"); }]) {
    const client = new LoopClient({ ...sandbox.options(), clientSecret: source });
    const userId = await importDue(sandbox, client, "ada");
    const error = await client.accessToken({ userId }).catch((error) => error);
    assert.equal(error.action, "call_operator");
    assert.match(error.message, /Its `clientSecret` threw TypeError/);
    assert.equal(error.cause.message, "canary");
    assert.doesNotMatch(inspect(error, { getters: true }) + error.stack, /canary/);
  }
});

test("the options of a grant's life are named when they are wrong", () => {
  const wrong = { profile: "often", tokenRequestsPerMinute: 0, retryUnknownRefresh: "yes", clientSecret: [1] };
  for (const [name, value] of Object.entries(wrong)) {
    assert.throws(() => new LoopClient({ ...sandbox.options(), [name]: value }), { code: "invalid_option", detail: name }, name);
  }
  for (const profile of ["strict", "introspect", "grace:60", "replay"]) {
    new LoopClient({ ...sandbox.options(), profile, tokenRequestsPerMinute: 30, retryUnknownRefresh: true });
  }
});
