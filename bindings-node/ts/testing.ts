// Starts the Loop sandbox for a test, and pulls its levers: sign people in, read its journal, make it misbehave.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { ClientOptions } from "./types";

export { checkTokenStore } from "./contract";

/** How to start the sandbox. */
export interface SandboxOptions {
  /** The redirect URI of the app that is registered; `http://localhost:3000/callback` unless said otherwise. */
  redirectUri?: string | undefined;
  /** The scopes of that app; `read:biomarkers` and `read:protocols` unless said otherwise. */
  scopes?: readonly string[] | undefined;
  /** How long its access tokens live. */
  accessTokenSeconds?: number | undefined;
  /** A file to keep the sandbox's data in; memory unless said otherwise. */
  database?: string | undefined;
}

/** One request that the sandbox received, with its secrets hidden. */
export interface JournalEntry {
  seq: number;
  at: string;
  service: string;
  method: string;
  path: string;
  query: Record<string, unknown>;
  form: Record<string, unknown>;
  status: number | null;
  client_id?: string;
  grant_type?: string;
  error?: string;
  request_id: string;
}

interface Started {
  base_url: string;
  environment: string;
  client_id: string;
  client_secret: string | null;
  redirect_uri: string;
  scopes: string;
}

/** A sandbox that runs for this process, with one app registered. */
export class Sandbox implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #started: Started;

  /** @internal */
  constructor(process: ChildProcess, started: Started) {
    this.#process = process;
    this.#started = started;
  }

  /** For instance `http://127.0.0.1:40123`. */
  get baseUrl(): string {
    return this.#started.base_url;
  }

  /** Options for a `LoopClient` of the registered app, with its grants in memory. */
  options(): ClientOptions {
    const { environment, client_id, client_secret, redirect_uri, scopes } = this.#started;
    return {
      environment,
      clientId: client_id,
      clientSecret: client_secret ?? undefined,
      redirectUri: redirect_uri,
      scopes: scopes.split(" "),
      store: "memory:",
    };
  }

  /** Signs a person in and answers the consent page, as a browser would. Returns the URL that it was sent back to. */
  async signIn(authorizationUrl: string, { person = "ada", allow = true } = {}): Promise<string> {
    const order = { authorization_url: authorizationUrl, person, allow };
    const { callback_url } = (await this.#post("sign-in", order)) as { callback_url: string };
    return callback_url;
  }

  /** Every request so far. */
  async journal(): Promise<JournalEntry[]> {
    return (await this.#send("journal", "GET")) as JournalEntry[];
  }

  /** Makes the next id_token wrong: `wrong_issuer`, `wrong_signature`, `alg_none`, `unknown_kid`, `expired`, … */
  async nextIdToken(kind: string): Promise<void> {
    await this.#post("id-token", { next: kind });
  }

  /** Replaces the token endpoint's next answer. */
  async nextTokenAnswer(answer: { status: number; contentType?: string; body?: string }): Promise<void> {
    const { status, contentType, body } = answer;
    await this.#post("next-token-answer", { status, content_type: contentType, body });
  }

  /** Moves the sandbox's clock. */
  async advanceClock(seconds: number): Promise<void> {
    await this.#post("clock", { advance_seconds: seconds });
  }

  /** Stops it. Without this it stops when this process ends. */
  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.ref();
      this.#process.stdin?.end();
      await ended;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #post(lever: string, order: object): Promise<unknown> {
    return this.#send(lever, "POST", JSON.stringify(order));
  }

  async #send(lever: string, method: string, body?: string): Promise<unknown> {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(`${this.baseUrl}/_sandbox/${lever}`, { method, headers, body: body ?? null });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`The sandbox refused ${lever} (${response.status}): ${text}`);
    }
    return text === "" ? undefined : JSON.parse(text);
  }
}

/** Starts a sandbox on a free port and registers an app there. Ends with this process, or with `stop()`. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { redirectUri = "http://localhost:3000/callback", scopes, accessTokenSeconds, database } = options;
  const args = ["serve", "--port", "0", "--json", "--exit-with-stdin", "--redirect-uri", redirectUri];
  if (scopes !== undefined) {
    args.push("--scopes", scopes.join(" "));
  }
  if (accessTokenSeconds !== undefined) {
    args.push("--access-token-seconds", String(accessTokenSeconds));
  }
  if (database !== undefined) {
    args.push("--database", database);
  }
  const program = binary();
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const line = await new Promise<string>((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => reject(error.code === "ENOENT" ? notFound(program) : error));
    child.once("exit", (code) => reject(new Error(`The sandbox ended with ${code ?? "a signal"}: ${said.trim()}`)));
    createInterface(child.stdout).once("line", resolve);
  });
  // A test that forgets to stop it ends all the same, and it ends with the test.
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr] as unknown as { unref(): void }[]) {
    stream.unref();
  }
  return new Sandbox(child, JSON.parse(line) as Started);
}

/** `LOOP_SANDBOX`, else the package, else whatever `loop-sandbox` is on the path. */
function binary(): string {
  const given = process.env["LOOP_SANDBOX"];
  if (given !== undefined && given !== "") {
    return given;
  }
  try {
    return (require("@platform/sandbox") as { binaryPath(): string }).binaryPath();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") {
      throw error;
    }
    return "loop-sandbox";
  }
}

function notFound(program: string): Error {
  return new Error(
    `The Loop sandbox (${program}) is not there: npm install --save-dev @platform/sandbox, or set LOOP_SANDBOX to its path.`,
  );
}
