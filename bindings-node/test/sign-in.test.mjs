// The quickstart's road: sign in, call, refresh, import, disconnect, against a real sandbox.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { LoopClient } from "@platform/sdk";
import { startSandbox } from "@platform/sdk/testing";
import { elsewhere, environment, failure, sandboxWithClient, signIn } from "./helpers.mjs";

const { sandbox, loop } = await sandboxWithClient();

test("a person signs in, and their biomarkers come back", async () => {
  const before = Date.now();
  const begun = await loop.authorizationUrl({ appState: "/results" });
  assert.equal(new URL(begun.url).searchParams.get("state"), begun.state);
  const tokens = await loop.handleCallback(await sandbox.signIn(begun.url), { browserSecret: begun.browserSecret });
  assert.match(tokens.userId, /^user_/);
  assert.ok(tokens.scopes.includes("read:biomarkers"));
  assert.ok(tokens.expiresAt instanceof Date && tokens.expiresAt.getTime() > before);
  assert.equal(tokens.claims.sub, tokens.userId);
  assert.match(tokens.accessToken, /^lph_at_/);
  assert.equal(tokens.appState, "/results");

  const biomarkers = await loop.clinical.listBiomarkers({ userId: tokens.userId });
  assert.ok(biomarkers.length > 0);
  assert.equal(typeof biomarkers.items[0].value, "number");
  const same = await loop.user(tokens.userId).clinical.listBiomarkers();
  assert.equal(JSON.stringify(same), JSON.stringify(biomarkers));
});

test("exchangeCode takes what the quickstart passes", async () => {
  const { url } = await loop.authorizationUrl();
  const query = Object.fromEntries(new URL(await sandbox.signIn(url)).searchParams);
  const tokens = await loop.exchangeCode(query.code, query.state);
  assert.match(tokens.userId, /^user_/);
});

test("a callback may come as text, URL, query and parsed query", async () => {
  for (const form of [
    (url) => url,
    (url) => new URL(url),
    (url) => new URL(url).searchParams,
    (url) => new URL(url).search,
    (url) => Object.fromEntries(new URL(url).searchParams),
  ]) {
    const { url, browserSecret } = await loop.authorizationUrl();
    const tokens = await loop.handleCallback(form(await sandbox.signIn(url)), { browserSecret });
    assert.match(tokens.userId, /^user_/);
  }
});

test("a protocol is a record with free-form parts", async () => {
  const { userId } = await signIn(sandbox, loop);
  const id = "prt_iron_vitamin_d";
  const protocol = await loop.user(userId).clinical.getProtocol({ protocolId: id });
  assert.equal(protocol.id, id);
  assert.ok(Array.isArray(protocol.recommendations));
  assert.equal(JSON.parse(JSON.stringify(protocol)).name, protocol.name);
});

test("request reaches what has no method, and tells status and request id", async () => {
  const { userId } = await signIn(sandbox, loop);
  const response = await loop.request({ userId, service: "clinical", path: "/v1/biomarkers/me" });
  assert.equal(response.status, 200);
  assert.ok(response.requestId);
  assert.equal(typeof response.body, "object");
});

test("revoke ends the grant and is no error twice", async () => {
  const { userId } = await signIn(sandbox, loop, { person: "ben" });
  await loop.revoke({ userId });
  await loop.revoke({ userId });
  const error = await failure(loop.accessToken({ userId }), "not_connected");
  assert.equal(error.action, "sign_in_again");
});

test("a grant from elsewhere is imported once", async () => {
  const answer = await elsewhere(sandbox, "mei");
  const { userId } = answer;
  const fresh = new LoopClient(sandbox.options());
  const grant = { userId, refreshToken: answer.refreshToken };
  assert.equal(
    await fresh.importGrant({ ...grant, accessToken: answer.accessToken, expiresAt: new Date(0) }),
    "imported",
  );
  assert.equal(await fresh.importGrant(grant), "already_held");
  assert.ok((await fresh.clinical.listBiomarkers({ userId })).length > 0);
  assert.equal(await fresh.importGrant(grant), "known_spent");
  const wrong = { ...grant, expiresAt: new Date(Number.NaN) };
  assert.equal((await failure(fresh.importGrant(wrong), "invalid_option")).detail, "expiresAt");
});

test("the walker goes through all six steps", async () => {
  const short = await startSandbox({ accessTokenSeconds: 2 });
  const env = { ...process.env, ...environment(short, "memory:") };
  const walker = spawn(process.execPath, ["lib/walk.js"], {
    cwd: new URL("..", import.meta.url),
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const steps = [];
  for await (const line of createInterface({ input: walker.stdout })) {
    const step = JSON.parse(line);
    steps.push(step);
    if (step.step === 2) {
      walker.stdin.end(`${await short.signIn(step.authorization_url)}\n`);
    }
  }
  await short.stop();
  assert.deepEqual(
    steps.map(({ step }) => step),
    [2, 3, 4, 5, 6],
  );
  assert.ok(steps[3].biomarkers[0].biomarker_name);
  assert.equal(steps[4].rotated, true);
});
