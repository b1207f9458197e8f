// Wraps the application's own code for the core: a sync throw, a rejection or a wrong answer becomes a plain reply.
import { classOf } from "./errors";

/** A wrong answer of the application's code. Its text is ours, and holds no value. @internal */
export class WrongAnswer extends Error {}

const UNKNOWN = Symbol.for("@platform/sdk.OutcomeUnknown");

/** A store throws this from `save` for a write of which nobody knows whether it happened: a commit without an answer. */
export class OutcomeUnknown extends Error {
  static {
    Object.defineProperty(this.prototype, "name", { value: "OutcomeUnknown", configurable: true, writable: true });
    // A mark, not the class: an app may have two copies of this package.
    Object.defineProperty(this.prototype, UNKNOWN, { value: true });
  }
}

/** What crosses to the core in answer to a question. Never rejects. @internal */
export type Hook = (method: string, args: string) => Promise<string>;

/** How many exceptions are kept: as many callers as may fail at once. */
const KEPT = 256;

/**
 * Keeps what the application's code threw, under a number that crosses the core in place of it: an exception may quote
 * what the code was given, so its text does not cross.
 */
export class Thrown {
  readonly #kept = new Map<number, unknown>();
  #last = 0;

  /** Keeps an exception and returns its number. */
  keep(error: unknown): number {
    this.#last += 1;
    this.#kept.set(this.#last, error);
    this.#kept.delete(this.#last - KEPT);
    return this.#last;
  }

  /** The exception that the text of an error names. */
  find(cause: string | null): { what: string; error: unknown } | undefined {
    const [, what, id] = /(`\w+` threw [\w$]+) \(#(\d+)\)/.exec(cause ?? "") ?? [];
    if (what === undefined || !this.#kept.has(Number(id))) {
      return undefined;
    }
    return { what, error: this.#kept.get(Number(id)) };
  }
}

/** Wraps a function that answers questions, so that it always fulfils with a reply. @internal */
export function hook(thrown: Thrown, ask: (method: string, args: string) => unknown): Hook {
  return async (method, args) => {
    try {
      return JSON.stringify({ value: (await ask(method, args)) ?? null });
    } catch (error) {
      if (error instanceof WrongAnswer) {
        return JSON.stringify({ wrong: error.message });
      }
      const unknown = isObject(error) && (error as Record<symbol, unknown>)[UNKNOWN] === true;
      return JSON.stringify({ threw: { class: classOf(error), id: thrown.keep(error), unknown } });
    }
  };
}

/** @internal */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
