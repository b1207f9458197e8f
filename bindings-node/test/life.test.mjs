// Nobody is signed out by accident: many callers, clients, threads and processes, and callers that give up.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { after, test } from "node:test";
import { Worker } from "node:worker_threads";
import { isLoopError, LoopClient } from "@platform/sdk";
import { importDue, refreshes, root, sandboxWithClient } from "./helpers.mjs";

// More sign-ins and refreshes than a real minute allows.
const { sandbox, loop } = await sandboxWithClient({}, { tokenRequestsPerMinute: 100_000 });
const folder = mkdtempSync(join(tmpdir(), "loop-life-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const sqliteFile = () => `sqlite://${join(folder, `${(files += 1)}.db`)}`;

/** Runs what races for an ended token, and checks that one refresh served all, and that the grant is alive. */
async function oneRefresh(client, race) {
  const userId = await importDue(sandbox, client);
  const before = await refreshes(sandbox);
  const tokens = await race(userId);
  assert.equal(new Set(tokens).size, 1);
  assert.equal((await refreshes(sandbox)) - before, 1);
  assert.ok((await client.clinical.listBiomarkers({ userId })).length > 0);
}

test("64 calls on an ended token make one refresh", () =>
  oneRefresh(loop, (userId) => Promise.all(Array.from({ length: 64 }, () => loop.accessToken({ userId })))));

test("64 calls of an operation on an ended token make one refresh", async () => {
  const userId = await importDue(sandbox, loop);
  const before = await refreshes(sandbox);
  const pages = await Promise.all(Array.from({ length: 64 }, () => loop.clinical.listBiomarkers({ userId })));
  assert.ok(pages.every((page) => page.length > 0));
  assert.equal((await refreshes(sandbox)) - before, 1);
});

test("8 clients of one process on one SQLite file make one refresh", async () => {
  const store = sqliteFile();
  const clients = Array.from({ length: 8 }, () => new LoopClient({ ...sandbox.options(), store }));
  await oneRefresh(clients[0], (userId) => Promise.all(clients.map((client) => client.accessToken({ userId }))));
});

test("4 worker threads on one SQLite file make one refresh", async () => {
  const options = { ...sandbox.options(), store: sqliteFile() };
  const script = `
    const { parentPort, workerData } = require("node:worker_threads");
    const { LoopClient } = require("@platform/sdk");
    const loop = new LoopClient(workerData);
    parentPort.once("message", async (userId) => {
      const calls = Array.from({ length: 16 }, () => loop.accessToken({ userId }));
      parentPort.postMessage(await Promise.all(calls));
    });
    parentPort.postMessage("ready");
  `;
  const workers = Array.from({ length: 4 }, () => new Worker(script, { eval: true, workerData: options }));
  await Promise.all(workers.map((worker) => once(worker, "message")));
  await oneRefresh(new LoopClient(options), async (userId) => {
    const answers = workers.map((worker) => once(worker, "message"));
    workers.forEach((worker) => worker.postMessage(userId));
    return (await Promise.all(answers)).flat(2);
  });
  await Promise.all(workers.map((worker) => worker.terminate()));
});

test("4 processes on one SQLite file make one refresh", async () => {
  const options = { ...sandbox.options(), store: sqliteFile() };
  const { environment, clientId, clientSecret, redirectUri, scopes, store } = options;
  const snake = { environment, client_id: clientId, client_secret: clientSecret, redirect_uri: redirectUri, scopes, store };
  const processes = Array.from({ length: 4 }, () => new Process());
  const all = (command) => Promise.all(processes.map((process) => process.send(command)));
  assert.deepEqual(await all({ op: "open", options: snake }), Array(4).fill({ ok: true }));
  await oneRefresh(new LoopClient(options), async (user_id) => {
    const answers = await all({ op: "access_token", user_id });
    assert.match(answers[0].token, /^[0-9a-f]{12}$/);
    return answers.map(({ token }) => token);
  });
  const user_id = "nobody";
  const failed = await all({ op: "call", method: "clinical.list_biomarkers", user_id });
  assert.deepEqual(failed, Array(4).fill({ error: "not_connected" }));
  await Promise.all(processes.map((process) => process.end()));
});

/** The worker of the cross-language races, as a process. */
class Process {
  constructor() {
    const script = join(root, "..", "conformance", "workers", "worker.mjs");
    this.child = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async send(command) {
    this.child.stdin.write(`${JSON.stringify(command)}\n`);
    const { value } = await this.lines.next();
    return JSON.parse(value);
  }

  async end() {
    const exit = once(this.child, "exit");
    assert.deepEqual(await this.send({ op: "exit" }), { ok: true });
    assert.deepEqual(await exit, [0, null]);
  }
}

test("callers that give up at random moments lose no grant, and cost nobody else anything", async () => {
  const rounds = Number(process.env.LOOP_PROVE ?? 40);
  let cancelled = 0;
  for (let round = 0; round < rounds; round++) {
    const userId = await importDue(sandbox, loop);
    const before = await refreshes(sandbox);
    const controller = new AbortController();
    const givesUp = loop.accessToken({ userId }, { signal: controller.signal }).catch((error) => error);
    // In every other round nobody waits on: the refresh goes on for the next caller.
    const waiters = round % 2 === 0 ? [loop.accessToken({ userId }), loop.clinical.listBiomarkers({ userId })] : [];
    const moment = Math.random() * 12;
    await setTimeout(moment);
    controller.abort();
    const note = `round ${round}, cancelled after ${moment} ms`;
    const outcome = await givesUp;
    if (isLoopError(outcome)) {
      assert.equal(outcome.code, "cancelled", note);
      cancelled += 1;
    }
    await Promise.all(waiters);
    const token = await loop.accessToken({ userId });
    assert.match(token, /^lph_at_/);
    assert.equal((await refreshes(sandbox)) - before, 1, note);
    assert.ok((await loop.clinical.listBiomarkers({ userId })).length > 0, note);
  }
  assert.ok(cancelled > 0, "some of them were in time");
});
