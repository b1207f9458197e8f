// What the tests share: the real core in place of the app's native part, and a sandbox with an app for phones.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
export const repository = fileURLToPath(new URL("../../..", import.meta.url));
const { native } = require(join(repository, "bindings-node", "lib", "native.js"));
const { Sandbox } = require(join(repository, "bindings-node", "lib", "testing.js"));

export const { DeviceClient } = require("../lib/client.js");
export const { Session } = require("../lib/session.js");
export const errors = require("../lib/shared/errors.js");
export const root = fileURLToPath(new URL("..", import.meta.url));

let lastEntry = 0;

/** The native part, backed by the Node package's addon: the same core, with the rules of a person's own device. */
export class CoreNative {
  #clients = [];
  #calls = new Map();
  #early = new Set();
  #listeners = { onLoopEvent: new Set(), onLoopAudit: new Set() };
  #recording = new Map();

  /** `browse` gets the authorization URL, and answers with what the browser came back to, or null. */
  constructor({ browse = () => null, store = "memory:" } = {}) {
    this.browse = browse;
    this.store = store;
    this.crossed = [];
  }

  create(options, listens, records) {
    const device = { ...JSON.parse(options), store: this.store };
    if (this.store !== "memory:") {
      device.storeKey = "none";
    }
    const number = this.#clients.length;
    const tell = (name, told) => this.#listeners[name].forEach((listener) => listener({ client: number, ...told }));
    const event = listens ? (event) => tell("onLoopEvent", { event }) : undefined;
    const browse = (_method, asked) => this.#browse(JSON.parse(asked).url);
    const record = (_method, entry) => this.#record((id) => tell("onLoopAudit", { id, entry }));
    const plain = JSON.stringify(device);
    // The addon's client for a device keeps no audit log: these clients can't sign in, and each call names its person.
    const client = records
      ? native().openClient(plain, "expo/test", undefined, false, undefined, event, record, false)
      : native().openDeviceClient(plain, browse, event);
    if (typeof client === "string") {
      return client;
    }
    this.#clients.push(client);
    return JSON.stringify({ value: { client: number, redirectUri: client.redirectUri } });
  }

  async call(id, method, args, callId, timeoutMs) {
    this.crossed.push(method);
    const handle = new (native().CancelHandle)();
    this.#calls.set(callId, handle);
    if (this.#early.delete(callId)) {
      handle.cancel();
    }
    try {
      return await this.#clients[id].call(method, args, timeoutMs ?? undefined, handle);
    } finally {
      this.#calls.delete(callId);
    }
  }

  cancel(callId) {
    const handle = this.#calls.get(callId);
    if (handle === undefined) {
      this.#early.add(callId);
    } else {
      handle.cancel();
    }
  }

  addListener(name, listener) {
    const listeners = this.#listeners[name];
    listeners.add(listener);
    return { remove: () => listeners.delete(listener) };
  }

  recorded(id, threw) {
    this.#recording.get(id)(threw === null ? { value: null } : { threw: { class: threw, id: 0, unknown: false } });
    this.#recording.delete(id);
  }

  /** As the native parts do: hands an entry over, and waits until it is answered. */
  #record(tell) {
    const id = `${(lastEntry += 1)}`;
    return new Promise((resolve) => {
      this.#recording.set(id, (reply) => resolve(JSON.stringify(reply)));
      tell(id);
    });
  }

  async #browse(url) {
    try {
      return JSON.stringify({ value: await this.browse(url) });
    } catch (error) {
      return JSON.stringify({ threw: { class: error.constructor.name, id: 0, unknown: false } });
    }
  }
}

/** Starts a sandbox that stops after the test file, with an app for phones. */
export async function startSandbox(...more) {
  const built = join(repository, "target", "debug", "loop-sandbox");
  const program = process.env.LOOP_SANDBOX ?? (existsSync(built) ? built : "loop-sandbox");
  const app = ["--public", "--redirect-uri", "loop-example://callback"];
  const args = ["serve", "--port", "0", "--json", "--exit-with-stdin", ...app, ...more];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await once(createInterface(child.stdout), "line");
  const sandbox = new Sandbox(child, JSON.parse(line));
  after(() => sandbox.stop());
  return sandbox;
}

/** The options of an app of this sandbox. */
export function optionsOf(sandbox) {
  const { environment, clientId, redirectUri, scopes } = sandbox.options();
  return { environment, clientId, redirectUri, scopes };
}

/** A sandbox, and a client whose browser signs a person in there. */
export async function connected({ person = "ada", ...device } = {}) {
  const sandbox = await startSandbox();
  const core = new CoreNative({ browse: (url) => sandbox.signIn(url, { person }), ...device });
  const loop = new DeviceClient(core, optionsOf(sandbox));
  return { sandbox, core, loop };
}

/**
 * Gives a client a person's grant without an access token: the first call has to refresh. The tokens come from a sign-in
 * without the SDK, by RFC 6749 and 7636.
 */
export async function importDue(sandbox, loop, person = "ada") {
  const { environment, clientId, redirectUri, scopes } = optionsOf(sandbox);
  const endpoint = (name) => `${environment.replace("{service}", "identity")}/v1/oauth/${name}`;
  const verifier = "v".repeat(43);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const query = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: scopes.join(" "),
    state: "s".repeat(43),
    nonce: "n".repeat(43),
    code_challenge: Buffer.from(digest).toString("base64url"),
    code_challenge_method: "S256",
  });
  const callback = new URL(await sandbox.signIn(`${endpoint("authorize")}?${query}`, { person }));
  const code = callback.searchParams.get("code");
  const form = { grant_type: "authorization_code", code, redirect_uri: redirectUri, client_id: clientId };
  const body = new URLSearchParams({ ...form, code_verifier: verifier });
  const answer = await (await fetch(endpoint("token"), { method: "POST", body })).json();
  const { sub: userId } = JSON.parse(Buffer.from(answer.id_token.split(".")[1], "base64url").toString());
  await loop.importGrant({ userId, refreshToken: answer.refresh_token, replace: true });
  await sandbox.resetStats();
  return userId;
}

/** Awaits a failure, checks its code, and returns the error. */
export async function failure(promise, code) {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  if (error?.code !== code) {
    throw new Error(`expected ${code}, got ${error?.code}: ${error?.message}`, { cause: error });
  }
  return error;
}

/** A folder that is gone after the test file. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), "loop-expo-"));
  after(() => rmSync(path, { recursive: true }));
  return path;
}
