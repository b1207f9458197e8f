// Written by `cargo xtask codegen` from `bindings-node/ts/event.ts`: do not edit.
// What happens to grants, as `onEvent` hears of it.
import { classOf } from "./errors";
import type { ErrorCode, LoopEventKind } from "./generated";
import { hide } from "./hidden";

interface Crossed {
  kind: LoopEventKind;
  user_id: string;
  at: number;
  code: ErrorCode | null;
}

/** Something that happened to a person's grant. It prints without the person's id; `JSON.stringify` gives it. */
export class LoopEvent {
  readonly #event: Crossed;

  static {
    hide(this.prototype, (event) => `<LoopEvent ${[event.kind, event.code].filter(Boolean).join(" ")}>`);
  }

  /** @internal */
  constructor(event: Crossed) {
    this.#event = event;
  }

  /** What happened. */
  get kind(): LoopEventKind {
    return this.#event.kind;
  }

  /** Whose grant it is. */
  get userId(): string {
    return this.#event.user_id;
  }

  /** When it happened. */
  get at(): Date {
    return new Date(this.#event.at);
  }

  /** The code of the error that callers get because of it. */
  get code(): ErrorCode | null {
    return this.#event.code;
  }

  toJSON(): { kind: LoopEventKind; userId: string; at: Date; code: ErrorCode | null } {
    const { kind, userId, at, code } = this;
    return { kind, userId, at, code };
  }
}

/** Hears of what happens to grants. What it throws is warned of, and changes nothing. */
export type EventListener = (event: LoopEvent) => void;

/** The listener as the core calls it. Never throws: `warn` gets a sentence for what the listener throws. @internal */
export function hearing(listener: EventListener, warn: (sentence: string) => void): (event: string) => void {
  // The class only: an exception may quote the event.
  const failed = (error: unknown): void => warn(`onEvent threw ${classOf(error)}.`);
  return (event) => {
    try {
      const returned: unknown = listener(new LoopEvent(JSON.parse(event) as Crossed));
      if (returned instanceof Promise) {
        returned.catch(failed);
      }
    } catch (error) {
      failed(error);
    }
  };
}
