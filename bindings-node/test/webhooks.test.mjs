// Webhooks: the verdicts that all languages share, and the Express handler.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { inspect } from "node:util";
import { test } from "node:test";
import express from "express";
import { EVENT_NAMES, LoopClient, webhooks } from "@platform/sdk";
import { loopWebhooks } from "@platform/sdk/express";

const { cases } = JSON.parse(readFileSync(new URL("../../conformance/webhooks.json", import.meta.url), "utf8"));
const SECRET = "whsec_conformance_first";

const bodyOf = (given) => (given.body === undefined ? Buffer.from(given.body_base64, "base64") : Buffer.from(given.body));
const signed = (body, secret = SECRET) => createHmac("sha256", secret).update(body).digest("hex");

test("every event that is known has a constant, named after it", () => {
  const known = cases.filter(({ event }) => (event?.known ?? null) !== null).map(({ event }) => event.type);
  assert.deepEqual(new Set(Object.values(EVENT_NAMES)), new Set(known));
  for (const [constant, name] of Object.entries(EVENT_NAMES)) {
    assert.equal(constant, name.replaceAll(".", "_").toUpperCase());
  }
});

test("every delivery gets the verdict that all languages give", () => {
  assert.ok(cases.length >= 40);
  for (const given of cases) {
    const body = bodyOf(given);
    const check = () => webhooks.verify(body, given.headers, given.secrets);
    if (given.verdict !== "ok") {
      assert.throws(check, { code: given.verdict }, given.name);
      continue;
    }
    const event = check();
    const { known, ...expected } = given.event;
    assert.equal(event.id, expected.id, given.name);
    assert.equal(event.type, expected.type, given.name);
    assert.equal(event.userId, expected.user_id, given.name);
    assert.equal(event.occurredAt, expected.occurred_at, given.name);
    assert.equal(event.known, known !== null, given.name);
    if ("attempt" in expected) {
      assert.equal(event.attempt, expected.attempt, given.name);
    }
    const header = Object.entries(given.headers).find(([name]) => name.toLowerCase() === "x-loop-signature")[1];
    assert.equal(header.toLowerCase(), signed(body, given.signed_with), given.name);
    for (const printed of [`${event}`, inspect(event), inspect(event.data)]) {
      assert.ok(!printed.includes("user_01HXYADA"), given.name);
    }
  }
});

test("a body that was parsed before is named as what is wrong", () => {
  assert.throws(() => webhooks.verify({ id: "evt" }, {}, SECRET), { code: "invalid_option", detail: "rawBody" });
  assert.throws(() => webhooks.verify("{}", null, SECRET), { code: "invalid_option", detail: "headers" });
});

