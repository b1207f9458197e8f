// Written by `cargo xtask codegen` from `bindings-node/ts/safe-view.ts`: do not edit.
// The form of a value that may stand in a log.
import { isLoopError } from "./errors";
import { SAFE_VIEW } from "./hidden";
import { Page } from "./page";

/** A plain object without anything about a person. */
export interface SafeView {
  readonly type: string;
  readonly [name: string]: unknown;
}

/**
 * A loggable form of a record, a page, or an error of the SDK: its type, and of its values those that say nothing about a
 * person. Of anything else it says no more than what kind of value it is.
 */
export function safeView(value: unknown): SafeView {
  if (value instanceof Page) {
    return { type: "Page", of: value.name, count: value.length, items: value.map(safeView) };
  }
  if (isLoopError(value)) {
    const { code, action, status, requestId, retryAfterMs } = value;
    return { type: "Error", code, action, status, request_id: requestId, retry_after_ms: retryAfterMs };
  }
  const own = typeof value === "object" && value !== null ? (value as Record<symbol, unknown>)[SAFE_VIEW] : undefined;
  if (typeof own === "function") {
    return own.call(value) as SafeView;
  }
  return { type: value === null ? "null" : Array.isArray(value) ? "list" : typeof value };
}
