// A store of the application's own: the interface that it keeps, and its wrapping for the core.
import { ownError } from "./errors";
import { type Hook, hook, isObject, type Thrown, WrongAnswer } from "./hook";

/** One stored entry. */
export interface StoreEntry {
  /** Changes at every write, and never comes again for this key, also after a deletion. */
  version: string;
  /** The record. It holds secrets, unless the client has a `storeKey`. */
  blob: Uint8Array;
}

/** One entry of a list. */
export interface ListedEntry extends StoreEntry {
  key: string;
}

/**
 * A store of your own: compare-and-swap is all that it promises. Methods may be sync or async.
 *
 * What a method throws becomes the error `store_unavailable`, with the exception as its `cause`. A method that does not
 * end within the client's `timeout` counts as failed.
 */
export interface TokenStore {
  /** The entry under a key; null where there is none, or where it has expired. */
  load(key: string): StoreEntry | null | undefined | Promise<StoreEntry | null | undefined>;
  /**
   * Writes an entry, if what is there has the `expected` version; null expects that nothing is there. Look and write
   * have to be one step, also for other processes.
   *
   * Returns the new version, or null where the entry was not as expected. Throws {@link OutcomeUnknown} where nobody
   * knows whether the write happened. With `ttlMs`, the entry vanishes after so many milliseconds.
   */
  save(
    key: string,
    blob: Uint8Array,
    expected: string | null,
    ttlMs?: number,
  ): string | null | Promise<string | null>;
  /** Removes an entry of exactly this version. False where it is not there, or another. */
  delete(key: string, expected: string): boolean | Promise<boolean>;
  /** Milliseconds since the epoch, by the clock that all users of this store share. */
  now(): number | Promise<number>;
  /**
   * Up to `limit` live entries whose key begins with `prefix` and comes after `after`, in the order of their keys. A
   * store without it works; only `grants()` and `keepAlive()` need it.
   */
  list?(
    prefix: string,
    after: string | null,
    limit: number,
  ): readonly ListedEntry[] | Promise<readonly ListedEntry[]>;
}

/** Whether a value has the methods of a store; throws what is missing. @internal */
export function checkStore(store: object): TokenStore {
  const methods = store as Record<string, unknown>;
  for (const name of ["load", "save", "delete", "now"]) {
    if (typeof methods[name] !== "function") {
      throw wrong(`as an object needs the method ${name}`);
    }
  }
  if (methods["list"] !== undefined && typeof methods["list"] !== "function") {
    throw wrong("has a `list` that is no method");
  }
  return store as TokenStore;
}

function wrong(what: string): Error {
  return ownError("invalid_option", `\`store\` ${what}.`, "store");
}

interface Questions {
  key: string;
  blob: string;
  expected: string | null;
  ttl: number | null;
  prefix: string;
  after: string | null;
  limit: number;
}

/** The store as the core asks it. @internal */
export function storeHook(store: TokenStore, thrown: Thrown): Hook {
  return hook(thrown, async (method, args) => {
    const { key, blob, expected, ttl, prefix, after, limit } = JSON.parse(args) as Questions;
    switch (method) {
      case "load":
        return entry(await store.load(key));
      case "save": {
        const bytes = new Uint8Array(Buffer.from(blob, "base64"));
        return savedVersion(
          await (ttl === null ? store.save(key, bytes, expected) : store.save(key, bytes, expected, ttl)),
        );
      }
      case "delete":
        return isDeleted(await store.delete(key, expected as string));
      case "now":
        return moment(await store.now());
      default:
        return entries(await store.list?.(prefix, after, limit), limit);
    }
  });
}

function entry(found: unknown): object | null {
  if (found === null || found === undefined) {
    return null;
  }
  const { version, blob } = isObject(found) ? (found as Partial<StoreEntry>) : {};
  if (!isVersion(version) || !(blob instanceof Uint8Array)) {
    throw new WrongAnswer("must return null, or {version, blob} with a text and a Uint8Array");
  }
  return { version, blob: Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString("base64") };
}

function entries(found: unknown, limit: number): object[] {
  if (!Array.isArray(found) || found.length > limit) {
    throw new WrongAnswer("must return an array of at most `limit` entries");
  }
  return found.map((each: unknown) => {
    const key = isObject(each) ? (each as ListedEntry).key : undefined;
    const crossed = entry(each);
    if (typeof key !== "string" || crossed === null) {
      throw new WrongAnswer("must return entries with a key, a version and a blob");
    }
    return { key, ...crossed };
  });
}

function savedVersion(saved: unknown): string | null {
  // Undefined would be a `return` that somebody forgot: the write may have happened.
  if (saved !== null && !isVersion(saved)) {
    throw new WrongAnswer("must return the new version, a text, or null for a conflict");
  }
  return saved;
}

function isDeleted(deleted: unknown): boolean {
  if (typeof deleted !== "boolean") {
    throw new WrongAnswer("must return true or false");
  }
  return deleted;
}

function moment(now: unknown): number {
  if (typeof now !== "number" || !Number.isFinite(now) || now < 0) {
    throw new WrongAnswer("must return milliseconds since the epoch");
  }
  return Math.floor(now);
}

function isVersion(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
