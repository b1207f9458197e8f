// What the tests share: a sandbox with a client, a sign-in in one call, child processes, a browser with cookies.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { after } from "node:test";
import { LoopClient } from "@platform/sdk";
import { startSandbox } from "@platform/sdk/testing";

/** Starts a sandbox that stops after the test file, and makes a client for it. */
export async function sandboxWithClient(options = {}, clientOptions = {}) {
  const sandbox = await startSandbox(options);
  after(() => sandbox.stop());
  const loop = new LoopClient({ ...sandbox.options(), ...clientOptions });
  return { sandbox, loop };
}

/** Signs a person in through the client and returns the tokens. */
export async function signIn(sandbox, loop, { person = "ada", ...request } = {}) {
  const { url, browserSecret } = await loop.authorizationUrl(request);
  return loop.handleCallback(await sandbox.signIn(url, { person }), { browserSecret });
}

/** Tokens that another app of ours got from the sandbox without the SDK. */
export async function elsewhere(sandbox, person = "ada") {
  const { environment, ...app } = sandbox.options();
  const endpoint = (name) => `${environment.replace("{service}", "identity")}/v1/oauth/${name}`;
  const server = { authorize: endpoint("authorize"), token: endpoint("token"), scope: "openid read:biomarkers" };
  return codeFlow(server, app, (url) => sandbox.signIn(url, { person }));
}

/** RFC 6749 and 7636 by hand: `browse` takes the authorization URL and returns what the browser was sent back to. */
export async function codeFlow({ authorize, token, scope }, { clientId, clientSecret, redirectUri }, browse) {
  const verifier = "v".repeat(43);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const query = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state: "s".repeat(43),
    nonce: "n".repeat(43),
    code_challenge: Buffer.from(digest).toString("base64url"),
    code_challenge_method: "S256",
  });
  const callback = new URL(await browse(`${authorize}?${query}`));
  const response = await fetch(token, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: callback.searchParams.get("code"),
      redirect_uri: redirectUri,
      client_id: clientId,
      client_secret: clientSecret,
      code_verifier: verifier,
    }),
  });
  const { id_token, access_token: accessToken, refresh_token: refreshToken } = await response.json();
  const { sub: userId } = JSON.parse(Buffer.from(id_token.split(".")[1], "base64url").toString());
  return { userId, accessToken, refreshToken };
}

/** Gives a client a person's grant without an access token: the first call has to refresh. */
export async function importDue(sandbox, loop, person = "ada") {
  const { userId, refreshToken } = await elsewhere(sandbox, person);
  await loop.importGrant({ userId, refreshToken, replace: true });
  return userId;
}

/** How many refreshes the sandbox has been asked for. */
export async function refreshes(sandbox) {
  return (await sandbox.journal()).filter((entry) => entry.grant_type === "refresh_token").length;
}

/** Awaits a failure, checks its code, and returns the error. */
export async function failure(promise, code) {
  try {
    await promise;
  } catch (error) {
    if (error.code !== code) {
      throw new Error(`expected ${code}, got ${error.code}: ${error.message}`, { cause: error });
    }
    return error;
  }
  throw new Error(`expected ${code}, but nothing failed`);
}

/** An error as it crosses from the core. */
export function flatError(given = {}) {
  const none = { retry_after_ms: null, status: null, request_id: null, detail: null, cause: null };
  return { code: "grant_ended", action: "sign_in_again", message: "The grant is over.", ...none, ...given };
}

/** Runs a script in a Node of its own, and returns what it printed. */
export async function run(script, env = {}, args = []) {
  const node = promisify(execFile);
  const options = { cwd: new URL("..", import.meta.url), env: { ...process.env, ...env }, timeout: 30_000 };
  return node(process.execPath, ["--input-type=module", "--eval", script, ...args], options);
}

/** Runs the package's command, as `npx` does. */
export async function command(...args) {
  return promisify(execFile)(process.execPath, [join(root, "lib", "cli.js"), ...args]);
}

/** The environment variables of a client of this sandbox, for another process. */
export function environment(sandbox, store) {
  const { clientId, clientSecret, redirectUri, scopes, environment } = sandbox.options();
  return {
    LOOP_CLIENT_ID: clientId,
    LOOP_CLIENT_SECRET: clientSecret,
    LOOP_REDIRECT_URI: redirectUri,
    LOOP_SCOPES: scopes.join(" "),
    LOOP_ENVIRONMENT: environment,
    LOOP_STORE: store,
  };
}

/** A browser as far as these tests need one: it keeps cookies, sends them back, and does not follow redirects. */
export class Browser {
  cookies = new Map();

  constructor(origin) {
    this.origin = origin;
  }

  /** Not by `fetch`, which says of itself in `Sec-Fetch-Mode` that it is a script. */
  async send(method, url, headers = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const accept = "text/html,application/xhtml+xml";
    const given = Object.entries({ accept, ...(cookie && { cookie }), ...headers });
    const kept = Object.fromEntries(given.filter(([, value]) => value !== undefined));
    const sent = request(new URL(url, this.origin), { method, agent: false, headers: kept });
    sent.end();
    const [response] = await once(sent, "response");
    const received = new Headers();
    for (const [name, values] of Object.entries(response.headersDistinct)) {
      values.forEach((value) => received.append(name, value));
    }
    for (const line of received.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/Max-Age=0/.test(line)) {
        this.cookies.delete(name);
      } else {
        this.cookies.set(name, value);
      }
    }
    return {
      status: response.statusCode,
      location: received.get("location"),
      headers: received,
      text: await text(response),
    };
  }

  get(url, headers) {
    return this.send("GET", url, headers);
  }

  post(url, headers = { "sec-fetch-site": "same-origin" }) {
    return this.send("POST", url, headers);
  }
}

/** This package's folder. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** A project of somebody who installed the packages, without what this folder adds; gone after the test file. */
export function installedProject() {
  const project = mkdtempSync(join(tmpdir(), "loop-project-"));
  after(() => rmSync(project, { recursive: true }));
  mkdirSync(join(project, "node_modules", "@platform"), { recursive: true });
  symlinkSync(root, join(project, "node_modules", "@platform", "sdk"), "junction");
  for (const name of ["express", "@types"]) {
    symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name), "junction");
  }
  return project;
}

/** Compiles files of a project under `tsc --strict`, and throws what the compiler says. */
export async function compile(project, files, ...options) {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const strict = ["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node"];
  const args = [tsc, ...strict, "--lib", "es2022,esnext.disposable", ...options, ...files];
  await promisify(execFile)(process.execPath, args, { cwd: project }).catch((error) => {
    throw new Error(error.stdout || error.message);
  });
}
