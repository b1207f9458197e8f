// A client's options, split into what crosses to the core as JSON, and the application's own code.
import { objectOf, seconds } from "./calls";
import { ownError } from "./errors";
import { eventHook, type EventListener } from "./events";
import { hook, isObject, Thrown, WrongAnswer } from "./hook";
import type { NativeHooks } from "./native";
import { AuditEntry, type AuditFields, type AuditLog } from "./audit";
import { checkStore, storeHook, type TokenStore } from "./store";
import type { IssuerOptions } from "./types";

/** Gives the client secret, or several with the newest first. */
export type ClientSecretSource = () => string | readonly string[] | Promise<string | readonly string[]>;

type Secrets = string | readonly string[] | ClientSecretSource | undefined;

/** Options of a client. What is undefined comes from the environment variable that stands beside it. */
export interface ClientOptions {
  /** The app's public id (`LOOP_CLIENT_ID`). */
  clientId?: string | undefined;
  /**
   * The secret of a confidential app; public apps have none (`LOOP_CLIENT_SECRET`). While it is being changed: a list
   * of two, the newest first; or a function that is asked at each token request.
   */
  clientSecret?: Secrets;
  /** Where Loop sends the person back, exactly as registered (`LOOP_REDIRECT_URI`). */
  redirectUri?: string | undefined;
  /** The scopes to ask for (`LOOP_SCOPES`, separated by spaces). `openid` is added by itself. */
  scopes?: readonly string[] | string | undefined;
  /** `production`, `staging`, `dev`, `sandbox`, a base URL with `{service}`, or another issuer (`LOOP_ENVIRONMENT`). */
  environment?: string | IssuerOptions | undefined;
  /**
   * Where grants are kept: `memory:`, `sqlite:///path` (`LOOP_STORE`), or a store of your own. Else SQLite in the user's
   * data directory.
   */
  store?: string | TokenStore | undefined;
  /** Seals what is stored (`LOOP_STORE_KEY`): 32 bytes in base64, several with commas between, or `none`. */
  storeKey?: string | undefined;
  /** The rule of the server's refresh tokens: `strict` (default), `introspect`, `grace:SECONDS`, `replay`. */
  profile?: string | undefined;
  /** How many token requests a minute this client and all others on its store may make (60). */
  tokenRequestsPerMinute?: number | undefined;
  /** Whether a refresh whose answer was lost is sent once more: it may end the grant (not unless said otherwise). */
  retryUnknownRefresh?: boolean | undefined;
  /** Hears of what happens to grants, on this thread. What it throws is warned of, and changes nothing. */
  onEvent?: EventListener | undefined;
  /**
   * Records every call of an API: who, why, whose data, which operation, how many records, with which outcome; never a
   * value. A function, a logger with `info`, or the path of a file that gets a JSON object a line.
   */
  auditLog?: AuditLog | undefined;
  /** Whether a call fails, before anything is sent, where its entry can't be recorded (not unless said otherwise). */
  auditRequired?: boolean | undefined;
  /** Whether sign-ins say who signed in (default). Without it, name the `userId` at `authorizationUrl`. */
  identify?: boolean | undefined;
  /** Whether a callback must come from the browser that began (default). */
  checkBrowser?: boolean | undefined;
  /** The time limit of an API call with its retries, in milliseconds (30,000). */
  timeout?: number | undefined;
}

/** Options of a machine's client. What is undefined comes from the environment variable that stands beside it. */
export interface MachineOptions
  extends Pick<ClientOptions, "environment" | "timeout" | "auditLog" | "auditRequired"> {
  /** The machine's public id (`LOOP_SERVICE_CLIENT_ID`). */
  clientId?: string | undefined;
  /** The machine's secret (`LOOP_SERVICE_CLIENT_SECRET`); several, or a function, as a person's app has. */
  clientSecret?: Secrets;
  /** Scopes of the family `admin:` (`LOOP_SERVICE_SCOPES`); all that the machine may have unless said otherwise. */
  scopes?: readonly string[] | string | undefined;
  /** Where tokens come from, where that is not `/v1/tokens` of the identity service. */
  tokenEndpoint?: string | undefined;
}

/** Options as the core takes them. @internal */
export interface SplitOptions {
  plain: object;
  hooks: NativeHooks;
  thrown: Thrown;
}

/** @internal */
export function splitOptions(options: ClientOptions): SplitOptions {
  const { store, clientSecret, onEvent, auditLog, ...plain } = objectOf(options, "options");
  const thrown = new Thrown();
  const hooks: NativeHooks = {};
  const rest: ClientOptions = plain;
  if (isObject(store)) {
    hooks.store = storeHook(checkStore(store), thrown);
    hooks.lists = store.list !== undefined;
  } else {
    rest.store = store;
  }
  splitSecret(clientSecret, rest, hooks, thrown);
  splitAudit(auditLog, rest, hooks, thrown);
  if (typeof onEvent === "function") {
    hooks.onEvent = eventHook(onEvent);
  } else if (onEvent !== undefined && onEvent !== null) {
    throw ownError("invalid_option", "`onEvent` must be a function.", "onEvent");
  }
  return { plain: { ...rest, timeout: seconds(options.timeout) }, hooks, thrown };
}

/** @internal */
export function splitMachineOptions(options: MachineOptions): SplitOptions {
  const { clientSecret, auditLog, ...plain } = objectOf(options, "options");
  const thrown = new Thrown();
  const hooks: NativeHooks = { machine: true };
  const rest: MachineOptions = plain;
  splitSecret(clientSecret, rest, hooks, thrown);
  splitAudit(auditLog, rest, hooks, thrown);
  return { plain: { ...rest, timeout: seconds(options.timeout) }, hooks, thrown };
}

function splitSecret(given: Secrets, rest: { clientSecret?: Secrets }, hooks: NativeHooks, thrown: Thrown): void {
  if (typeof given === "function") {
    hooks.clientSecret = hook(thrown, async () => secrets(await given()));
  } else {
    rest.clientSecret = given;
  }
}

function splitAudit(
  given: AuditLog | undefined,
  rest: { auditLog?: AuditLog | undefined },
  hooks: NativeHooks,
  thrown: Thrown,
): void {
  if (given === undefined || given === null || typeof given === "string") {
    rest.auditLog = given;
    return;
  }
  const record = typeof given === "function" ? given : isObject(given) ? given.info : undefined;
  if (typeof record !== "function") {
    throw ownError("invalid_option", "`auditLog` must be a function, a logger with `info`, or a path.", "auditLog");
  }
  // A logger of pino's kind drops what its level leaves out, without a word.
  const { isLevelEnabled } = given as { isLevelEnabled?: unknown };
  hooks.auditLog = hook(thrown, async (_method, text) => {
    if (typeof isLevelEnabled === "function" && isLevelEnabled.call(given, "info") === false) {
      throw new Error("The audit log's logger is not enabled for `info`.");
    }
    await record.call(given, new AuditEntry(JSON.parse(text) as AuditFields));
    return null;
  });
}

function secrets(given: unknown): string[] {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0 || !list.every((each) => typeof each === "string" && each !== "")) {
    throw new WrongAnswer("must return a text, or a list of texts with the newest first");
  }
  return list as string[];
}
