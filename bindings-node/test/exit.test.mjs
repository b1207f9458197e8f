// The end of a process: Node stays up until a refresh that nobody waits for is stored, and ends by itself then.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { LoopClient } from "@platform/sdk";
import { elsewhere, environment, refreshes, root, sandboxWithClient } from "./helpers.mjs";

const { sandbox } = await sandboxWithClient();
const folder = mkdtempSync(join(tmpdir(), "loop-exit-"));
after(() => rmSync(folder, { recursive: true }));

/** The sandbox behind a line that holds a refresh's answer back until it is let go. */
async function heldLine() {
  const { port } = new URL(sandbox.baseUrl);
  let release;
  const released = new Promise((resolve) => (release = resolve));
  let asked;
  const isAsked = new Promise((resolve) => (asked = resolve));
  const server = createServer((socket) => {
    const upstream = connect(Number(port), "127.0.0.1");
    let isRefresh = false;
    socket.on("data", (chunk) => {
      isRefresh ||= chunk.includes("grant_type=refresh_token");
      upstream.write(chunk);
    });
    upstream.on("data", async (chunk) => {
      if (isRefresh) {
        asked();
        await released;
      }
      socket.write(chunk);
    });
    for (const [one, other] of [[socket, upstream], [upstream, socket]]) {
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}/{service}`, isAsked, release };
}

/** A script in a Node of its own, which `say` reaches on its standard input. */
function child(script, env, args) {
  const node = spawn(process.execPath, ["--input-type=module", "--eval", script, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  node.stdout.on("data", (chunk) => (output += chunk));
  const ended = once(node, "close").then(([code, signal]) => ({ code, signal, output }));
  return { say: (text) => node.stdin.end(text), ended };
}

const begin = `
  import { LoopClient } from "@platform/sdk";
  import { MapStore } from "./test/stores.mjs";
  const [userId, refreshToken] = process.argv.slice(1);
  const kinds = [];
  process.on("exit", () => console.log(JSON.stringify(kinds)));
  const onEvent = ({ kind }) => kinds.push(kind);
`;
const giveUp = `
  await loop.importGrant({ userId, refreshToken });
  const controller = new AbortController();
  process.stdin.once("data", () => {
    controller.abort();
    process.stdin.destroy();
  });
  await loop.accessToken({ userId }, { signal: controller.signal }).catch((error) => console.log(error.code));
`;

/** Lets the caller give up, and checks that the process waits for an answer all the same. */
async function staysUp(node, line) {
  await line.isAsked;
  node.say("give up");
  const early = await Promise.race([node.ended, new Promise((resolve) => setTimeout(resolve, 500))]);
  assert.equal(early, undefined, "the process ended before the answer came");
  line.release();
}

test("a refresh whose caller gave up is stored before the process ends", async () => {
  const line = await heldLine();
  const env = { ...environment(sandbox, `sqlite://${join(folder, "grants.db")}`), LOOP_ENVIRONMENT: line.url };
  const { userId, refreshToken } = await elsewhere(sandbox, "ada");
  const script = `${begin} const loop = new LoopClient({ onEvent }); ${giveUp}`;
  const node = child(script, env, [userId, refreshToken]);
  await staysUp(node, line);
  assert.deepEqual(await node.ended, { code: 0, signal: null, output: 'cancelled\n["refreshed","saved"]\n' });
  const before = await refreshes(sandbox);
  const here = new LoopClient({ ...sandbox.options(), environment: line.url, store: env.LOOP_STORE });
  assert.ok((await here.clinical.listBiomarkers({ userId })).length > 0);
  assert.equal(await refreshes(sandbox), before);
});

test("the same over a store of the application's own, which needs Node's thread", async () => {
  const line = await heldLine();
  const env = { ...environment(sandbox, "memory:"), LOOP_ENVIRONMENT: line.url };
  const { userId, refreshToken } = await elsewhere(sandbox, "ben");
  const script = `${begin} const loop = new LoopClient({ onEvent, store: new MapStore() }); ${giveUp}`;
  const node = child(script, env, [userId, refreshToken]);
  await staysUp(node, line);
  assert.deepEqual(await node.ended, { code: 0, signal: null, output: 'cancelled\n["refreshed","saved"]\n' });
});

test("tokens that could not be stored keep the process up until they are", async () => {
  const { userId, refreshToken } = await elsewhere(sandbox, "mei");
  const script = `${begin}
    const store = new MapStore();
    const save = store.save.bind(store);
    const loop = new LoopClient({ onEvent, store });
    let grant;
    store.save = (key, ...args) => { grant = key; return save(key, ...args); };
    await loop.importGrant({ userId, refreshToken });
    let writes = 0;
    // The first write of the grant is the intent; the next ones hold new tokens.
    store.save = (key, ...args) => {
      if (key === grant && [2, 3, 4].includes(++writes)) throw new Error("the disk is full");
      return save(key, ...args);
    };
    await loop.accessToken({ userId }).catch((error) => console.log(error.code));
  `;
  const node = child(script, environment(sandbox, "memory:"), [userId, refreshToken]);
  const { code, output } = await node.ended;
  assert.equal(code, 0);
  const [error, kinds] = output.trim().split("\n");
  assert.equal(error, "token_not_saved");
  assert.equal(JSON.parse(kinds)[0], "refreshed");
  assert.equal(JSON.parse(kinds).at(-1), "saved");
});

test("drain waits for what is under way, and says whether that was enough", async () => {
  const line = await heldLine();
  const loop = new LoopClient({ ...sandbox.options(), environment: line.url });
  const { userId, refreshToken } = await elsewhere(sandbox, "omar");
  await loop.importGrant({ userId, refreshToken });
  const call = loop.accessToken({ userId });
  await line.isAsked;
  assert.equal(await loop.drain({ timeout: 20 }), false);
  const drained = loop.drain({ timeout: 20_000 });
  line.release();
  assert.equal(await drained, true);
  await call;
  assert.equal(await loop.drain(), true);
});
