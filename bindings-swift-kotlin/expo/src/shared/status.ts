// Written by `cargo xtask codegen` from `bindings-node/ts/status.ts`: do not edit.
// Where a person stands, and what a look over all grants did.
import type { Action, GrantState } from "./generated";
import { hide } from "./hidden";

interface StatusReply {
  user_id: string;
  state: GrantState;
  connected: boolean;
  scopes: string[];
  access_expires_at: number | null;
  refresh_expires_at: number | null;
  next: Action | null;
}

/** Where one person stands. It prints without the person's id; `JSON.stringify` gives it. */
export class GrantStatus {
  readonly #reply: StatusReply;

  static {
    hide(this.prototype, (status) => `<GrantStatus ${status.state}: values hidden>`);
  }

  /** @internal */
  constructor(reply: unknown) {
    this.#reply = reply as StatusReply;
  }

  /** Whose grant it is. */
  get userId(): string {
    return this.#reply.user_id;
  }

  /** Where it stands. */
  get state(): GrantState {
    return this.#reply.state;
  }

  /** Whether a call can work without the person. */
  get connected(): boolean {
    return this.#reply.connected;
  }

  /** What the person granted. */
  get scopes(): readonly string[] {
    return this.#reply.scopes;
  }

  /** When the access token ends. The SDK renews it by itself. */
  get accessExpiresAt(): Date | null {
    return dateOf(this.#reply.access_expires_at);
  }

  /** When the grant lapses unless it is used, where that is known. */
  get refreshExpiresAt(): Date | null {
    return dateOf(this.#reply.refresh_expires_at);
  }

  /** What to do about it; null where there is nothing to do. */
  get next(): Action | null {
    return this.#reply.next;
  }

  toJSON(): object {
    const { userId, state, connected, scopes, accessExpiresAt, refreshExpiresAt, next } = this;
    return { userId, state, connected, scopes, accessExpiresAt, refreshExpiresAt, next };
  }
}

function dateOf(milliseconds: number | null): Date | null {
  return milliseconds === null ? null : new Date(milliseconds);
}

/** What a run of `keepAlive` did, in numbers of grants. */
export interface KeptAlive {
  /** Looked at. */
  readonly lookedAt: number;
  /** Renewed, since they would have lapsed. */
  readonly refreshed: number;
  /** Found to be over: these people have to sign in again. */
  readonly ended: number;
  /** Of unknown outcome: the answer to the refresh was lost. */
  readonly unknown: number;
  /** Left for the next run. */
  readonly left: number;
}

/** @internal */
export function keptAlive(reply: unknown): KeptAlive {
  const { looked_at, refreshed, ended, unknown, left } = reply as Record<string, number>;
  return { lookedAt: looked_at, refreshed, ended, unknown, left } as KeptAlive;
}
