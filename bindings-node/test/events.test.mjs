// Events, statuses and errors on this side of the core: their shape, and what is never printed.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { format, inspect } from "node:util";
import { InvalidCall, LoopClient } from "@platform/sdk";
import { errorOf } from "../lib/errors.js";
import { eventHook, LoopEvent } from "../lib/events.js";
import { Thrown } from "../lib/hook.js";
import { splitOptions } from "../lib/options.js";
import { Page } from "../lib/page.js";
import { GrantStatus, keptAlive } from "../lib/status.js";
import { failure, flatError } from "./helpers.mjs";

const USER = "user_canary";

/** Every way in which a value is printed. */
function printed(value) {
  return [
    inspect(value, { depth: 9, showHidden: true, getters: true }),
    inspect({ nested: [value] }, { depth: 9, showHidden: true, getters: true }),
    inspect(value, { depth: 9, customInspect: false, showHidden: true }),
    format("%s %o %O", value, value, value),
    String(value),
  ].join("\n");
}

const statusReply = (user_id) => ({
  user_id,
  state: "connected",
  connected: true,
  scopes: ["read:biomarkers"],
  access_expires_at: 1000,
  refresh_expires_at: null,
  next: null,
});

test("an event prints without the person, and JSON holds all of it", () => {
  const event = new LoopEvent({ kind: "ended", user_id: USER, at: 1000, code: "grant_ended" });
  assert.doesNotMatch(printed(event), /canary/);
  assert.equal(inspect(event), "<LoopEvent ended grant_ended>");
  assert.deepEqual(JSON.parse(JSON.stringify(event)), {
    kind: "ended",
    userId: USER,
    at: "1970-01-01T00:00:01.000Z",
    code: "grant_ended",
  });
  const bare = new LoopEvent({ kind: "refreshed", user_id: USER, at: 0, code: null });
  assert.deepEqual([bare.code, inspect(bare)], [null, "<LoopEvent refreshed>"]);
});

test("what a listener throws, or rejects with, is a warning without its text", async () => {
  const event = JSON.stringify({ kind: "saved", user_id: USER, at: 0, code: null });
  const fail = (event) => { throw new RangeError(`canary ${event.userId}`); };
  for (const listener of [fail, async (event) => fail(event)]) {
    const warning = once(process, "warning");
    eventHook(listener)(event);
    const [{ message, code }] = await warning;
    assert.deepEqual([message, code], ["onEvent threw RangeError.", "LOOP_ON_EVENT"]);
  }
  const heard = [];
  eventHook((event) => heard.push(event))(event);
  assert.ok(heard[0] instanceof LoopEvent && heard[0].kind === "saved");
});

test("a status prints without the person, and JSON holds all of it", () => {
  const status = new GrantStatus(statusReply(USER));
  assert.doesNotMatch(printed(status), /canary/);
  assert.equal(inspect(status), "<GrantStatus connected: values hidden>");
  const { userId, state, connected, scopes, accessExpiresAt, refreshExpiresAt, next } = status;
  assert.deepEqual(
    { userId, state, connected, scopes, accessExpiresAt, refreshExpiresAt, next },
    { userId: USER, state: "connected", connected: true, scopes: ["read:biomarkers"], accessExpiresAt: new Date(1000), refreshExpiresAt: null, next: null },
  );
  assert.equal(JSON.parse(JSON.stringify(status)).userId, USER);
  const numbers = { looked_at: 5, refreshed: 1, ended: 2, unknown: 0, left: 2 };
  assert.deepEqual(keptAlive(numbers), { lookedAt: 5, refreshed: 1, ended: 2, unknown: 0, left: 2 });
});

test("for await goes over every page, and asks for each once", async () => {
  const asked = [];
  const pages = { null: [["a", "b"], "b"], b: [["c"], "c"], c: [[], null] };
  const page = (cursor) => {
    asked.push(cursor);
    const [users, next_cursor] = pages[cursor];
    const reply = { items: users.map(statusReply), next_cursor };
    return new Page(reply, "GrantStatus", (item) => new GrantStatus(item), async (cursor) => page(cursor));
  };
  const first = page(null);
  assert.deepEqual([...first].map((status) => status.userId), ["a", "b"]);
  assert.equal(first.nextCursor, "b");
  const all = [];
  for await (const status of first) all.push(status.userId);
  assert.deepEqual([all, asked], [["a", "b", "c"], [null, "b", "c"]]);
});

test("an error knows whose call failed, and neither prints nor serializes it", () => {
  const error = errorOf(flatError({ user_id: USER, request_id: "req_1" }));
  assert.equal(error.userId, USER);
  assert.doesNotMatch(printed(error) + error.stack + JSON.stringify(error) + JSON.stringify({ ...error }), /canary/);
  assert.match(inspect(error), /^SignInRequired: The grant is over\.\n +at [^]*requestId: 'req_1'/);
  assert.equal(errorOf(flatError()).userId, null);
});

test("an error begins the sign-in that it asks for, through the client that threw it", async () => {
  const calls = [];
  const origin = { thrown: new Thrown(), signInAgain: async (...args) => calls.push(args) && "begun" };
  const { signal } = new AbortController();
  const ended = errorOf(flatError({ user_id: USER }), origin);
  assert.equal(await ended.authorizationUrl({ appState: "/x", userId: "user_other" }, { signal }), "begun");
  const scope = { code: "scope_required", action: "ask_for_scope", user_id: USER, missing_scopes: ["read:protocols"] };
  const lacking = errorOf(flatError(scope), origin);
  assert.deepEqual(lacking.missingScopes, ["read:protocols"]);
  assert.equal(await lacking.authorizationUrl(), "begun");
  assert.deepEqual(calls, [
    [{ appState: "/x", userId: USER }, { signal }],
    [{ userId: USER, missingScopes: ["read:protocols"] }, undefined],
  ]);
  assert.doesNotMatch(printed(ended), /thrown|signInAgain/);
  await failure(errorOf(flatError()).authorizationUrl(), "invalid_option");
});

test("client secrets come from a function, sync or async, one or several", async () => {
  const ask = async (clientSecret) => JSON.parse(await splitOptions({ clientSecret }).hooks.clientSecret("clientSecret", ""));
  assert.deepEqual(await ask(() => "s1"), { value: ["s1"] });
  assert.deepEqual(await ask(async () => ["s2", "s1"]), { value: ["s2", "s1"] });
  for (const wrong of [undefined, null, "", [], [1], ["a", ""], {}]) {
    assert.match((await ask(() => wrong)).wrong, /^must return a text/);
  }
  const { threw } = await ask(() => { throw new TypeError("canary"); });
  assert.deepEqual([threw.class, threw.unknown], ["TypeError", false]);
  // Neither the function nor what it returns is an option that crosses.
  assert.deepEqual(JSON.stringify(splitOptions({ clientSecret: () => "canary" }).plain), "{}");
});

test("a listener that is no function is refused", () => {
  for (const onEvent of [7, "log", {}, []]) {
    assert.throws(() => new LoopClient({ onEvent }), (error) => error instanceof InvalidCall && error.detail === "onEvent");
  }
});
