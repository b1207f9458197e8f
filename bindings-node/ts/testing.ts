// Starts the Loop sandbox for a test, and pulls its levers: sign people in, read its journal, make it misbehave.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { ClientOptions, MachineOptions } from "./options";

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

/** A wrong answer of the token endpoint, on order. The sandbox's documentation says what each kind takes. */
export interface TokenFault {
  /** What the client sees. */
  kind:
    | "no_answer"
    | "hang"
    | "delay"
    | "reset"
    | "truncate"
    | "status"
    | "content_type"
    | "drop_refresh_token"
    | "garbage_200";
  /** `before` (unless said otherwise): nothing was done. `after`: tokens are rotated, codes spent, and the answer is spoilt. */
  when?: "before" | "after" | undefined;
  /** How many requests it strikes; one unless said otherwise. */
  times?: number | undefined;
  /** Waits for a request of this kind. */
  grantType?: "authorization_code" | "refresh_token" | undefined;
  /** Waits for a request of this app. */
  clientId?: string | undefined;
  /** How long `hang` and `delay` take. */
  ms?: number | undefined;
  /** Where `reset` and `truncate` cut, from the status line on, or `atBodyByte` from the body on. */
  atByte?: number | undefined;
  atBodyByte?: number | undefined;
  /** What `status` answers. */
  status?: number | undefined;
  body?: "oauth" | "html" | "empty" | "json_other" | undefined;
  error?: string | undefined;
  contentType?: string | undefined;
  /** The header, seconds or any text; `retryAfterMs` stands in the body. */
  retryAfter?: number | string | undefined;
  retryAfterMs?: number | undefined;
}

/** A wrong answer of an API route, on order. */
export interface ApiFault extends Omit<TokenFault, "grantType"> {
  /** Waits for a request to this service, for instance `clinical`. */
  service?: string | undefined;
  /** Waits for a request with this method. */
  method?: string | undefined;
  /** Waits for a request of this path, or of the route that it is a template of. */
  path?: string | undefined;
  /** How likely it is to strike, from 0 to 1; always unless said otherwise. */
  probability?: number | undefined;
  /** Makes the same choice of requests every time. */
  seed?: number | undefined;
}

/** Rules of the sandbox that can be switched. The sandbox's documentation says what each does. */
export interface SandboxSwitches {
  /** `strict`, `grace:SECONDS`, `previous_until_used`, `none`, `none:same`. */
  rotation: string;
  replacedIsReuse: boolean;
  /** Requests that the token endpoint lets through for each app in a minute; null for any number. */
  tokenRateLimit: number | null;
  lockoutAfter: number;
  clockSkewSeconds: number;
  introspectionCacheSeconds: number;
  strictOpenid: boolean;
  lenientNonce: boolean;
  allOrNothing: boolean;
}

/** What the sandbox has received and done, in numbers. */
export interface SandboxStats {
  /** Requests at the token endpoint. */
  tokenRequests: number;
  /** Those with a code. */
  exchanges: number;
  /** Those with a refresh token. */
  refreshes: number;
  /** Refresh tokens that were exchanged for new ones. */
  rotations: number;
  /** Spent refresh tokens that arrived. */
  replays: number;
  /** Spent codes that arrived. */
  codeReplays: number;
  /** Second uses that the rotation rule accepted. */
  supersededUses: number;
  /** Grants that ended because something was used twice. */
  revokedFamilies: number;
  /** Alerts that were raised for it. */
  alerts: number;
  /** Requests over the limit, or during a lock-out. */
  rateLimited: number;
  /** Lock-outs that began. */
  lockouts: number;
  /** Requests at the introspection endpoint. */
  introspections: number;
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

  /** Registers a machine, and returns options for its `M2MClient`: with all `admin:` scopes unless said otherwise. */
  async machineOptions(
    scopes: readonly string[] = ["admin:identity", "admin:clinical", "admin:payments"],
  ): Promise<MachineOptions> {
    const order = { client_name: "Test machine", redirect_uris: [], allowed_scopes: scopes };
    const { client, client_secret } = (await this.#post("clients", order)) as {
      client: { client_id: string };
      client_secret: string;
    };
    return { environment: this.#started.environment, clientId: client.client_id, clientSecret: client_secret };
  }

  /** Makes an API route answer wrongly, once unless `times` says more. */
  async apiFault(fault: ApiFault): Promise<void> {
    await this.#post("api-faults", snakeCase(fault));
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

  /** Makes the token endpoint answer wrongly, once unless `times` says more. Faults strike in the order of their orders. */
  async tokenFault(fault: TokenFault): Promise<void> {
    await this.#post("token-faults", snakeCase(fault));
  }

  /** Takes back the faults that have not struck yet. */
  async clearTokenFaults(): Promise<void> {
    await this.#send("token-faults", "DELETE");
  }

  /** Counters since the start, or since `resetStats()`: `replays` is 0 where no refresh token was used twice. */
  async stats(): Promise<SandboxStats> {
    return camelCase(await this.#send("stats", "GET")) as SandboxStats;
  }

  /** Sets the counters to zero. */
  async resetStats(): Promise<void> {
    await this.#send("stats", "DELETE");
  }

  /** Switches rules, and returns all of them as they stand. What is not given stays as it is. */
  async switches(changes: Partial<SandboxSwitches> = {}): Promise<SandboxSwitches> {
    return camelCase(await this.#post("switches", snakeCase(changes))) as SandboxSwitches;
  }

  /** Ends access tokens of the registered app as if their time were up: one person's, or all. Returns how many. */
  async expireAccess(userId?: string): Promise<number> {
    const order = { user_id: userId, client_id: this.#started.client_id };
    return ((await this.#post("expire-access", order)) as { expired: number }).expired;
  }

  /** Ends a grant as the person does on Loop's page of connected apps. */
  async revokeGrant(userId: string): Promise<void> {
    await this.#post("revoke-grant", { user_id: userId, client_id: this.#started.client_id });
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

function snakeCase(object: object): object {
  const members = Object.entries(object);
  return Object.fromEntries(members.map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]));
}

function camelCase(object: unknown): unknown {
  const members = Object.entries(object as object);
  return Object.fromEntries(members.map(([name, value]) => [name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()), value]));
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
