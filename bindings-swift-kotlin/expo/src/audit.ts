// The audit log of an app: each entry comes from the native part, which waits until the app has recorded it.
import type { LoopNative, NativeEvents } from "./native";
import { AuditEntry, type AuditFields, type AuditLog } from "./shared/audit";
import { classOf, ownError } from "./shared/errors";

/** Where the entries go: to code of the app, or into a file that the core writes. @internal */
export interface AuditTarget {
  record?: ((entry: AuditEntry) => unknown) | undefined;
  path?: string | undefined;
}

/** What the option means, or an error that names it. @internal */
export function auditTarget(given: AuditLog | null | undefined): AuditTarget {
  if (given === undefined || given === null) {
    return {};
  }
  if (typeof given === "string") {
    return { path: pathOf(given) };
  }
  if (typeof given === "function") {
    return { record: given };
  }
  if (typeof given !== "object" || typeof given.info !== "function") {
    throw ownError("invalid_option", "`auditLog` must be a function, a logger with `info`, or a path.", "auditLog");
  }
  return { record: (entry) => given.info(entry) };
}

/** Expo's file system names files by URIs. */
function pathOf(given: string): string {
  try {
    return given.startsWith("file://") ? decodeURIComponent(given.slice("file://".length)) : given;
  } catch {
    throw ownError("invalid_option", "`auditLog` is a URI that can't be read.", "auditLog");
  }
}

/** Records what the native part hands over, and answers it. Never rejects. @internal */
export async function recordEntry(
  native: LoopNative,
  record: (entry: AuditEntry) => unknown,
  told: NativeEvents["onLoopAudit"],
): Promise<void> {
  let threw: string | null = null;
  try {
    await record(new AuditEntry(JSON.parse(told.entry) as AuditFields));
  } catch (error) {
    // The class only: an exception may quote the entry.
    threw = classOf(error);
    console.warn(`auditLog threw ${threw}.`);
  }
  native.recorded(told.id, threw);
}
