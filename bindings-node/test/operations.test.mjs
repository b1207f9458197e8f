// Every operation through the generated methods: the decoded value is the one that all languages return.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { LoopClient, M2MClient, safeView, SCOPES } from "@platform/sdk";
import { startSandbox } from "@platform/sdk/testing";
import { failure, signIn } from "./helpers.mjs";

const { cases } = JSON.parse(readFileSync(new URL("../../conformance/operations.json", import.meta.url), "utf8"));
const PERSON = "user_01HXYADA00M7Q4T9W2K5R8N3B6";

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

/** `${name}` becomes what an earlier case saved. */
function filled(value, saved) {
  if (typeof value === "string" && value.startsWith("${")) {
    return saved.get(value.slice(2, -1));
  }
  if (Array.isArray(value)) {
    return value.map((item) => filled(item, saved));
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, filled(inner, saved)]));
  }
  return value;
}

function masked(value, names) {
  if (Array.isArray(value)) {
    return value.map((item) => masked(item, names));
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([name, inner]) => {
      return [name, names.includes(name) && inner !== null ? "<masked>" : masked(inner, names)];
    });
    return Object.fromEntries(members);
  }
  return value;
}

/** Pulls one of the sandbox's levers. */
async function pull(sandbox, lever, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${sandbox.baseUrl}/_sandbox/${lever}`, { method: "POST", headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, lever);
  return answer.json();
}

test("every operation returns its golden value, and prints nothing of it", async (t) => {
  const admin = Object.values(SCOPES).filter((scope) => scope.startsWith("admin:"));
  const own = Object.values(SCOPES).filter((scope) => !scope.startsWith("admin:"));
  const sandbox = await startSandbox({ scopes: own });
  t.after(() => sandbox.stop());
  const machine = new M2MClient(await sandbox.machineOptions(admin));
  const loop = new LoopClient(sandbox.options());
  const { userId } = await signIn(sandbox, loop);
  assert.equal(userId, PERSON);
  const user = loop.user(userId);
  const saved = new Map([["person", PERSON], ["nia", "user_01HXYN1A00D2F6K8P4T7W1Z3X5"]]);
  const keep = (wanted, whole) => {
    for (const [name, path] of Object.entries(wanted)) {
      saved.set(name, path.split(".").reduce((inner, part) => inner[part], whole));
    }
  };
  for (const { operation, caller, prepare, arguments: given, save = {}, masked: names = [], result, safe_view } of cases) {
    if (prepare !== undefined) {
      keep(prepare.save, await pull(sandbox, prepare.lever, filled(prepare.body, saved)));
    }
    const [service, method] = operation.split(".").map(camel);
    const args = Object.fromEntries(Object.entries(filled(given, saved)).map(([name, value]) => [camel(name), value]));
    const own = caller === "machine" ? machine : user;
    assert.equal(typeof own[service]?.[method], "function", `${operation} has no method`);
    // One without arguments takes its options first.
    const value = Object.keys(args).length === 0 ? await own[service][method]() : await own[service][method](args);
    const plain = JSON.parse(JSON.stringify(value ?? null));
    keep(save, plain);
    assert.deepEqual(masked(plain, names), result, operation);
    // A printed form says what it is, and no more: not one of the texts in it.
    const printed = `${value}`;
    for (const text of JSON.stringify(plain).match(/"(?:[^"\\]|\\.){12,}"/g) ?? []) {
      assert.ok(!printed.includes(text.slice(1, -1)), `${operation} prints ${text}`);
    }
    if (value !== undefined) {
      assert.deepEqual(masked(JSON.parse(JSON.stringify(safeView(value))), names), safe_view, `safe view of ${operation}`);
    }
    if (caller !== "machine") {
      // The same through the client, with the person at the call.
      assert.equal(typeof loop[service][method], "function", operation);
    }
  }
  // The last case disconnected the app, whose token is no good from then on.
  await failure(user.identity.getMe(), "grant_ended");
});
