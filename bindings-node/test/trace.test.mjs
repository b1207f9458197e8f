// The header `traceparent`: calls go on in the trace of the request that is served, in no other, and in none after it.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { after, describe, test } from "node:test";
import express5 from "express";
import express4 from "express-4";
import { LoopClient, M2MClient } from "@platform/sdk";
import { loopAuth, loopWebhooks } from "@platform/sdk/express";
import { startSandbox } from "@platform/sdk/testing";
import { Browser, failure, signIn } from "./helpers.mjs";

const [ONE, TWO, OWN] = ["1", "2", "3"].map((digit) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`);

const sandbox = await startSandbox({ scopes: ["openid", "profile", "read:lab_catalog"] });
after(() => sandbox.stop());
const loop = new LoopClient(sandbox.options());
const machine = new M2MClient(await sandbox.machineOptions(["admin:identity"]));
const { userId } = await signIn(sandbox, loop);

/** One call of each kind; the journal shows the limit of a person's calls, and so whose they are. */
const CALLS = 4;
async function calls(limit, traceparent) {
  await loop.user(userId, { traceparent }).clinical.listLabMarkers({ limit });
  await loop.request({ userId, service: "clinical", path: "/v1/lab-catalog/markers", query: { limit } });
  await machine.identity.listOauthClients();
  await machine.request({ service: "identity", path: "/v1/admin/oauth-clients" });
}

let read = 0;

/** The traces of the calls since this was asked last, by their mark; nothing else carries one. */
async function traces() {
  const entries = (await sandbox.journal()).slice(read);
  read += entries.length;
  const calls = entries.filter((entry) => entry.authorization === "Bearer");
  assert.ok(entries.every((entry) => calls.includes(entry) || entry.traceparent === undefined));
  return calls.map((entry) => [entry.query.limit, entry.traceparent ?? null]);
}

const marked = (found, mark) => found.filter(([limit]) => limit === mark).map(([, trace]) => trace);

async function served(app) {
  const listening = app.listen(0);
  await once(listening, "listening");
  after(() => listening.close());
  return `http://localhost:${listening.address().port}`;
}

for (const [name, express] of [
  ["5", express5],
  ["4", express4],
]) {
  describe(`Express ${name}`, async () => {
    const app = express();
    app.use(loopAuth(loop, { sessionSecret: "a-session-secret-of-thirty-two-characters" }));
    app.use(express.json());
    app.all("/calls/:mark", (req, res, next) => {
      calls(Number(req.params.mark), req.query.own).then(() => res.end(), next);
    });
    // Both are there before either calls.
    let missing = 2;
    let letGo;
    const bothAreThere = new Promise((resolve) => (letGo = resolve));
    app.get("/together/:mark", async (req, res) => {
      missing -= 1;
      if (missing === 0) {
        letGo();
      }
      await bothAreThere;
      await calls(Number(req.params.mark));
      res.end();
    });
    const browser = new Browser(await served(app));
    const get = async (path, traceparent) => assert.equal((await browser.get(path, { traceparent })).status, 200);

    test("two requests at once keep their traces apart, and the next one has none of them", async () => {
      await traces();
      await Promise.all([get("/together/11", ONE), get("/together/12", TWO)]);
      const found = await traces();
      assert.equal(found.length, 2 * CALLS);
      assert.deepEqual(marked(found, "11"), [ONE, ONE]);
      assert.deepEqual(marked(found, "12"), [TWO, TWO]);
      // The machine's calls have no mark.
      assert.deepEqual(found.map(([, trace]) => trace).sort(), [...Array(CALLS).fill(ONE), ...Array(CALLS).fill(TWO)]);
      await get("/calls/13");
      await calls(14);
      assert.deepEqual((await traces()).map(([, trace]) => trace), Array(2 * CALLS).fill(null));
    });

    test("the body that a parser reads first does not lose the trace", async () => {
      await traces();
      const body = JSON.stringify({ a: "x".repeat(50_000) });
      const headers = { "content-type": "application/json", traceparent: ONE };
      const answer = await fetch(new URL("/calls/15", browser.origin), { method: "POST", body, headers });
      assert.equal(answer.status, 200);
      assert.deepEqual((await traces()).map(([, trace]) => trace), Array(CALLS).fill(ONE));
    });

    test("a trace of the app's own wins, and a header that is none is dropped", async () => {
      await traces();
      await get(`/calls/16?own=${OWN}`, ONE);
      assert.deepEqual((await traces()).map(([, trace]) => trace), [OWN, ONE, ONE, ONE]);
      const zero = `00-${"0".repeat(32)}-${"1".repeat(16)}-01`;
      for (const wrong of [[ONE, TWO], ONE.toUpperCase().replace("11", "AA"), zero, `ff${ONE.slice(2)}`, "", `${ONE}-x`]) {
        await get("/calls/17", wrong);
        assert.deepEqual((await traces()).map(([, trace]) => trace), Array(CALLS).fill(null), String(wrong));
      }
      const later = `01${ONE.slice(2)}-more`;
      await get("/calls/18", later);
      assert.deepEqual((await traces()).map(([, trace]) => trace), Array(CALLS).fill(later));
    });

    test("the handler of a webhook calls in the trace of the delivery", async () => {
      const secret = "whsec_trace";
      const app = express();
      app.post("/hook", loopWebhooks(loop, { secret, handle: () => calls(19) }));
      const event = { id: `evt_trace_${name}`, type: "a.b.c.v1", occurred_at: "2026-05-22T12:34:56Z", data: {} };
      const body = JSON.stringify(event);
      const signature = createHmac("sha256", secret).update(body).digest("hex");
      await traces();
      const headers = { "x-loop-signature": signature, traceparent: TWO };
      assert.equal((await fetch(`${await served(app)}/hook`, { method: "POST", body, headers })).status, 200);
      assert.deepEqual((await traces()).map(([, trace]) => trace), Array(CALLS).fill(TWO));
    });
  });
}

test("a machine in a trace has the same token, and says which trace is none", async () => {
  const traced = machine.inTrace(OWN);
  assert.ok(traced instanceof M2MClient);
  assert.equal(`${traced}`, "<M2MClient>");
  assert.equal(await traced.accessToken(), await machine.accessToken());
  await traces();
  await traced.identity.listOauthClients();
  await traced.request({ service: "identity", path: "/v1/admin/oauth-clients" });
  await machine.identity.listOauthClients();
  assert.deepEqual((await traces()).map(([, trace]) => trace), [OWN, OWN, null]);
  for (const wrong of ["00-canary", 17, "", {}]) {
    const error = await failure(machine.inTrace(wrong).identity.listOauthClients(), "invalid_option");
    assert.equal(error.detail, "traceparent");
    assert.doesNotMatch(error.message, /canary/);
  }
});
