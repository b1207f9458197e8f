// What the package has of Node's: every operation with its golden value, and by name what it deliberately lacks.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { CoreNative, DeviceClient, errors, failure, optionsOf, repository, root, startSandbox } from "./harness.mjs";

const require = createRequire(import.meta.url);
const { SCOPES, CONSENT_TEXTS } = require("../lib/shared/generated.js");
const { safeView } = require("../lib/shared/safe-view.js");
// Some cases prepare others with a machine, which a phone never is.
const { LoopClient: ServerClient, M2MClient } = require(join(repository, "bindings-node"));

const { cases } = JSON.parse(readFileSync(join(repository, "conformance", "operations.json"), "utf8"));
const OWN = Object.values(SCOPES).filter((scope) => !scope.startsWith("admin:"));

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

/** Each value of a JSON value, turned into something else. */
function turned(value, turn, name) {
  const own = turn(value, name);
  if (own !== value || typeof value !== "object" || value === null) {
    return own;
  }
  const entries = Object.entries(value).map(([key, inner]) => [key, turned(inner, turn, key)]);
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}

const filled = (value, saved) =>
  turned(value, (each) => (typeof each === "string" && each.startsWith("${") ? saved.get(each.slice(2, -1)) : each));

const masked = (value, names) => turned(value, (each, name) => (names.includes(name) && each !== null ? "<masked>" : each));

async function signedIn(...more) {
  const sandbox = await startSandbox("--scopes", OWN.join(" "), ...more);
  const loop = new DeviceClient(new CoreNative({ browse: (url) => sandbox.signIn(url) }), optionsOf(sandbox));
  const { userId } = await loop.signIn();
  return { sandbox, loop, userId };
}

test("every operation of a person returns its golden value and its golden safe view", async () => {
  const { sandbox, loop, userId } = await signedIn();
  const machine = new M2MClient(await sandbox.machineOptions(Object.values(SCOPES).filter((scope) => !OWN.includes(scope))));
  const saved = new Map([["person", userId], ["nia", "user_01HXYN1A00D2F6K8P4T7W1Z3X5"]]);
  const keep = (wanted, whole) => {
    for (const [name, path] of Object.entries(wanted)) {
      saved.set(name, path.split(".").reduce((inner, part) => inner[part], whole));
    }
  };
  for (const { operation, caller, prepare, arguments: given, save = {}, masked: names = [], result, safe_view } of cases) {
    if (prepare !== undefined) {
      const order = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(filled(prepare.body, saved)) };
      keep(prepare.save, await (await fetch(`${sandbox.baseUrl}/_sandbox/${prepare.lever}`, order)).json());
    }
    const [service, method] = operation.split(".").map(camel);
    const args = Object.fromEntries(Object.entries(filled(given, saved)).map(([name, value]) => [camel(name), value]));
    const client = caller === "machine" ? machine : loop;
    assert.equal(typeof client[service]?.[method], "function", `${operation} has no method`);
    const value = Object.keys(args).length === 0 ? await client[service][method]() : await client[service][method](args);
    const plain = JSON.parse(JSON.stringify(value ?? null));
    keep(save, plain);
    if (caller === "machine") {
      continue;
    }
    assert.deepEqual(masked(plain, names), result, operation);
    if (value !== undefined) {
      assert.deepEqual(masked(JSON.parse(JSON.stringify(safeView(value))), names), safe_view, `safe view of ${operation}`);
    }
  }
});

test("`for await` goes over all pages of an operation, by cursor and by offset", async () => {
  const { loop } = await signedIn();
  for (const first of [await loop.comms.listNotifications({ limit: 5 }), await loop.clinical.listLabMarkers({ limit: 4 })]) {
    assert.equal(typeof first.nextCursor, "string");
    const ids = [];
    for await (const { id } of first) {
      ids.push(id);
    }
    assert.equal(ids.length > 2 * first.length && new Set(ids).size === ids.length, true, `${ids.length} of ${first.length}`);
  }
});

test("a number that must keep every digit is a text", async () => {
  const { loop, userId } = await signedIn();
  const { morning, evening } = await loop.patientGraph.getTodaySchedule({ patientId: userId, date: "2026-05-04" });
  const doses = [...morning, ...evening].map(({ dose_amount }) => dose_amount);
  assert.equal(doses.length > 0 && doses.every((dose) => typeof dose === "string" && /^\d+(\.\d+)?$/.test(dose)), true);
});

test("a write that its time limit cuts off has an unknown outcome, and the error's key finds out", async () => {
  const { sandbox, loop, userId } = await signedIn();
  const limit = { timeout: 300 };
  const biomarkers = [{ code: "ldl_c", name: "LDL", value: 101, unit: "mg/dL", collected_at: "2026-05-20T07:00:00Z" }];
  const args = { patientId: userId, brandId: "loop", source: "test", biomarkers };
  await sandbox.apiFault({ kind: "hang", when: "after", times: 3, ms: 2000 });
  const lost = await failure(loop.clinical.parseBiomarkers(args, limit), "write_outcome_unknown");
  assert.equal(lost instanceof errors.RetryLater && lost.detail.length > 16, true);
  const raw = { service: "clinical", method: "POST", path: "/v1/biomarkers/parse", body: {} };
  assert.equal((await failure(loop.request(raw, limit), "write_outcome_unknown")).detail, null);
  await failure(loop.clinical.listBiomarkers({}, limit), "timeout");
  // Sent again under its key it is done once.
  const [written] = await loop.clinical.parseBiomarkers({ ...args, idempotencyKey: lost.detail });
  const mine = (await loop.clinical.listBiomarkers()).items.filter(({ value, collected_at }) => {
    return value === 101 && collected_at === biomarkers[0].collected_at;
  });
  assert.deepEqual(mine.map(({ id }) => id), [written.id]);
});

test("a scope has its constant and the words that a person reads", () => {
  assert.equal(SCOPES.READ_BIOMARKERS, "read:biomarkers");
  assert.equal(CONSENT_TEXTS[SCOPES.READ_BIOMARKERS], "View your lab results");
  assert.deepEqual(Object.keys(CONSENT_TEXTS).toSorted(), OWN.filter((scope) => CONSENT_TEXTS[scope]).toSorted());
});

test("the README names everything of Node's package that this one lacks", () => {
  const index = (path) => readFileSync(join(repository, path), "utf8").replaceAll(/\/\/.*/g, "");
  const exported = (path) => {
    const names = [...index(path).matchAll(/export (?:type )?(?:\{([^}]*)\}|\* as (\w+))/g)];
    return names.flatMap(([, list, star]) => (star ? [star] : list.split(",").map((each) => each.replace("type ", "").trim())));
  };
  const methods = ({ prototype }) =>
    Object.entries(Object.getOwnPropertyDescriptors(prototype))
      .filter(([name, { value }]) => typeof value === "function" && !/^(constructor|to.*String)$/.test(name))
      .map(([name]) => name);
  const here = new Set([...exported("bindings-swift-kotlin/expo/src/index.ts"), ...methods(DeviceClient)]);
  const lacking = [...exported("bindings-node/ts/index.ts"), ...methods(ServerClient)].filter((name) => name && !here.has(name));
  assert.equal(lacking.includes("M2MClient") && lacking.includes("webhooks"), true, lacking.join());
  const [, section] = readFileSync(join(root, "README.md"), "utf8").split("## What Node's package has beside\n");
  assert.deepEqual(lacking.filter((name) => !section.split("\n## ")[0].includes(`\`${name}\``)), []);
});
