// The one way from a method to the core: arguments as JSON, the reply as JSON, cancellation in between.
import { errorOf, type FlatError, ownError } from "./errors";
import { native, type NativeClient } from "./native";

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
export function open(options: object): NativeClient {
  const client = native().openClient(encode(options, "options"), `node/${process.versions.node}`);
  if (typeof client === "string") {
    throw failure(client);
  }
  return client;
}

/** The calls of one client. @internal */
export function invoker(client: NativeClient): Invoke {
  return async (method, args, { signal, timeout } = {}) => {
    const text = encode(args, "arguments");
    // What is no number has to reach the core, which says so.
    const limit = timeout === undefined ? undefined : typeof timeout === "number" ? timeout : Number.NaN;
    if (signal === undefined) {
      return valueOf(await client.call(method, text, limit));
    }
    const handle = new (native().CancelHandle)();
    const cancel = (): void => handle.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      if (signal.aborted) {
        cancel();
      }
      return valueOf(await client.call(method, text, limit, handle));
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  };
}

/** A duration or time for the core, which counts in seconds. What is no number reaches it as text, to be refused. @internal */
export function seconds(milliseconds: unknown): unknown {
  if (milliseconds === undefined || milliseconds === null) {
    return undefined;
  }
  return Number.isFinite(milliseconds) ? (milliseconds as number) / 1000 : String(milliseconds);
}

function valueOf(reply: string): unknown {
  const parsed = JSON.parse(reply) as { value: unknown } | { error: FlatError };
  if ("error" in parsed) {
    throw errorOf(parsed.error);
  }
  return parsed.value;
}

function failure(reply: string): Error {
  return errorOf((JSON.parse(reply) as { error: FlatError }).error);
}

function encode(value: object, detail: string): string {
  try {
    return JSON.stringify(value);
  } catch {
    // A cycle or a BigInt. Its own message may quote values.
    throw ownError("invalid_option", `The ${detail} can't be written as JSON.`, detail);
  }
}
