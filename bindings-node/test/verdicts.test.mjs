// Every answer of `conformance/verdicts.json`, as bytes on a connection: what the caller hears, and what may follow.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { LoopClient } from "@platform/sdk";
import { root } from "./helpers.mjs";

const table = JSON.parse(readFileSync(join(root, "..", "conformance", "verdicts.json"), "utf8"));

/** Larger answers take longer than a test should: the full proof sends them too. */
const LARGEST = 2_000_000;

/** How many cases are played at once. */
const AT_ONCE = 48;

/** A token endpoint that gives the same answer to everybody, and counts. */
async function endpoint(answer) {
  const started = { requests: 0 };
  if (answer.transport === "refused") {
    return Object.assign(started, await refusing());
  }
  const server = createServer((socket) => {
    let received = "";
    // Whoever finds the answer too long hangs up.
    socket.on("error", () => socket.destroy());
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      received += chunk;
      const [head, body] = received.split("\r\n\r\n");
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      if (body !== undefined && body.length === length) {
        started.requests += 1;
        respond(socket, answer);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  started.url = `http://127.0.0.1:${server.address().port}/{service}`;
  started.close = () => server.close();
  return started;
}

/**
 * A port on which nobody listens, held: one that is free may be another endpoint's a moment later. Node can't take a port
 * without listening on it, but the caller's end of a connection has one, too.
 */
async function refusing() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const held = connect(server.address().port, "127.0.0.1");
  const [[other]] = await Promise.all([once(server, "connection"), once(held, "connect")]);
  const close = () => {
    held.destroy();
    other.destroy();
    server.close();
  };
  return { url: `http://127.0.0.1:${held.localPort}/{service}`, close };
}

function respond(socket, { transport, status, headers, body, padding = 0 }) {
  const isCut = transport !== null;
  let whole = Buffer.alloc(0);
  if (status !== null) {
    const content = Buffer.concat([Buffer.from(body ?? ""), Buffer.alloc(padding, " ")]);
    const lines = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
    const length = content.length + (isCut ? 100 : 0);
    const head = `HTTP/1.1 ${status} X\r\nconnection: close\r\n${lines.join("")}content-length: ${length}\r\n\r\n`;
    whole = Buffer.concat([Buffer.from(head), content]);
  }
  if (transport === "reset") {
    socket.write(whole, () => socket.resetAndDestroy());
  } else {
    socket.end(whole);
  }
}

/** What each of the two calls is to hear, and how many requests it may make. */
function expected({ name, verdict, code: given, retry_after_ms: wait, next_requests: next }) {
  const code = given ?? "granted";
  switch (verdict) {
    case "granted":
      // A token that is over when it arrives serves one call.
      return [[code, 1], [code, next === 1 ? 1 : 0]];
    case "ambiguous":
    case "rejected":
    // Nobody asks again for a few seconds.
    case "client":
    case "operator":
      return [[code, 1], [code, 0]];
    case "retry":
      if (code === "unreachable") {
        return [[code, 0], [code, 0]];
      }
      // A longer pause is the caller's to make, and holds for everybody: whatever the reason was.
      return (wait ?? 0) > 5000 ? [[code, 1], ["rate_limited", 0]] : [[code, 3], [code, 3]];
    default:
      throw new Error(`${name}: ${verdict} is no verdict`);
  }
}

async function prepare({ name, answer }) {
  assert.ok([null, "refused", "no_answer", "reset", "truncated"].includes(answer.transport), answer.transport);
  const server = await endpoint(answer);
  const app = { clientId: "client_1", clientSecret: "secret_1", environment: server.url };
  const loop = new LoopClient({ ...app, store: "memory:" });
  await loop.importGrant({ userId: "u", refreshToken: "r0" });
  return { name, server, loop };
}

async function play({ server, loop }) {
  const heard = [];
  for (let call = 0; call < 2; call++) {
    const before = server.requests;
    const said = await loop.accessToken({ userId: "u" }).then(() => "granted", (error) => error.code);
    heard.push([said, server.requests - before]);
  }
  server.close();
  return heard;
}

test("every answer has the verdict of the table", async () => {
  assert.ok(table.length >= 60);
  const isPlayed = ({ answer }) => process.env.LOOP_PROVE !== undefined || (answer.padding ?? 0) <= LARGEST;
  for (const { name } of table.filter((each) => !isPlayed(each))) {
    console.log(`left to the full proof, because it takes long: ${name}`);
  }
  const cases = table.filter(isPlayed);
  // Before the first call: a client takes long to make, and a second call must follow its first within seconds.
  const prepared = [];
  for (const each of cases) {
    prepared.push(await prepare(each));
  }
  const heard = new Map();
  const player = async () => {
    for (let each = prepared.shift(); each !== undefined; each = prepared.shift()) {
      heard.set(each.name, JSON.stringify(await play(each)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, player));
  // Looked up for the whole table: a case that was not played fails, unless it is the one that is too large.
  const isLeft = ({ name, answer }) => !heard.has(name) && answer.padding > LARGEST;
  assert.ok(table.filter(isLeft).length <= 1);
  const wrong = table
    .filter((each) => !isLeft(each) && heard.get(each.name) !== JSON.stringify(expected(each)))
    .map((each) => `${each.name}: heard ${heard.get(each.name)}, expected ${JSON.stringify(expected(each))}`);
  assert.deepEqual(wrong, []);
});
