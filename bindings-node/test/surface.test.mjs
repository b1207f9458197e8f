// The package's shape: error classes across import and require, codes, printing, pages, cancellation, process life.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { getEventListeners, once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { format, inspect } from "node:util";
import { Worker } from "node:worker_threads";
import * as esm from "@platform/sdk";
import { environment, failure, run, sandboxWithClient, signIn } from "./helpers.mjs";

const cjs = createRequire(import.meta.url)("@platform/sdk");
const { sandbox, loop } = await sandboxWithClient();

test("import and require give the same things", () => {
  const marks = ["default", "module.exports", "__esModule"];
  const names = Object.keys(esm).filter((name) => !marks.includes(name));
  assert.deepEqual(names.sort(), Object.keys(cjs).sort());
  for (const [name, value] of Object.entries(cjs)) {
    assert.equal(esm[name], value, name);
  }
});

test("an error has the class of its action, and is recognised in every copy", async () => {
  const error = await failure(loop.accessToken({ userId: "nobody" }), "not_connected");
  assert.ok(error instanceof esm.SignInRequired && error instanceof cjs.LoopError && error instanceof Error);
  assert.equal(error.name, "SignInRequired");
  assert.match(error.stack, /^SignInRequired: /);
  assert.ok(esm.isLoopError(error) && cjs.isLoopError(error));
  const copy = { [Symbol.for("@platform/sdk.LoopError")]: true };
  assert.ok(esm.isLoopError(copy) && !esm.isLoopError(new Error("x")) && !esm.isLoopError(null));
  assert.deepEqual(
    [error.action, error.retryAfterMs, error.status, error.requestId, error.detail, error.cause],
    ["sign_in_again", null, null, null, null, undefined],
  );
});

test("the codes are those of the core", () => {
  const file = new URL("../../conformance/codes.json", import.meta.url);
  const { codes, actions } = JSON.parse(readFileSync(file, "utf8"));
  assert.deepEqual({ ...esm.ERROR_ACTIONS }, codes);
  const generated = readFileSync(new URL("../ts/generated.ts", import.meta.url), "utf8");
  const union = (name) => {
    const [, text] = new RegExp(`export type ${name} (=[^]*?);\n`).exec(generated);
    return [...text.matchAll(/[|=] "(\w+)"/g)].map((match) => match[1]);
  };
  assert.deepEqual(union("ErrorCode"), Object.keys(codes));
  assert.deepEqual(union("Action"), actions);
});

test("nothing that is printed holds a token, a secret, a code or a clinical value", async () => {
  const { clientSecret } = sandbox.options();
  const begun = await loop.authorizationUrl();
  const callback = await sandbox.signIn(begun.url);
  const code = new URL(callback).searchParams.get("code");
  const tokens = await loop.handleCallback(callback, begun);
  const biomarkers = await loop.clinical.listBiomarkers({ userId: tokens.userId });
  const protocol = await loop.clinical.getProtocol({ userId: tokens.userId, protocolId: "prt_iron_vitamin_d" });
  const response = await loop.request({ userId: tokens.userId, service: "clinical", path: "/v1/biomarkers/me" });
  const errors = [
    await failure(loop.handleCallback(callback, begun), "already_completed"),
    await failure(loop.exchangeCode(code, "x"), "state_unknown"),
    await failure(loop.clinical.getProtocol({ userId: tokens.userId, protocolId: "none" }), "not_found"),
  ];
  const values = [begun, tokens, tokens.claims, biomarkers, biomarkers.items, protocol, protocol.criteria];
  values.push(
    protocol.recommendations,
    protocol.recommendations[0],
    response,
    response.body,
    protocol.contraindications,
    loop,
    loop.user(tokens.userId),
    ...errors,
  );
  const first = biomarkers.items[0];
  const canaries = [
    clientSecret,
    code,
    begun.state,
    begun.browserSecret,
    tokens.accessToken,
    first.id,
    first.patient_id,
  ];
  canaries.push(protocol.contraindications[0].reason, first.biomarker_name, first.collected_at, tokens.claims.sub, protocol.recommendations[0].title, "lph_");
  for (const value of values) {
    const shown = [
      inspect(value, { depth: 9, showHidden: true, getters: true }),
      inspect({ nested: [value] }, { depth: 9 }),
      inspect(value, { depth: 9, customInspect: false }),
      inspect(value, { depth: 9, customInspect: false, showHidden: true }),
      format("%s %o %O %d", value, value, value, value),
      String(value),
      `${value}`,
      "" + value,
      value.toString(),
      value.toLocaleString(),
    ].join("\n");
    // The user id is a name that an app chooses to print; only a whole record or claim is hidden.
    for (const canary of canaries.filter((canary) => canary !== tokens.claims.sub || value !== tokens)) {
      assert.ok(!shown.includes(canary), `${shown.slice(0, 300)} shows ${canary}`);
    }
  }
  assert.equal(
    `${biomarkers}`,
    `<Page of ${biomarkers.length} Biomarker; values hidden, use .items or JSON.stringify>`,
  );
  assert.equal(inspect(first), "<Biomarker: values hidden>");
  assert.ok(!JSON.stringify(tokens).includes(tokens.accessToken));
});

