// Wrong, missing, reused and hostile input: each gets its code, its action and one plain sentence.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LoopClient } from "@platform/sdk";
import { failure, sandboxWithClient, signIn } from "./helpers.mjs";

const { sandbox, loop } = await sandboxWithClient();
const issuer = sandbox.options().environment.replace("{service}", "identity");

/** A sign-in that came back to the app and was not finished yet. */
async function callback(client = loop, sandboxOfIt = sandbox) {
  const begun = await client.authorizationUrl();
  return { url: new URL(await sandboxOfIt.signIn(begun.url)), browserSecret: begun.browserSecret };
}

/** What the callback would be if Loop had answered with this error. */
async function refusal(error) {
  const { state, browserSecret } = await loop.authorizationUrl();
  const query = new URLSearchParams({ error, state, iss: issuer, error_description: "<b>canary</b>" });
  return failure(loop.handleCallback(query, { browserSecret }), expectedCodes[error]);
}

const expectedCodes = {
  access_denied: "access_denied",
  login_required: "access_denied",
  server_error: "authorization_unavailable",
  temporarily_unavailable: "authorization_unavailable",
  invalid_scope: "authorization_rejected",
  unauthorized_client: "authorization_rejected",
  "<script>": "authorization_rejected",
};

test("a state that nobody began is unknown", async () => {
  const query = `code=c&state=${"x".repeat(43)}&iss=${encodeURIComponent(issuer)}`;
  const error = await failure(loop.handleCallback(query), "state_unknown");
  assert.equal(error.action, "sign_in_again");
  await failure(loop.exchangeCode("c", "x"), "state_unknown");
});

test("a missing state or code is named", async () => {
  await failure(loop.handleCallback("code=c"), "state_missing");
  await failure(loop.handleCallback({ state: "s" }), "invalid_callback");
  await failure(loop.exchangeCode("c", undefined), "state_missing");
  await failure(loop.exchangeCode(undefined, "s"), "invalid_callback");
  assert.equal((await failure(loop.exchangeCode(7, "s"), "invalid_option")).detail, "code");
  await failure(loop.handleCallback(""), "state_missing");
});

test("a state of another app is unknown here", async () => {
  const other = new LoopClient({ ...sandbox.options(), clientId: "client_other" });
  const { state } = await other.authorizationUrl();
  await failure(loop.exchangeCode("c", state), "state_unknown");
});

test("a reload of the callback is recognised, and sends nothing", async () => {
  const { url, browserSecret } = await callback();
  await loop.handleCallback(url, { browserSecret });
  const requests = (await sandbox.journal()).length;
  await failure(loop.handleCallback(url, { browserSecret }), "already_completed");
  assert.equal((await sandbox.journal()).length, requests);
});

test("another browser can't finish a sign-in, and the right one still can", async () => {
  const { url, browserSecret } = await callback();
  await failure(loop.handleCallback(url, { browserSecret: "b".repeat(43) }), "browser_mismatch");
  const error = await failure(loop.handleCallback(url), "browser_mismatch");
  assert.match(error.message, /127\.0\.0\.1/);
  assert.ok(await loop.handleCallback(url, { browserSecret }));
});

test("a person who denies is told apart from a failure", async () => {
  const { url, browserSecret } = await loop.authorizationUrl();
  const denied = await sandbox.signIn(url, { allow: false });
  const error = await failure(loop.handleCallback(denied, { browserSecret }), "access_denied");
  assert.equal(error.action, "sign_in_again");
});

for (const [name, code] of Object.entries(expectedCodes)) {
  test(`error=${name} means ${code}`, async () => {
    const error = await refusal(name);
    assert.doesNotMatch(`${error.stack}${error.detail}`, /canary|script/);
  });
}

test("a parameter that came twice is refused in every form", async () => {
  const query = new URLSearchParams({ code: "a", state: "s" });
  query.append("code", "b");
  for (const twice of [
    query,
    `?${query}`,
    new URL(`https://app.example/cb?${query}`),
    { code: ["a", "b"], state: "s" },
  ]) {
    assert.equal((await failure(loop.handleCallback(twice), "duplicate_parameter")).detail, "code");
  }
  await failure(loop.exchangeCode(["a", "b"], "s"), "duplicate_parameter");
  await failure(loop.exchangeCode("a", ["s", "t"]), "duplicate_parameter");
  await failure(loop.handleCallback({ code: { nested: "a" }, state: "s" }), "invalid_option");
});

