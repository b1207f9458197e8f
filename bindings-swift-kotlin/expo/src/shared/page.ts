// Written by `cargo xtask codegen` from `bindings-node/ts/page.ts`: do not edit.
// A page of a list operation: iterable, complete as JSON, and silent when printed.
import { type Decode, hide } from "./hidden";

/**
 * One page of a list, in the platform's order.
 *
 * `for (const item of page)` goes over this page, `for await` over all pages. It prints without its values;
 * `JSON.stringify` gives them all, as `{items, next_cursor}`.
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
  readonly #fetch: ((cursor: string) => Promise<Page<T>>) | undefined;

  /** @internal */
  constructor(reply: unknown, name: string, decode: Decode<T>, fetch?: (cursor: string) => Promise<Page<T>>) {
    const { items, next_cursor } = reply as { items: unknown[]; next_cursor: string | null };
    this.#items = items.map(decode);
    this.#nextCursor = next_cursor;
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
    let page: Page<T> | undefined = this;
    while (page !== undefined) {
      yield* page.items;
      const cursor: string | null = page.nextCursor;
      page = cursor === null ? undefined : await page.#fetch?.(cursor);
    }
  }

  toJSON(): { items: readonly T[]; next_cursor: string | null } {
    return { items: this.items, next_cursor: this.nextCursor };
  }
}
