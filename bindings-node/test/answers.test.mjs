// Pages of a service that leads in circles, answers that can't be read, and arguments that null or NaN stand in.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { LoopClient, M2MClient } from "@platform/sdk";
import { failure, sandboxWithClient, signIn } from "./helpers.mjs";

const { sandbox, loop } = await sandboxWithClient({ scopes: ["openid", "read:biomarkers", "read:lab_catalog"] });
const { userId } = await signIn(sandbox, loop);

/** A client of a service that answers every call with what `answer` returns for its cursor. */
async function clientOf(t, answer) {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    const cursor = new URL(request.url, "http://localhost").searchParams.get("cursor");
    const { status = 200, body } = answer(cursor);
    response.writeHead(status, { "content-type": "application/json", "x-request-id": "req_9" }).end(body);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => server.close());
  const environment = `http://127.0.0.1:${server.address().port}/{service}`;
  const client = new LoopClient({ clientId: "c", environment, store: "memory:" });
  const expiresAt = new Date(Date.now() + 3_600_000);
  await client.importGrant({ userId: "u", refreshToken: "r", accessToken: "a", expiresAt });
  return { client, requests: () => requests };
}

const notification = (id) => ({ id, kind: "k", title: "t", created_at: "2026-01-01T00:00:00Z", metadata: {} });

test("a list that leads in circles ends", async (t) => {
  const next = new Map([[null, "a"], ["a", "b"], ["b", "a"]]);
  const { client, requests } = await clientOf(t, (cursor) => ({
    body: JSON.stringify({ data: [notification(`after ${cursor}`)], next_cursor: next.get(cursor) }),
  }));
  const seen = [];
  for await (const { id } of await client.comms.listNotifications({ userId: "u" })) {
    seen.push(id);
  }
  assert.deepEqual(seen, ["after null", "after a", "after b"]);
  assert.equal(requests(), 3);
});

test("a page says how many records all pages have, where the platform does", async () => {
  const markers = await loop.clinical.listLabMarkers({ userId, limit: 2 });
  assert.equal(markers.length, 2);
  assert.ok(markers.total > 2);
  assert.equal(JSON.parse(JSON.stringify(markers)).total, markers.total);
  assert.equal((await loop.clinical.listBiomarkers({ userId })).total, null);
});

test("an answer that can't be read says whose it is, and that the write was done", async (t) => {
  const { client } = await clientOf(t, () => ({ status: 201, body: "{" }));
  const call = client.clinical.evaluateRedFlags({ userId: "u", patientId: "p", brandId: "b", idempotencyKey: "key-1" });
  const { status, requestId, detail, message } = await failure(call, "answer_invalid");
  assert.deepEqual([status, requestId, detail], [201, "req_9", "key-1"]);
  assert.match(message, /^The write was done\./);
});

test("null takes away what may be taken away, and undefined leaves it", async () => {
  const machine = new M2MClient(await sandbox.machineOptions(["admin:identity"]));
  const { client } = await machine.identity.createOauthClient({
    clientName: "A",
    redirectUris: ["https://a.example/cb"],
    allowedScopes: ["profile"],
    clientUri: "https://a.example",
    logoUri: "https://a.example/logo.png",
  });
  const clientId = client.client_id;
  const changed = await machine.identity.updateOauthClient({ clientId, clientUri: null, logoUri: undefined });
  assert.deepEqual([changed.client_uri, changed.logo_uri], [null, "https://a.example/logo.png"]);
});

test("a wrong part of a record is named as the record has it", async () => {
  const patient = { firstName: "Ada" };
  const address = { line1: "1", city: "c", state: "NY", zip: "1", country: "US" };
  const order = { userId, brandId: "loop", patientId: userId, panelId: "pcos", patient, address };
  const unknown = await failure(loop.clinical.createLabOrder(order), "invalid_option");
  assert.equal(unknown.detail, "patient.firstName");
  assert.match(unknown.message, /known are first_name, last_name/);
  const biomarkers = [{ code: "c", name: "n", value: Number.NaN, unit: "u", collected_at: "2026-01-01T00:00:00Z" }];
  const parse = { userId, patientId: userId, brandId: "loop", source: "s", biomarkers };
  const nan = await failure(loop.clinical.parseBiomarkers(parse), "invalid_option");
  assert.equal(nan.detail, "biomarkers[0].value");
  assert.match(nan.message, /NaN/);
  const vendor = { userId, patientId: userId, brandId: "loop", vendor: "quest", rawPayload: "x" };
  const text = await failure(loop.clinical.parseVendorResults(vendor), "invalid_option");
  assert.deepEqual([text.detail, text.message], ["rawPayload", "`rawPayload` must be a JSON object."]);
});
