// The one way from a method to the core: arguments as JSON, the reply as JSON, cancellation in between.
import { errorOf, type FlatError, isLoopError, type Origin, ownError } from "./errors";
import { stayUp } from "./exit";
import type { Thrown } from "./hook";
import { type CancelHandle, native, type NativeClient, type NativeHooks } from "./native";
import { Authorization } from "./types";

/** What every call takes beside its arguments. */
export interface CallOptions {
  /** Ends the call with the code `cancelled`. A refresh that others wait for too goes on. */
  signal?: AbortSignal | undefined;
  /** Ends the call with the code `timeout` after this many milliseconds. */
  timeout?: number | undefined;
}

/** Calls a method of the core by its name there. @internal */
export type Invoke = (method: string, args: object, options?: CallOptions) => Promise<unknown>;

/** Opens a client of the core, or throws what is wrong with its options. @internal */
export function open(options: object, hooks: NativeHooks): NativeClient {
  const { store, lists = false, clientSecret, onEvent } = hooks;
  const language = `node/${process.versions.node}`;
  const client = native().openClient(encode(options), language, store, lists, clientSecret, onEvent);
  if (typeof client === "string") {
    throw errorOf((JSON.parse(client) as Failed).error);
  }
  return client;
}

/** The calls of one client. @internal */
export function invoker(client: NativeClient, thrown: Thrown): Invoke {
  const invoke: Invoke = async (method, args, options = {}) => {
    const text = encode(objectOf(args, "args"));
    const { signal, timeout } = objectOf(options, "options");
    // What is no number has to reach the core, which says so.
    const limit = timeout === undefined ? undefined : typeof timeout === "number" ? timeout : Number.NaN;
    if (signal === undefined) {
      return valueOf(await client.call(method, text, limit), origin);
    }
    if (!isSignal(signal)) {
      throw ownError("invalid_option", "`signal` must be an AbortSignal.", "signal");
    }
    const handle = new (native().CancelHandle)();
    const forget = cancelWith(signal, handle);
    try {
      return valueOf(await client.call(method, text, limit, handle), origin);
    } catch (error) {
      if (signal.aborted && isLoopError(error) && error.code === "cancelled") {
        // Not enumerable, as every error's cause.
        Object.defineProperty(error, "cause", { value: signal.reason, configurable: true, writable: true });
      }
      throw error;
    } finally {
      forget();
    }
  };
  const origin: Origin = {
    thrown,
    signInAgain: async (args, options) => new Authorization(await invoke("sign_in_again", args, options)),
  };
  return invoke;
}

/** What each signal cancels. It gets one listener, however many calls it has: Node warns of more than a few. */
const cancelled = new WeakMap<AbortSignal, { handles: Set<CancelHandle>; cancel: () => void }>();

/** Cancels the handle when the signal says so, until the function that this returns is called. */
function cancelWith(signal: AbortSignal, handle: CancelHandle): () => void {
  let entry = cancelled.get(signal);
  if (entry === undefined) {
    const handles = new Set<CancelHandle>();
    entry = { handles, cancel: () => handles.forEach((each) => each.cancel()) };
    cancelled.set(signal, entry);
    signal.addEventListener("abort", entry.cancel, { once: true });
  }
  const { handles, cancel } = entry;
  handles.add(handle);
  if (signal.aborted) {
    handle.cancel();
  }
  return () => {
    handles.delete(handle);
    if (handles.size === 0) {
      cancelled.delete(signal);
      signal.removeEventListener("abort", cancel);
    }
  };
}

/** A signal of any realm or copy. */
function isSignal(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as AbortSignal).aborted === "boolean" &&
    typeof (value as AbortSignal).addEventListener === "function"
  );
}

/** The value, if it is an object as arguments and options are; else an error that names it. @internal */
export function objectOf<T extends object>(value: T, name: string): T {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw ownError("invalid_option", `\`${name}\` must be an object.`, name);
  }
  return value;
}

/** A duration or time for the core, which counts in seconds. What is no number reaches it as text, to be refused. @internal */
export function seconds(milliseconds: unknown): unknown {
  if (milliseconds === undefined || milliseconds === null) {
    return undefined;
  }
  return Number.isFinite(milliseconds) ? (milliseconds as number) / 1000 : String(milliseconds);
}

interface Failed {
  error: FlatError;
}

function valueOf(reply: string, origin: Origin): unknown {
  const parsed = JSON.parse(reply) as ({ value: unknown } | Failed) & { busy?: true };
  if (parsed.busy === true) {
    stayUp();
  }
  if ("error" in parsed) {
    throw errorOf(parsed.error, origin);
  }
  return parsed.value;
}

/** Each argument as JSON by itself, so that the error can name the one that has none. */
function encode(args: object): string {
  const members: string[] = [];
  for (const name of Object.keys(args)) {
    let text: string | undefined;
    try {
      text = JSON.stringify((args as Record<string, unknown>)[name], withoutFunctions);
    } catch {
      // A cycle, a BigInt, a function. The error's own message may quote values.
      throw ownError("invalid_option", `\`${name}\` can't be written as JSON.`, name);
    }
    if (text !== undefined) {
      members.push(`${JSON.stringify(name)}:${text}`);
    }
  }
  return `{${members.join(",")}}`;
}

/** JSON would leave functions and symbols out silently. */
function withoutFunctions(_key: string, value: unknown): unknown {
  if (typeof value === "function" || typeof value === "symbol") {
    throw new TypeError("no JSON");
  }
  return value;
}
