// Nothing that is printed shows a value, in Node's way and in React Native's.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { inspect } from "node:util";
import vm from "node:vm";
import { connected, DeviceClient, failure, Session } from "./harness.mjs";

const require = createRequire(import.meta.url);

/** The console of React Native, which knows nothing of `inspect.custom`. */
function reactNativeConsole() {
  const lines = [];
  const source = readFileSync(require.resolve("@react-native/js-polyfills/console.js"), "utf8");
  const global = vm.createContext({ nativeLoggingHook: (text) => lines.push(text), __DEV__: false });
  global.global = global;
  vm.runInContext(source, global);
  return { console: global.console, lines };
}

/** Answers with canaries, as a native part would with values. */
class Canaries {
  create = () => JSON.stringify({ value: { client: 1, redirectUri: "app:/canary-uri" } });
  cancel = () => undefined;
  addListener = (_name, listener) => listener({ client: 1, id: "1", event: JSON.stringify(event), entry: JSON.stringify(entry) });
  recorded = () => undefined;
  call = async (_client, method) => JSON.stringify(answers[method] ?? { error: failed });
}

const user_id = "canary-user";
const status = { user_id, state: "active", connected: true, scopes: ["canary-scope"], access_expires_at: 1, next: null };
const answers = {
  sign_in: {
    value: {
      user_id,
      scopes: ["openid"],
      expires_at: 1,
      claims: { email: "canary-mail", nested: { list: ["canary-deep"] } },
      access_token: "canary-access",
      app_state: "/canary-state",
    },
  },
  authorization_url: { value: { url: "https://canary-url", state: "canary-s", browser_secret: "canary-secret" } },
  status: { value: status },
  grants: { value: { items: [status], next_cursor: "canary-cursor" } },
  request: { value: { status: 200, request_id: "canary-request", body: { glucose: "canary-value" } } },
  "clinical.list_biomarkers": {
    value: { items: [{ biomarker_name: "canary-name", value: "canary-5.4" }], next_cursor: null },
  },
  "clinical.get_protocol": { value: { id: "canary-id", title: "canary-title", steps: [{ text: "canary-step" }] } },
};
const failed = {
  code: "grant_ended",
  action: "sign_in_again",
  message: "The grant is over.",
  retry_after_ms: null,
  status: null,
  request_id: null,
  detail: null,
  cause: null,
  user_id,
  missing_scopes: ["canary-missing"],
};

const event = { kind: "ended", user_id, at: 1, code: "grant_ended" };
const entry = {
  at: 1,
  actor: "canary-actor",
  purpose: "canary-purpose",
  user_id,
  client_id: "canary-client",
  operation: "clinical.list_biomarkers",
  scope: "canary-scope",
  request_id: "canary-request",
  records: 3,
  outcome: "ok",
};

async function everything() {
  const heard = [];
  const onEvent = (told) => heard.push(told);
  const recorded = [];
  const code = { onEvent, auditLog: (entry) => recorded.push(entry) };
  const loop = new DeviceClient(new Canaries(), { clientId: "canary-client", redirectUri: "app:/canary-uri", ...code });
  const session = new Session(() => loop);
  await session.look();
  const page = await loop.clinical.listBiomarkers();
  return {
    client: loop,
    user: loop.user(user_id),
    tokens: await loop.signIn(),
    claims: (await loop.signIn()).claims,
    authorization: await loop.authorizationUrl(),
    status: await loop.status(),
    grants: await loop.grants(),
    response: await loop.request({ service: "clinical", path: "/" }),
    body: (await loop.request({ service: "clinical", path: "/" })).body,
    page,
    record: page.items[0],
    protocol: await loop.clinical.getProtocol({ protocolId: "canary" }),
    error: await failure(loop.accessToken(), "grant_ended"),
    session,
    event: heard[0],
    entry: recorded[0],
  };
}

test("no printed form shows a canary", async () => {
  const values = await everything();
  const device = reactNativeConsole();
  for (const [name, value] of Object.entries(values)) {
    const printed = [inspect(value), inspect({ value }, { depth: 9, getters: name === "error" }), String(value), `${value}`];
    for (const level of ["log", "info", "warn", "error", "debug"]) {
      device.console[level](value, { value });
    }
    if (value instanceof Error) {
      printed.push(value.stack, JSON.stringify(value));
    }
    const logged = device.lines.splice(0);
    assert.equal(logged.length, 5);
    for (const text of [...printed, ...logged]) {
      assert.equal(/canary/.test(text), false, `${name}: ${text}`);
    }
  }
});

test("JSON has the whole record", async () => {
  const { page, status, response, entry } = await everything();
  assert.match(JSON.stringify(page), /canary-name.*canary-5\.4/);
  assert.match(JSON.stringify(status), /canary-user/);
  assert.match(JSON.stringify(response), /canary-value/);
  assert.match(JSON.stringify(entry), /canary-actor.*canary-user/);
});

test("a real record and a real error print as quietly", async () => {
  const { loop } = await connected();
  const { userId, accessToken } = await loop.signIn();
  const page = await loop.clinical.listBiomarkers();
  const device = reactNativeConsole();
  device.console.log(page, page.items, [...page], await loop.status(), loop);
  const printed = inspect([page, [...page], loop], { depth: 9 }) + device.lines.join();
  for (const { biomarker_name, value } of page) {
    assert.equal(printed.includes(biomarker_name) || printed.includes(`: ${value}`), false, printed);
  }
  assert.equal(printed.includes(userId) || printed.includes(accessToken), false);
});
