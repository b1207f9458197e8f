// The one way from a method to the native part: arguments as JSON, the reply as JSON, cancellation in between.
import { auditTarget, recordEntry } from "./audit";
import type { LoopNative, NativeEvents } from "./native";
import { type ClientOptions, OPTIONS } from "./options";
import { type CallOptions, cancelWith, encode, type Invoke, objectOf, seconds, signalOf } from "./shared/calls";
import { errorOf, type FlatError, isLoopError, LoopError, type Origin, ownError } from "./shared/errors";
import { hearing } from "./shared/event";
import { Authorization } from "./shared/types";

/** A client of the native part. @internal */
export interface Opened {
  client: number;
  redirectUri: string | null;
}

/** Distinguishes the calls of this process. */
let lastCall = 0;

/** Opens a client, or throws what is wrong with its options. @internal */
export function open(native: LoopNative, options: ClientOptions): Opened {
  const { onEvent, auditLog, ...plain } = objectOf(options, "options");
  for (const name of Object.keys(plain)) {
    if (!OPTIONS.includes(name)) {
      const known = OPTIONS.map((each) => `\`${each}\``).join(", ");
      // A key that is no word may be a value in the wrong place.
      const shown = /^\w{1,40}$/.test(name) ? name : "options";
      throw ownError("invalid_option", `\`${shown}\` is not known here; known are ${known}.`, shown);
    }
  }
  const listens = onEvent !== undefined && onEvent !== null;
  if (listens && typeof onEvent !== "function") {
    throw ownError("invalid_option", "`onEvent` must be a function.", "onEvent");
  }
  const { record, path } = auditTarget(auditLog);
  const crossing = encode({ ...plain, timeout: seconds(plain.timeout), auditLog: path });
  const opened = valueOf(native.create(crossing, listens, record !== undefined)) as Opened;
  // For as long as the app lives, as the client does.
  const watch = <Name extends keyof NativeEvents>(name: Name, hear: (told: NativeEvents[Name]) => void): void => {
    native.addListener(name, (told) => told.client === opened.client && hear(told));
  };
  if (listens) {
    const hear = hearing(onEvent, (sentence) => console.warn(sentence));
    watch("onLoopEvent", ({ event }) => hear(event));
  }
  if (record !== undefined) {
    watch("onLoopAudit", (told) => void recordEntry(native, record, told));
  }
  return opened;
}

/** The calls of one client. `failed` hears of every error. @internal */
export function invoker(native: LoopNative, client: number, failed: (error: LoopError) => void): Invoke {
  const invoke: Invoke = async (method, args, options = {}) => {
    const text = encode(objectOf(args, "args"));
    const { signal: given, timeout } = objectOf(options, "options");
    const signal = signalOf(given);
    const limit = limitOf(timeout);
    lastCall += 1;
    const callId = String(lastCall);
    const forget = signal && cancelWith(signal, { cancel: () => native.cancel(callId) });
    try {
      return valueOf(await native.call(client, method, text, callId, limit), origin);
    } catch (error) {
      const told = toldOf(error, signal);
      failed(told);
      throw told;
    } finally {
      forget?.();
    }
  };
  const origin: Origin = {
    thrown: { find: () => undefined },
    signInAgain: async (args: object, options?: CallOptions) =>
      new Authorization(await invoke("sign_in_again", args, options)),
  };
  return invoke;
}

function limitOf(timeout: unknown): number | null {
  if (timeout === undefined || timeout === null) {
    return null;
  }
  if (typeof timeout !== "number" || !Number.isFinite(timeout) || timeout < 0) {
    throw ownError("invalid_option", "`timeout` must be a length of time, zero or more.", "timeout");
  }
  return timeout;
}

/** The error that the caller gets: who ended the call, this side knows. */
function toldOf(error: unknown, signal: AbortSignal | undefined): LoopError {
  if (!isLoopError(error)) {
    // What a native part throws may quote what it was given.
    return ownError("internal", "The SDK failed in a way that it should not: please report it.");
  }
  if (error.code !== "cancelled" || signal?.aborted !== true) {
    return error;
  }
  // Not enumerable, as every error's cause.
  return Object.defineProperty(error, "cause", { value: (signal as { reason?: unknown }).reason, configurable: true, writable: true });
}

function valueOf(reply: string, origin?: Origin): unknown {
  const parsed = JSON.parse(reply) as { value: unknown } | { error: FlatError };
  if ("error" in parsed) {
    throw errorOf(parsed.error, origin);
  }
  return parsed.value;
}
