// Writes that the caller's own limit cuts off: nobody knows whether they were carried out, and the error says so.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sandboxWithClient, signIn } from "./helpers.mjs";

test("a write that is cut off has an unknown outcome, and a read has none to speak of", async () => {
  const { sandbox, loop } = await sandboxWithClient({ scopes: ["read:biomarkers", "write:biomarkers"] });
  const user = loop.user((await signIn(sandbox, loop)).userId);
  const limit = { timeout: 300 };
  const biomarkers = [{ code: "ldl_c", name: "LDL", value: 101, unit: "mg/dL", collected_at: "2026-05-20T07:00:00Z" }];
  const args = { patientId: user.userId, brandId: "loop", source: "test", biomarkers };
  await sandbox.apiFault({ kind: "hang", when: "after", times: 3, ms: 2000 });

  const lost = await user.clinical.parseBiomarkers(args, limit).catch((error) => error);
  assert.equal(lost.code, "write_outcome_unknown");
  assert.ok(lost.detail.length > 16, "the key that the SDK made");
  const raw = { service: "clinical", method: "POST", path: "/v1/biomarkers/parse", body: {} };
  await assert.rejects(user.request(raw, limit), { code: "write_outcome_unknown", detail: null });
  await assert.rejects(user.clinical.listBiomarkers(limit), { code: "timeout" });

  // Sent again under its key it is done once: the sandbox has one more result than before, not two.
  const [written] = (await user.clinical.parseBiomarkers({ ...args, idempotencyKey: lost.detail })).items;
  const all = await user.clinical.listBiomarkers();
  assert.equal(all.items.filter(({ id }) => id === written.id).length, 1);
  assert.equal(all.items.filter(({ value, collected_at }) => value === 101 && collected_at === args.biomarkers[0].collected_at).length, 1);
});
