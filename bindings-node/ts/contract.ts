// What a store of an application's own has to do, as a check that the application runs in its tests.
import { randomUUID } from "node:crypto";
import type { TokenStore } from "./store";

/**
 * Checks a store of your own: compare-and-swap, versions that never come again, entries that vanish on time, lists.
 *
 * It uses keys of its own, and leaves nothing behind. Throws an Error that names the first rule that is broken. Whether
 * two processes agree, and whether an acknowledged write outlives a power cut, it can't tell.
 */
export async function checkTokenStore(store: TokenStore): Promise<void> {
  const prefix = `check-${randomUUID()}-`;
  const made = new Set<string>();
  const save = async (name: string, blob: Uint8Array, expected: string | null, ttlMs?: number) => {
    made.add(prefix + name);
    return store.save(prefix + name, blob, expected, ttlMs);
  };
  const load = async (name: string) => (await store.load(prefix + name)) ?? null;
  try {
    await comparesAndSwaps(store, prefix, save, load);
    await vanishesOnTime(store, save, load);
    await letsOneWriterWin(save, load);
    if (store.list !== undefined) {
      await lists(store, prefix, save);
    }
  } finally {
    for (const key of made) {
      const left = await store.load(key);
      if (left) {
        await store.delete(key, left.version);
      }
    }
  }
}

type Save = (name: string, blob: Uint8Array, expected: string | null, ttlMs?: number) => Promise<string | null>;
type Load = (name: string) => Promise<{ version: string; blob: Uint8Array } | null>;

function must(holds: boolean, rule: string): asserts holds {
  if (!holds) {
    throw new Error(`The store breaks a rule: ${rule}.`);
  }
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left instanceof Uint8Array && Buffer.compare(left, right) === 0;
}

async function comparesAndSwaps(store: TokenStore, prefix: string, save: Save, load: Load): Promise<void> {
  const bytes = Uint8Array.from({ length: 1024 }, (_, index) => index % 256);
  must((await load("a")) === null, "a key that was never written has no entry");
  must((await save("a", bytes, "1")) === null, "a write that expects a version does not make a new entry");
  const first = await save("a", bytes, null);
  must(typeof first === "string" && first !== "", "a write that expects nothing makes an entry and returns its version");
  must((await save("a", bytes, null)) === null, "a write that expects nothing does not replace an entry");
  const second = await save("a", bytes.slice(1), first);
  must(typeof second === "string", "a write that expects the present version replaces the entry");
  must(second !== first, "the version changes at every write");
  must((await save("a", bytes, first)) === null, "a write that expects a former version changes nothing");
  const entry = await load("a");
  must(entry !== null && entry.version === second, "load returns the version of the last write");
  must(isSame(entry.blob, bytes.slice(1)), "load returns the bytes of the last write, as a Uint8Array");
  must((await store.delete(`${prefix}a`, first)) === false, "delete leaves an entry of another version, returning false");
  must((await store.delete(`${prefix}a`, second)) === true, "delete removes an entry of this version, returning true");
  must((await load("a")) === null, "a deleted entry is gone");
  must((await store.delete(`${prefix}a`, second)) === false, "delete of what is gone returns false");
  must((await save("a", bytes, second)) === null, "the version of a deleted entry is no longer there");
  const third = await save("a", bytes, null);
  must(third !== null && third !== first && third !== second, "a version never comes again, also after a deletion");
}

async function vanishesOnTime(store: TokenStore, save: Save, load: Load): Promise<void> {
  const bytes = new Uint8Array([1]);
  must((await save("b", bytes, null, 0)) !== null, "an entry may have a time to live");
  must((await load("b")) === null, "an entry whose time is over is gone");
  must((await save("b", bytes, null, 60_000)) !== null, "what has expired stands in nobody's way");
  must((await load("b")) !== null, "an entry stays until its time is over");
  must(Math.abs((await store.now()) - Date.now()) < 86_400_000, "now is in milliseconds since the epoch");
}

async function letsOneWriterWin(save: Save, load: Load): Promise<void> {
  let version: string | null = null;
  for (let round = 0; round < 4; round++) {
    const writers = Array.from({ length: 16 }, (_, writer) => save("c", new Uint8Array([writer]), version));
    const versions = await Promise.all(writers);
    const winners = versions.filter((each) => each !== null);
    must(winners.length === 1, "of many writers that expect the same, one wins");
    const entry = await load("c");
    version = winners[0] ?? null;
    must(entry?.version === version, "the entry is the winner's");
    must(entry?.blob[0] === versions.indexOf(version), "the bytes are the winner's");
  }
}

async function lists(store: TokenStore, prefix: string, save: Save): Promise<void> {
  for (const name of ["l2", "l10", "l1", "m"]) {
    await save(name, Buffer.from(name), null);
  }
  await save("l3", new Uint8Array([0]), null, 0);
  const names = async (after: string | null, limit: number): Promise<string> => {
    const found = (await store.list?.(`${prefix}l`, after, limit)) ?? [];
    for (const { key, blob, version } of found) {
      const name = key.slice(prefix.length);
      must(isSame(blob, Buffer.from(name)), "list returns each entry's own bytes");
      must(version === (await store.load(key))?.version, "list returns each entry's version");
    }
    return found.map(({ key }) => key.slice(prefix.length)).join(" ");
  };
  must((await names(null, 10)) === "l1 l10 l2", "list returns the live entries with the prefix, in the order of keys");
  must((await names(null, 2)) === "l1 l10", "list returns at most `limit` entries");
  must((await names(`${prefix}l10`, 10)) === "l2", "list goes on after a key");
}
