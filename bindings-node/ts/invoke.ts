// The one way from a method to the core: arguments as JSON, the reply as JSON, cancellation in between.
import { cancelWith, encode, type Invoke, objectOf, signalOf } from "./calls";
import { errorOf, type FlatError, isLoopError, type Origin } from "./errors";
import { stayUp } from "./exit";
import type { Thrown } from "./hook";
import { native, type NativeClient, type NativeHooks } from "./native";
import { incomingTrace } from "./trace";
import { Authorization } from "./types";

/** Opens a client of the core, or throws what is wrong with its options. @internal */
export function open(options: object, hooks: NativeHooks): NativeClient {
  const { store, lists = false, clientSecret, onEvent, auditLog, machine } = hooks;
  const language = `node/${process.versions.node}`;
  const client = native().openClient(
    encode(options),
    language,
    store,
    lists,
    clientSecret,
    onEvent,
    auditLog,
    machine,
  );
  if (typeof client === "string") {
    throw errorOf((JSON.parse(client) as Failed).error);
  }
  return client;
}

/** The calls of one client. @internal */
export function invoker(client: NativeClient, thrown: Thrown): Invoke {
  const invoke: Invoke = async (method, args, options = {}) => {
    const text = encode({ ...objectOf(args, "args"), incoming_traceparent: incomingTrace() });
    const { signal: given, timeout } = objectOf(options, "options");
    // What is no number has to reach the core, which says so.
    const limit = timeout === undefined ? undefined : typeof timeout === "number" ? timeout : Number.NaN;
    const signal = signalOf(given);
    if (signal === undefined) {
      return valueOf(await client.call(method, text, limit), origin);
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
