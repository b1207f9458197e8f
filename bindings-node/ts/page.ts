// A page of a list operation: iterable, complete as JSON, and silent when printed.
import { type Decode, hide } from "./hidden";

/**
 * One page of a list, in the platform's order.
 *
 * `for (const item of page)` goes over this page, `for await` over all pages. It prints without its values;
 * `JSON.stringify` gives them all, as `{items, next_cursor, total}`.
 */
export class Page<T> implements Iterable<T>, AsyncIterable<T> {
  static {
    hide(
      this.prototype,
      (page) => `<Page of ${page.length} ${page.#name}; values hidden, use .items or JSON.stringify>`,
    );
  }

  readonly #name: string;
  readonly #items: readonly T[];
  readonly #nextCursor: string | null;
  readonly #total: number | null;
  readonly #fetch: ((cursor: string) => Promise<Page<T>>) | undefined;

  /** @internal */
  constructor(reply: unknown, name: string, decode: Decode<T>, fetch?: (cursor: string) => Promise<Page<T>>) {
    const { items, next_cursor, total = null } = reply as {
      items: unknown[];
      next_cursor: string | null;
      total?: number | null;
    };
    this.#items = items.map(decode);
    this.#nextCursor = next_cursor;
    this.#total = total;
    this.#name = name;
    this.#fetch = fetch;
  }

  /** The records' type. */
  get name(): string {
    return this.#name;
  }

  /** The records. */
  get items(): readonly T[] {
    return this.#items;
  }

  /** Leads to the next page; null on the last one. */
  get nextCursor(): string | null {
    return this.#nextCursor;
  }

  /** How many records all pages have together; null where the platform does not say. */
  get total(): number | null {
    return this.#total;
  }

  /** How many records this page has. */
  get length(): number {
    return this.items.length;
  }

  /** Each record of this page, turned into something else. */
  map<U>(turn: (item: T, index: number) => U): U[] {
    return this.items.map(turn);
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.items[Symbol.iterator]();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const seen = new Set<string>();
    let page: Page<T> | undefined = this;
    while (page !== undefined) {
      yield* page.items;
      const cursor: string | null = page.nextCursor;
      // A list that leads in circles would never end.
      if (cursor === null || seen.has(cursor)) return;
      seen.add(cursor);
      page = await page.#fetch?.(cursor);
    }
  }

  toJSON(): { items: readonly T[]; next_cursor: string | null; total: number | null } {
    return { items: this.items, next_cursor: this.nextCursor, total: this.total };
  }
}