test("JSON holds whole records, as they travel", async () => {
  const { userId } = await signIn(sandbox, loop);
  const page = await loop.clinical.listBiomarkers({ userId });
  const copy = JSON.parse(JSON.stringify(page));
  assert.deepEqual(Object.keys(copy), ["items", "next_cursor", "total"]);
  assert.deepEqual(Object.keys(copy.items[0]), Object.keys(page.items[0]));
  assert.equal(copy.items[0].value, page.items[0].value);
  const { biomarker_name, ...rest } = page.items[0];
  assert.ok(biomarker_name && rest.unit);
  assert.deepEqual({ ...page.items[0] }, copy.items[0]);
  assert.deepEqual({ ...structuredClone(page.items[0]) }, copy.items[0]);
  const response = await loop.request({ userId, service: "clinical", path: "/v1/biomarkers/me" });
  assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(response))), ["status", "requestId", "body"]);
  const begun = await loop.authorizationUrl();
  const { url, state, browserSecret } = begun;
  assert.deepEqual(JSON.parse(JSON.stringify(begun)), { url, state, browserSecret });
  const protocol = await loop.user(userId).clinical.getProtocol({ protocolId: "prt_iron_vitamin_d" });
  assert.equal(JSON.parse(JSON.stringify(protocol)).criteria.any[0].biomarker_code, "ferritin");
  assert.deepEqual(Object.keys(protocol.criteria).sort(), ["age", "any"]);
});

test("a page is a list, and for await goes over all of them", async () => {
  const { userId } = await signIn(sandbox, loop);
  const page = await loop.clinical.listBiomarkers({ userId });
  assert.equal([...page].length, page.length);
  assert.deepEqual(
    page.map((item) => item.id),
    page.items.map((item) => item.id),
  );
  const all = [];
  for await (const item of page) {
    all.push(item);
  }
  assert.equal(all.length, page.length);
  assert.equal(page.nextCursor, null);
});

test("a call ends when its signal does, or its time", async () => {
  // A server that takes the request and never answers.
  const sockets = [];
  const silent = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
  await new Promise((resolve) => silent.once("listening", resolve));
  const environment = `http://127.0.0.1:${silent.address().port}/{service}`;
  const stuck = new esm.LoopClient({ ...sandbox.options(), environment });
  const expiresAt = new Date(Date.now() + 3_600_000);
  await stuck.importGrant({ userId: "u", refreshToken: "lph_rt_x", accessToken: "lph_at_x", expiresAt });
  const call = (options) => stuck.clinical.listBiomarkers({ userId: "u" }, options);

  const controller = new AbortController();
  const cancelled = call({ signal: controller.signal });
  controller.abort();
  const error = await failure(cancelled, "cancelled");
  assert.equal(error.constructor, esm.RetryLater);
  assert.equal(error.cause, controller.signal.reason);
  assert.ok(!Object.keys(error).includes("cause"));
  assert.equal((await failure(call({ signal: AbortSignal.timeout(20) }), "cancelled")).cause.name, "TimeoutError");
  await failure(call({ timeout: 20 }), "timeout");
  const connections = sockets.length;
  await failure(call({ signal: AbortSignal.abort() }), "cancelled");
  assert.equal(sockets.length, connections);
  sockets.forEach((socket) => socket.destroy());
  silent.close();
});

