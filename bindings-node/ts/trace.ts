// The trace of the web request that is being served, where the web glue knows it (W3C Trace Context).
import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage } from "node:http";

const served = new AsyncLocalStorage<string | undefined>();

/** Serves a request: whatever the SDK is asked for meanwhile belongs to that request's trace. @internal */
export function serving<T>(request: IncomingMessage, serve: () => T): T {
  // Node makes one text of a header that came twice, which the core takes for none.
  return served.run(request.headers["traceparent"] as string | undefined, serve);
}

/** The header `traceparent` of the request that is being served, as it came: the core judges it. @internal */
export function incomingTrace(): string | undefined {
  return served.getStore();
}