test("a callback of another issuer is refused", async () => {
  const { url, browserSecret } = await callback();
  url.searchParams.set("iss", "https://evil.example");
  const error = await failure(loop.handleCallback(url, { browserSecret }), "issuer_mismatch");
  assert.equal(error.action, "call_operator");
});

test("a code that is expired, or belongs to another sign-in, is rejected", async () => {
  const slow = await sandboxWithClient();
  const late = await callback(slow.loop, slow.sandbox);
  await slow.sandbox.advanceClock(11 * 60);
  await failure(slow.loop.handleCallback(late.url, late), "code_rejected");
  const [one, two] = [await callback(), await callback()];
  two.url.searchParams.set("code", one.url.searchParams.get("code"));
  await failure(loop.handleCallback(two.url, two), "code_rejected");
});

test("a wrong client secret is the operator's business", async () => {
  const wrong = new LoopClient({ ...sandbox.options(), clientSecret: "secret_wrong" });
  const { url, browserSecret } = await callback(wrong);
  const error = await failure(wrong.handleCallback(url, { browserSecret }), "client_rejected");
  assert.equal(error.constructor.name, "OperatorError");
});

test("a scope that was not granted is asked for by name", async () => {
  const { userId } = await signIn(sandbox, loop, { scopes: ["read:protocols"], person: "omar" });
  const error = await failure(loop.clinical.listBiomarkers({ userId }), "scope_required");
  assert.equal(error.constructor.name, "ScopeRequired");
  assert.match(`${error.message} ${error.detail}`, /read:biomarkers/);
});

test("another person than the expected one is refused", async () => {
  const { url, browserSecret } = await loop.authorizationUrl({ userId: "user_somebody_else" });
  await failure(loop.handleCallback(await sandbox.signIn(url), { browserSecret }), "user_mismatch");
});

for (const [fault, code] of Object.entries({
  wrong_issuer: "id_token_issuer",
  wrong_audience: "id_token_audience",
  wrong_nonce: "id_token_nonce",
  missing_nonce: "id_token_nonce",
  wrong_signature: "id_token_signature",
  alg_none: "id_token_algorithm",
  alg_hs256: "id_token_algorithm",
  unknown_kid: "id_token_key_unknown",
  expired: "id_token_expired",
  issued_in_future: "id_token_expired",
  malformed: "id_token_malformed",
})) {
  test(`an id_token that is ${fault} means ${code}`, async () => {
    const { url, browserSecret } = await callback();
    await sandbox.nextIdToken(fault);
    await failure(loop.handleCallback(url, { browserSecret }), code);
  });
}

test("a token answer that is no JSON ends as unknown or invalid, never as success", async () => {
  const { url, browserSecret } = await callback();
  await sandbox.nextTokenAnswer({ status: 200, contentType: "text/html", body: "<p>canary</p>" });
  const error = await loop.handleCallback(url, { browserSecret }).catch((error) => error);
  assert.match(error.code, /^(exchange_outcome_unknown|token_answer_invalid)$/);
  assert.doesNotMatch(error.stack, /canary/);
});

test("a sandbox that does not run is unreachable, and the error says how to start it", async () => {
  const alone = new LoopClient({ ...sandbox.options(), environment: "http://127.0.0.1:9/{service}" });
  await alone.importGrant({ userId: "u", refreshToken: "lph_rt_x" });
  const error = await failure(alone.clinical.listBiomarkers({ userId: "u" }), "unreachable");
  assert.equal(error.constructor.name, "RetryLater");
  assert.match(error.message, /loop-sandbox serve/);
});

test("a database that can't be written is named", async () => {
  const stuck = new LoopClient({ ...sandbox.options(), store: "sqlite:///dev/null/grants.db" });
  const error = await failure(stuck.authorizationUrl(), "store_unavailable");
  assert.equal(error.action, "call_operator");
});