test("one signal ends hundreds of calls with one listener", async () => {
  const warnings = [];
  const warn = (warning) => warnings.push(warning.name);
  process.on("warning", warn);
  const sockets = [];
  const silent = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const environment = `http://127.0.0.1:${silent.address().port}/{service}`;
  const stuck = new esm.LoopClient({ ...sandbox.options(), environment });
  await stuck.importGrant({ userId: "u", refreshToken: "lph_rt_x" });
  const controller = new AbortController();
  const { signal } = controller;
  const calls = Array.from({ length: 200 }, () => failure(stuck.accessToken({ userId: "u" }, { signal }), "cancelled"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(getEventListeners(signal, "abort").length, 1);
  controller.abort();
  await Promise.all(calls);
  // Signals may outlive thousands of calls: nothing stays behind on them.
  const long = new AbortController();
  await failure(loop.accessToken({ userId: "nobody" }, { signal: long.signal }), "not_connected");
  assert.equal(getEventListeners(long.signal, "abort").length, 0);
  process.off("warning", warn);
  assert.deepEqual(warnings, []);
  sockets.forEach((socket) => socket.destroy());
  silent.close();
});

test("an idle client lets the process end, and a call keeps it up", async () => {
  const { userId } = await signIn(sandbox, loop);
  const script = `
    import { LoopClient } from "@platform/sdk";
    const loop = new LoopClient();
    loop.importGrant({ userId: process.argv[1], refreshToken: "lph_rt_none", accessToken: process.argv[2], expiresAt: new Date(Date.now() + 1e6) })
      .then(() => loop.clinical.listBiomarkers({ userId: process.argv[1] }))
      .then((page) => console.log(String(page.length)));
  `;
  const env = environment(sandbox, "memory:");
  const { stdout } = await run(script, env, [userId, await loop.accessToken({ userId })]);
  assert.match(stdout, /^\d+\n$/);
});

test("a client works in a worker thread, which may end in the middle of a call", async () => {
  const { userId } = await signIn(sandbox, loop);
  const grant = { userId, refreshToken: "lph_rt_x", accessToken: await loop.accessToken({ userId }) };
  const script = `
    const { parentPort, workerData } = require("node:worker_threads");
    const { LoopClient } = require("@platform/sdk");
    const loop = new LoopClient(workerData.options);
    const { userId } = workerData.grant;
    loop
      .importGrant({ ...workerData.grant, expiresAt: new Date(Date.now() + 1e6) })
      .then(() => loop.clinical.listBiomarkers({ userId }))
      .then((page) => parentPort.postMessage(page.length))
      .then(() => Promise.all(Array.from({ length: 32 }, () => loop.clinical.listBiomarkers({ userId }))));
  `;
  for (let round = 0; round < 3; round++) {
    const worker = new Worker(script, { eval: true, workerData: { options: sandbox.options(), grant } });
    const [length] = await once(worker, "message");
    assert.ok(length > 0);
    await worker.terminate();
  }
  assert.ok((await loop.clinical.listBiomarkers({ userId })).length > 0);
});

test("one process finishes what another began", async () => {
  const store = `sqlite://${join(mkdtempSync(join(tmpdir(), "loop-")), "grants.db")}`;
  const env = environment(sandbox, store);
  const begin = `
    import { LoopClient } from "@platform/sdk";
    console.log(JSON.stringify(await new LoopClient().authorizationUrl()));
  `;
  const finish = `
    import { LoopClient } from "@platform/sdk";
    const tokens = await new LoopClient().handleCallback(process.argv[1], { browserSecret: process.argv[2] });
    console.log(tokens.userId);
  `;
  const { url, browserSecret } = JSON.parse((await run(begin, env)).stdout);
  const callback = await sandbox.signIn(url);
  const { stdout } = await run(finish, env, [callback, browserSecret]);
  const here = new esm.LoopClient({ ...sandbox.options(), store });
  assert.ok((await here.clinical.listBiomarkers({ userId: stdout.trim() })).length > 0);
  await failure(here.handleCallback(callback, { browserSecret }), "already_completed");
});

test("a machine without the addon is told which package is missing", async () => {
  const script = `
    import Module from "node:module";
    const resolve = Module._resolveFilename;
    Module._resolveFilename = function (name, ...rest) {
      if (name.includes("sdk-") || name.endsWith(".node")) {
        throw Object.assign(new Error("Cannot find module '" + name + "'"), { code: "MODULE_NOT_FOUND" });
      }
      return resolve.call(this, name, ...rest);
    };
    const { LoopClient } = await import("@platform/sdk");
    try { new LoopClient(); } catch (error) { console.log(error.message); }
  `;
  const { stdout } = await run(script);
  assert.match(stdout, new RegExp(`@platform/sdk-${process.platform}-${process.arch}`));
  assert.match(stdout, /npm install/);
});
