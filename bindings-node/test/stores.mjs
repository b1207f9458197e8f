// Stores of an application's own, in each of the ways that one may be written.
import { setImmediate } from "node:timers/promises";

/** All methods sync, over a Map. */
export class MapStore {
  #entries = new Map();
  #last = 0;

  #live(key) {
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.expiresAt <= this.now()) {
      this.#entries.delete(key);
    }
    return this.#entries.get(key);
  }

  load(key) {
    const entry = this.#live(key);
    return entry && { version: entry.version, blob: entry.blob };
  }

  save(key, blob, expected, ttlMs) {
    if ((this.#live(key)?.version ?? null) !== expected) {
      return null;
    }
    const version = `v${(this.#last += 1)}`;
    const expiresAt = ttlMs === undefined ? Number.POSITIVE_INFINITY : this.now() + ttlMs;
    this.#entries.set(key, { version, blob, expiresAt });
    return version;
  }

  delete(key, expected) {
    return this.#live(key)?.version === expected && this.#entries.delete(key);
  }

  now() {
    return Date.now();
  }

  list(prefix, after, limit) {
    const keys = [...this.#entries.keys()].sort().filter((key) => key.startsWith(prefix) && key > (after ?? ""));
    const live = keys.filter((key) => this.#live(key) !== undefined).slice(0, limit);
    return live.map((key) => ({ key, ...this.load(key) }));
  }
}

/** All methods async, each with a way to its database and back. */
export class AsyncStore {
  #map = new MapStore();

  async #reach(method, ...args) {
    await setImmediate();
    const answer = this.#map[method](...args);
    await setImmediate();
    return answer;
  }

  load = (...args) => this.#reach("load", ...args);
  save = (...args) => this.#reach("save", ...args);
  delete = (...args) => this.#reach("delete", ...args);
  now = () => this.#reach("now");
  list = (...args) => this.#reach("list", ...args);
}

/** Node's own SQLite, which Node 20 does not have. */
export const sqlite = await import("node:sqlite").catch(() => undefined);

/** Over `node:sqlite`: several processes may share its file. */
export class SqliteStore {
  #db;

  constructor(path) {
    this.#db = new sqlite.DatabaseSync(path);
    this.#db.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;
      CREATE TABLE IF NOT EXISTS entries (
        key TEXT PRIMARY KEY, version INTEGER NOT NULL, blob BLOB NOT NULL, expires_at INTEGER
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS last (version INTEGER NOT NULL);
      INSERT INTO last SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM last);
    `);
  }

  #live(key) {
    return this.#db
      .prepare("SELECT version, blob FROM entries WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)")
      .get(key, this.now());
  }

  load(key) {
    const row = this.#live(key);
    return row === undefined ? null : { version: String(row.version), blob: row.blob };
  }

  save(key, blob, expected, ttlMs) {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const now = this.load(key);
      const isExpected = (now?.version ?? null) === expected;
      let version = null;
      if (isExpected) {
        ({ version } = this.#db.prepare("UPDATE last SET version = version + 1 RETURNING version").get());
        this.#db
          .prepare("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)")
          .run(key, version, blob, ttlMs === undefined ? null : this.now() + ttlMs);
      }
      this.#db.exec("COMMIT");
      return version === null ? null : String(version);
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  delete(key, expected) {
    const { changes } = this.#db.prepare("DELETE FROM entries WHERE key = ? AND version = ?").run(key, Number(expected));
    return Number(changes) === 1;
  }

  now() {
    return Date.now();
  }

  list(prefix, after, limit) {
    const rows = this.#db
      .prepare(
        "SELECT key, version, blob FROM entries WHERE substr(key, 1, ?) = ? AND key > ? " +
          "AND (expires_at IS NULL OR expires_at > ?) ORDER BY key LIMIT ?",
      )
      .all(prefix.length, prefix, after ?? "", this.now(), limit);
    return rows.map(({ key, version, blob }) => ({ key, version: String(version), blob }));
  }
}