async function served(t, app) {
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

const delivery = (id, more = {}) =>
  JSON.stringify({ id, type: "a.b.c.v1", user_id: "u", client_id: "c", occurred_at: "2026-05-22T12:34:56Z", data: {}, ...more });

const send = (url, body, headers = {}) =>
  fetch(url, { method: "POST", body, headers: { "Content-Type": "application/json", "X-Loop-Signature": signed(body), ...headers } });

function client() {
  return new LoopClient({ clientId: "client_webhooks", environment: "http://127.0.0.1:9/{service}", store: "memory:" });
}

test("Express: an event is handled once, a failed one again, a forged one never", async (t) => {
  const loop = client();
  const handled = [];
  let fails = true;
  const app = express();
  app.post("/hook", loopWebhooks(loop, {
    secret: SECRET,
    handle: async (event) => {
      if (event.id === "evt_fails" && fails) {
        throw new Error("not now");
      }
      handled.push(event.id);
    },
  }));
  app.use((error, _request, response, _next) => response.status(500).json({ error: error.message }));
  const url = `${await served(t, app)}/hook`;
  assert.equal((await send(url, delivery("evt_1"))).status, 200);
  assert.equal((await send(url, delivery("evt_1"))).status, 200);
  assert.equal((await send(url, delivery("evt_fails"))).status, 500);
  fails = false;
  assert.equal((await send(url, delivery("evt_fails"))).status, 200);
  assert.deepEqual(handled, ["evt_1", "evt_fails"]);
  const forged = await send(url, delivery("evt_2"), { "X-Loop-Signature": "0".repeat(64) });
  assert.deepEqual([forged.status, await forged.json()], [401, { error: "webhook_signature" }]);
  assert.equal((await send(url, "no json")).status, 400);
  const large = await send(url, delivery("evt_3", { data: { text: "x".repeat(2 * 1024 * 1024) } }));
  assert.equal(large.status, 413);
  assert.deepEqual(handled, ["evt_1", "evt_fails"]);
});

test("Express: many deliveries of one event at once are one", async (t) => {
  const loop = client();
  let handled = 0;
  let letGo;
  const go = new Promise((resolve) => (letGo = resolve));
  const app = express();
  app.post("/hook", loopWebhooks(loop, { secret: SECRET, handle: async () => { handled += 1; await go; } }));
  const url = `${await served(t, app)}/hook`;
  const statuses = [];
  await Promise.all(Array.from({ length: 6 }, async () => {
    statuses.push((await send(url, delivery("evt_same"))).status);
    // The one that does the work ends when all others have been told to come again.
    if (statuses.length === 5) {
      letGo();
    }
  }));
  assert.deepEqual(statuses, [503, 503, 503, 503, 503, 200]);
  assert.equal(handled, 1);
});

test("Express: behind express.json() it says where it belongs", async (t) => {
  const app = express();
  app.use(express.json());
  app.post("/hook", loopWebhooks(client(), { secret: SECRET, handle: () => {} }));
  app.use((error, _request, response, _next) => response.status(500).json({ code: error.code, message: error.message }));
  const answer = await (await send(`${await served(t, app)}/hook`, delivery("evt_1"))).json();
  assert.equal(answer.code, "invalid_option");
  assert.match(answer.message, /before express\.json/);
});

test("Express: a body that an earlier parser kept is used", async (t) => {
  const handled = [];
  const hook = loopWebhooks(client(), { secret: SECRET, handle: (event) => handled.push(event.id) });
  const app = express();
  app.post("/bytes", express.json({ verify: (request, _response, body) => (request.rawBody = body) }), hook);
  app.post("/text", express.json({ verify: (request, _response, body) => (request.rawBody = body.toString()) }), hook);
  app.post("/raw", express.raw({ type: "*/*", limit: "5mb" }), hook);
  const url = await served(t, app);
  for (const way of ["bytes", "text", "raw"]) {
    assert.equal((await send(`${url}/${way}`, delivery(`evt_${way}`))).status, 200, way);
    const forged = await send(`${url}/${way}`, delivery("evt_2"), { "X-Loop-Signature": "0".repeat(64) });
    assert.equal(forged.status, 401, way);
  }
  assert.deepEqual(handled, ["evt_bytes", "evt_text", "evt_raw"]);
  const large = await send(`${url}/raw`, delivery("evt_3", { data: { text: "x".repeat(2 * 1024 * 1024) } }));
  assert.equal(large.status, 413);
});

test("Express: whoever sends far too much sees the answer", async (t) => {
  const app = express();
  app.post("/hook", loopWebhooks(client(), { secret: SECRET, handle: () => {} }));
  const url = `${await served(t, app)}/hook`;
  for (const headers of [{ "Content-Length": 20 * 1024 * 1024 }, { "Transfer-Encoding": "chunked" }]) {
    const sent = request(url, { method: "POST", headers });
    sent.end(Buffer.alloc(20 * 1024 * 1024, "x"));
    const [response] = await once(sent, "response");
    response.resume();
    assert.equal(response.statusCode, 413);
  }
});

test("an event prints neither its data nor an id that is none", () => {
  const verified = (id) => {
    const body = delivery(id, { data: { texts: ["canary", null, 4] } });
    return webhooks.verify(body, { "x-loop-signature": signed(body) }, SECRET);
  };
  const event = verified("evt_1");
  assert.match(`${event}`, /^<WebhookEvent evt_1:/);
  const { data } = event;
  // As console.dir prints.
  const dir = [event, data, data.texts].map((value) => inspect(value, { customInspect: false, showHidden: true }));
  assert.ok(!`${event} ${inspect(data)} ${data} ${data.texts} ${dir}`.includes("canary"));
  const whole = ["canary", null, 4];
  for (const form of [data.texts, [...data.texts], JSON.parse(JSON.stringify(data)).texts, structuredClone(data.texts)]) {
    assert.deepEqual([...form], whole);
  }
  assert.deepEqual([data.texts.includes("canary"), data.texts.map(String).length, data.texts.at(-1)], [true, 3, 4]);
  for (const id of ["evt\nERROR forged", "x".repeat(5000), "a b"]) {
    let odd;
    try {
      odd = verified(id);
    } catch (error) {
      // The core may refuse such an event as a whole.
      assert.equal(error.code, "webhook_malformed");
      continue;
    }
    assert.match(`${odd} ${inspect(odd)}`, /^<WebhookEvent \?:/);
  }
});
