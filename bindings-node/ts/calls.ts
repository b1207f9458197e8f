// What every call takes, in every package for JavaScript: arguments as JSON, a signal, a time limit.
import { ownError } from "./errors";

/** What every call takes beside its arguments. */
export interface CallOptions {
  /** Ends the call with the code `cancelled`. A refresh that others wait for too goes on. */
  signal?: AbortSignal | undefined;
  /** Ends the call with the code `timeout` after this many milliseconds. */
  timeout?: number | undefined;
}

/** Calls a method of the core by its name there. @internal */
export type Invoke = (method: string, args: object, options?: CallOptions) => Promise<unknown>;

/** Calls that all say who they are for: whatever else the caller passed can't name another person. @internal */
export function bound(invoke: Invoke, context: object): Invoke {
  return (method, args, options) => invoke(method, { ...objectOf(args, "args"), ...context }, options);
}

/** Ends one call. @internal */
export interface Cancel {
  cancel(): void;
}

/** What each signal cancels. It gets one listener, however many calls it has: Node warns of more than a few. */
const cancelled = new WeakMap<AbortSignal, { handles: Set<Cancel>; cancel: () => void }>();

/** Cancels the handle when the signal says so, until the function that this returns is called. @internal */
export function cancelWith(signal: AbortSignal, handle: Cancel): () => void {
  let entry = cancelled.get(signal);
  if (entry === undefined) {
    const handles = new Set<Cancel>();
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

/** The signal, if it is one, of any realm or copy. @internal */
export function signalOf(value: unknown): AbortSignal | undefined {
  if (value === undefined) {
    return undefined;
  }
  const isSignal =
    typeof value === "object" &&
    value !== null &&
    typeof (value as AbortSignal).aborted === "boolean" &&
    typeof (value as AbortSignal).addEventListener === "function";
  if (!isSignal) {
    throw ownError("invalid_option", "`signal` must be an AbortSignal.", "signal");
  }
  return value as AbortSignal;
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

/** Each argument as JSON by itself, so that the error can name the one that has none. @internal */
export function encode(args: object): string {
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
