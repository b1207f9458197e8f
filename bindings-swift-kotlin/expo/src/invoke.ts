// The one way from a method to the native part: arguments as JSON, the reply as JSON, cancellation in between.
import type { LoopNative } from "./native";
import { type ClientOptions, OPTIONS } from "./options";
import { type CallOptions, cancelWith, encode, type Invoke, objectOf, seconds, signalOf } from "./shared/calls";
import { errorOf, type FlatError, isLoopError, LoopError, type Origin, ownError } from "./shared/errors";
import { type EventListener, hearing } from "./shared/event";
import { Authorization } from "./shared/types";

/** A client of the native part. @internal */
export interface Opened {
  client: number;
  redirectUri: string | null;
}

/** A timer that is set for longer than this fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Distinguishes the calls of this process. */
let lastCall = 0;

/** Opens a client, or throws what is wrong with its options. @internal */
export function open(native: LoopNative, options: ClientOptions): Opened {
  const { onEvent, ...plain } = objectOf(options, "options");
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
  const opened = valueOf(native.create(encode({ ...plain, timeout: seconds(plain.timeout) }), listens)) as Opened;
  if (listens) {
    listen(native, opened.client, onEvent);
  }
  return opened;
}

/** For as long as the app lives, as the client does. */
function listen(native: LoopNative, client: number, listener: EventListener): void {
  const hear = hearing(listener, (sentence) => console.warn(sentence));
  native.addListener("onLoopEvent", (told) => {
    if (told.client === client) {
      hear(told.event);
    }
  });
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
    const cancel = (): void => native.cancel(callId);
    let timeIsUp = false;
    const forget = signal && cancelWith(signal, { cancel });
    const timer =
      limit === undefined
        ? undefined
        : setTimeout(() => {
            timeIsUp = true;
            cancel();
          }, limit);
    try {
      return valueOf(await native.call(client, method, text, callId), origin);
    } catch (error) {
      const told = toldOf(error, signal, timeIsUp);
      failed(told);
      throw told;
    } finally {
      clearTimeout(timer);
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

function limitOf(timeout: unknown): number | undefined {
  if (timeout === undefined || timeout === null) {
    return undefined;
  }
  if (typeof timeout !== "number" || !Number.isFinite(timeout) || timeout < 0) {
    throw ownError("invalid_option", "`timeout` must be a length of time, zero or more.", "timeout");
  }
  return Math.min(timeout, LONGEST_TIMER);
}

/** The error that the caller gets: who ended the call, this side knows. */
function toldOf(error: unknown, signal: AbortSignal | undefined, timeIsUp: boolean): LoopError {
  if (!isLoopError(error)) {
    // What a native part throws may quote what it was given.
    return ownError("internal", "The SDK failed in a way that it should not: please report it.");
  }
  if (error.code !== "cancelled") {
    return error;
  }
  if (signal?.aborted === true) {
    // Not enumerable, as every error's cause.
    return Object.defineProperty(error, "cause", { value: (signal as { reason?: unknown }).reason, configurable: true, writable: true });
  }
  if (timeIsUp) {
    return ownError("timeout", "The call's time limit is over; a refresh under way goes on.");
  }
  return error;
}

function valueOf(reply: string, origin?: Origin): unknown {
  const parsed = JSON.parse(reply) as { value: unknown } | { error: FlatError };
  if ("error" in parsed) {
    throw errorOf(parsed.error, origin);
  }
  return parsed.value;
}
