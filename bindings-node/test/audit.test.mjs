// The audit log as Node's callers see it: a call that they leave is in it, and a logger that drops entries counts as broken.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { LoopClient } from "@platform/sdk";

/** A client of a server that never answers, whose log keeps entries or is the one that is given. */
async function silent(options = {}) {
  const server = createServer(() => server.emit("arrived"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const entries = [];
  const loop = new LoopClient({
    clientId: "c",
    clientSecret: "s",
    redirectUri: "http://localhost:3000/callback",
    environment: `http://127.0.0.1:${server.address().port}/{service}`,
    store: "memory:",
    auditLog: (entry) => void entries.push(entry.outcome),
    ...options,
  });
  await loop.importGrant({ userId: "u", refreshToken: "r", accessToken: "a", expiresAt: new Date(Date.now() + 3600e3) });
  return { loop, entries, server };
}

const score = { userId: "u", patientId: "u", brandId: "b" };

test("a call that runs out of time, or is aborted, is in the log when its caller hears of it", async () => {
  const { loop, entries, server } = await silent({ auditRequired: true });
  await assert.rejects(loop.clinical.computeHealthScore(score, { timeout: 300 }), { code: "write_outcome_unknown" });
  assert.deepEqual(entries.splice(0), ["begun", "write_outcome_unknown"]);
  await assert.rejects(loop.clinical.listBiomarkers({ userId: "u" }, { timeout: 300 }), { code: "timeout" });
  assert.deepEqual(entries.splice(0), ["begun", "timeout"]);

  const caller = new AbortController();
  const arrived = once(server, "arrived");
  const call = loop.clinical.computeHealthScore({ ...score, idempotencyKey: "order-17" }, { signal: caller.signal });
  arrived.then(() => caller.abort());
  await assert.rejects(call, { code: "cancelled", detail: "order-17" });
  assert.deepEqual(entries.splice(0), ["begun", "cancelled"]);
});

test("a required logger whose level leaves entries out lets no call through", async () => {
  const auditLog = { info: () => {}, isLevelEnabled: (level) => level === "warn" };
  const { loop, server } = await silent({ auditLog, auditRequired: true });
  server.on("arrived", () => assert.fail("it was sent"));
  await assert.rejects(loop.clinical.listBiomarkers({ userId: "u" }), { code: "audit_failed" });
});