test("every wrong option is named as JavaScript spells it", () => {
  const wrong = {
    clientId: 7,
    clientSecret: [7],
    redirectUri: "callback",
    scopes: ["a b"],
    environment: "prod",
    store: "mysql://host",
    identify: "yes",
    checkBrowser: 1,
    timeout: "soon",
    typo: true,
  };
  for (const [name, value] of Object.entries(wrong)) {
    assert.throws(
      () => new LoopClient({ ...sandbox.options(), [name]: value }),
      (error) => error.code === "invalid_option" && error.detail === name && error.message.includes(`\`${name}\``),
      name,
    );
  }
  for (const timeout of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => new LoopClient({ ...sandbox.options(), timeout }), { detail: "timeout" }, String(timeout));
  }
  assert.throws(() => new LoopClient({ clientId: 1n }), { code: "invalid_option", detail: "clientId" });
});

test("every wrong argument is named", async () => {
  assert.equal((await failure(loop.clinical.listBiomarkers({}), "missing_option")).detail, "userId");
  assert.equal((await failure(loop.clinical.getProtocol({ userId: "u" }), "missing_option")).detail, "protocolId");
  assert.equal(
    (await failure(loop.authorizationUrl({ appState: "//evil.example" }), "invalid_option")).detail,
    "appState",
  );
  assert.equal((await failure(loop.authorizationUrl({ apState: "/" }), "invalid_option")).detail, "apState");
  const request = { userId: "u", service: "clinical", path: "/v1/../admin" };
  assert.equal((await failure(loop.request(request), "invalid_option")).detail, "path");
  for (const timeout of [-1, Number.NaN, "1"]) {
    assert.equal((await failure(loop.accessToken({ userId: "u" }, { timeout }), "invalid_option")).detail, "timeout");
  }
});

test("one person's calls can't be turned to another person", async () => {
  const { userId } = await signIn(sandbox, loop);
  const protocolId = "prt_iron_vitamin_d";
  const nobody = loop.user("nobody").clinical;
  await failure(nobody.getProtocol({ protocolId, userId }), "not_connected");
  for (const stray of [{ user_id: userId }, { protocol_id: protocolId }, { typo: 1 }]) {
    await failure(nobody.getProtocol({ protocolId, ...stray }), "invalid_option");
  }
  const own = await loop.user(userId).clinical.getProtocol({ protocolId, userId: "nobody" });
  assert.equal(own.id, protocolId);
  for (const [stray, detail] of [
    [{ user_id: "nobody" }, "userId"],
    [{ typo: 1 }, "typo"],
  ]) {
    const error = await failure(loop.clinical.getProtocol({ protocolId, userId, ...stray }), "invalid_option");
    assert.equal(error.detail, detail);
  }
});

test("what is no object, and what JSON can't hold, is named", async () => {
  const cycle = {};
  cycle.itself = cycle;
  const person = loop.user("u").clinical;
  for (const wrong of [undefined, null, "u", 7, [], () => 1]) {
    const calls = {
      args: [loop.clinical.listBiomarkers(wrong), person.getProtocol(wrong), loop.accessToken(wrong), loop.revoke(wrong)],
      request: [loop.request(wrong), wrong !== undefined && loop.authorizationUrl(wrong)],
      grant: [loop.importGrant(wrong)],
      options: wrong === undefined ? [] : [person.listBiomarkers(wrong), loop.handleCallback("state=s", wrong)],
    };
    for (const [name, promises] of Object.entries(calls)) {
      for (const promise of promises.filter(Boolean)) {
        assert.equal((await failure(promise, "invalid_option")).detail, name);
      }
    }
    if (wrong !== undefined) {
      assert.throws(() => new LoopClient(wrong), { code: "invalid_option", detail: "options" });
    }
  }
  for (const signal of [null, {}, "now"]) {
    assert.equal((await failure(person.listBiomarkers({ signal }), "invalid_option")).detail, "signal");
  }
  for (const wrong of [1n, cycle, () => 1, Symbol("s"), [() => 1], { load() {} }]) {
    assert.equal((await failure(loop.accessToken({ userId: wrong }), "invalid_option")).detail, "userId");
    const request = { userId: "u", service: "clinical", path: "/v1/x", method: "POST", body: wrong };
    assert.equal((await failure(loop.request(request), "invalid_option")).detail, "body");
    assert.throws(() => new LoopClient({ store: wrong }), { code: "invalid_option", detail: "store" });
  }
});
