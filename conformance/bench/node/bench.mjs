// Measures the SDK beside undici and fetch, in one process: URL, SECONDS and ROUNDS in, one line of JSON out.
import { readFileSync } from "node:fs";
import { LoopClient } from "@platform/sdk";
import { Agent, request } from "undici";

const [url, seconds, count] = process.argv.slice(2);
const length = Number(seconds) * 1000;

const person = "user_01j9zq3w7m8k";
const token = "access-token-of-the-bench";
/** How many records the long list has; the server says so too. */
const long = 500;
/** How often warm-up repeats what a round does: V8 compiles meanwhile. */
const warmUps = 2;

const manifest = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
const headers = { authorization: `Bearer ${token}` };
const dispatcher = new Agent({ connections: 64 });

/** A client with a grant whose access token outlives the measurement. */
async function loopClient(environment) {
  const loop = new LoopClient({
    clientId: "bench",
    redirectUri: "http://localhost:3000/callback",
    environment,
    scopes: ["read:biomarkers"],
    store: "memory:",
  });
  await loop.importGrant({
    userId: person,
    refreshToken: "refresh-token-of-the-bench",
    accessToken: token,
    expiresAt: new Date(Date.now() + 12 * 60 * 60 * 1000),
    scopes: ["read:biomarkers"],
  });
  return loop;
}

function sum(records) {
  let total = 0;
  for (const record of records) {
    total += record.value;
  }
  return total;
}

function whole(status) {
  if (status !== 200) {
    throw new Error(`The server answered ${status}.`);
  }
}

/** Each way to make a call. It returns the sum of the records' values, which has to be the same for all. */
async function contenders(size) {
  const loop = await loopClient(`${url}/${size}/{service}`);
  const list = `${url}/${size}/clinical/v1/biomarkers/me`;
  return {
    "Loop SDK": async () => sum(await loop.clinical.listBiomarkers({ userId: person })),
    [`undici ${manifest.dependencies.undici}, request`]: async () => {
      const { statusCode, body } = await request(list, { dispatcher, headers });
      whole(statusCode);
      return sum((await body.json()).results);
    },
    "fetch of Node": async () => {
      const response = await fetch(list, { headers });
      whole(response.status);
      return sum((await response.json()).results);
    },
  };
}

async function secondsPerCall(call, expected) {
  const start = performance.now();
  let calls = 0;
  let took;
  do {
    if ((await call()) !== expected) {
      throw new Error("An answer is not whole.");
    }
    calls += 1;
    took = performance.now() - start;
  } while (took < length);
  return took / 1000 / calls;
}

const callsPerSecond = async (call, expected) => 1 / (await secondsPerCall(call, expected));

async function callsPerSecondConcurrently(call, expected) {
  const each = await Promise.all(Array.from({ length: 64 }, () => secondsPerCall(call, expected)));
  return each.reduce((total, one) => total + 1 / one, 0);
}

const microsecondsPerRecord = async (call, expected) => ((await secondsPerCall(call, expected)) * 1e6) / long;

/** Warm-up, then timed rounds in which the contenders take turns, in alternating order. */
async function measure(name, unit, calls, round) {
  console.error(`Node: ${name}`);
  const all = Object.entries(calls);
  const expected = await all[0][1]();
  for (let index = 0; index < warmUps; index += 1) {
    for (const [, call] of all) {
      await round(call, expected);
    }
  }
  const figures = new Map(all.map(([contender]) => [contender, []]));
  for (let index = 0; index < Number(count); index += 1) {
    for (const [contender, call] of index % 2 === 0 ? all : all.toReversed()) {
      figures.get(contender).push(await round(call, expected));
    }
  }
  return { name, unit, results: Array.from(figures, ([contender, rounds]) => ({ name: contender, rounds })) };
}

const small = await contenders("small");
const large = await contenders("large");
const measures = [
  await measure("sequential", "calls/s", small, callsPerSecond),
  await measure("64 concurrent", "calls/s", small, callsPerSecondConcurrently),
  await measure("list of 500, one call", "µs/record", large, microsecondsPerRecord),
];
console.log(JSON.stringify({ runtime: `Node ${process.version}`, measures }));
await dispatcher.close();
