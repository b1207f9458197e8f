// Where the person of this device stands, as a screen shows it. Knows nothing of React.
import type { DeviceClient } from "./client";
import type { SignInRequest } from "./options";
import type { AuditEntry } from "./shared/audit";
import { isLoopError, type LoopError, ownError } from "./shared/errors";
import type { EventListener } from "./shared/event";
import type { Tokens } from "./shared/types";

/** `unknown` where it can't be told: `error` says why. */
export type LoopStatus = "loading" | "connected" | "disconnected" | "unknown";

/** What a screen shows. */
export interface SessionState {
  readonly status: LoopStatus;
  /** Whose grant this device holds, if it holds one. */
  readonly userId: string | null;
  /** Why the last step failed. A person who closes the browser has made no error. */
  readonly error: LoopError | null;
  /** A sign-in or a disconnect is under way. */
  readonly isBusy: boolean;
}

/** The app's own code as a session's client gets it: what it leads to may change, the client stays. @internal */
export interface Live {
  onEvent: EventListener;
  auditLog: (entry: AuditEntry) => unknown;
}

/** Follows one client. Its methods never reject: what fails is in `state().error`. @internal */
export class Session {
  readonly client: DeviceClient | null;

  #state: SessionState = { status: "loading", userId: null, error: null, isBusy: false };
  readonly #listeners = new Set<() => void>();
  #busy = 0;
  #looking = 0;
  /** Counts what changed the status, so that a look that began before it does not undo it. */
  #changes = 0;
  #signingIn: { abort: AbortController; done: Promise<unknown> } | undefined;
  #resumed: Tokens | null = null;
  readonly #hearers = new Set<EventListener>();
  #record: Live["auditLog"] = () => {
    throw new Error("nobody records");
  };

  /** `make` gets the code for the client that it makes. */
  constructor(make: (live: Live) => DeviceClient) {
    try {
      this.client = make({
        // One that throws does not silence the next; the client warns of it.
        onEvent: (event) => Promise.all([...this.#hearers].map(async (hear) => hear(event))),
        auditLog: (entry) => this.#record(entry),
      });
      this.client.watch((error) => {
        // A call found that the grant is over.
        if (error.action === "sign_in_again" && this.#busy + this.#looking === 0 && this.#state.status === "connected") {
          void this.look();
        }
      });
    } catch (error) {
      this.client = null;
      this.#set({ status: "unknown", error: loopError(error) });
    }
  }

  readonly state = (): SessionState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Hears of what happens to grants, until the function that this returns is called. */
  readonly hear = (hearer: EventListener): (() => void) => {
    this.#hearers.add(hearer);
    return () => this.#hearers.delete(hearer);
  };

  /** Who records the calls from now on: the newest, and none is ever let go. */
  readonly recordWith = (record: Live["auditLog"]): void => {
    this.#record = record;
  };

  /** Reads where the person stands. Sends nothing. */
  readonly look = async (): Promise<void> => {
    if (this.client === null) {
      return;
    }
    const before = this.#changes;
    this.#looking += 1;
    const found = await this.client.status().then(
      ({ connected, userId }) => ({ status: connected ? "connected" : "disconnected", userId }) as const,
      (error: unknown) => {
        const told = loopError(error);
        return told.code === "not_connected"
          ? ({ status: "disconnected", userId: null } as const)
          : ({ status: "unknown", userId: null, error: told } as const);
      },
    );
    this.#looking -= 1;
    if (before === this.#changes) {
      // What kept it unknown is over.
      this.#set(this.#state.status === "unknown" ? { error: null, ...found } : found);
    }
  };

  /** Opens the browser. Null where the person did not sign in. */
  readonly signIn = (request: SignInRequest = {}): Promise<Tokens | null> => {
    const abort = new AbortController();
    const done = this.#run(async (client) => {
      this.#resumed = null;
      try {
        return this.#arrived(await client.signIn(request, { signal: abort.signal }));
      } catch (error) {
        const resumed = this.#resumed;
        if (resumed !== null || (isLoopError(error) && error.code === "sign_in_abandoned")) {
          return resumed;
        }
        throw error;
      }
    });
    const signingIn = { abort, done };
    this.#signingIn = signingIn;
    return done.finally(() => {
      if (this.#signingIn === signingIn) {
        this.#signingIn = undefined;
      }
    });
  };

  /** Finishes a sign-in from the URL that opened the app. Null where it failed, or was finished before. */
  readonly resumeSignIn = (url: string): Promise<Tokens | null> =>
    this.#run(async (client) => {
      try {
        const tokens = this.#arrived(await client.resumeSignIn(url));
        this.#resumed = tokens;
        // The system gave the URL to the app, and not to the sign-in that waits for it.
        this.#signingIn?.abort.abort();
        return tokens;
      } catch (error) {
        if (!isLoopError(error) || error.code !== "already_completed") {
          throw error;
        }
        // The sign-in that waits had it too, or the app was started with this URL once before.
        await this.#signingIn?.done;
        await this.look();
        return null;
      }
    });

  /** Ends the grant at Loop, and forgets it. */
  readonly disconnect = async (): Promise<void> => {
    await this.#run(async (client) => {
      try {
        await client.disconnect();
      } finally {
        this.#changes += 1;
        await this.look();
      }
    });
  };

  #arrived(tokens: Tokens): Tokens {
    this.#changes += 1;
    this.#set({ status: "connected", userId: tokens.userId });
    return tokens;
  }

  async #run<T>(step: (client: DeviceClient) => Promise<T>): Promise<T | null> {
    if (this.client === null) {
      return null;
    }
    this.#busy += 1;
    this.#set({ isBusy: true, error: null });
    try {
      return await step(this.client);
    } catch (error) {
      this.#set({ error: loopError(error) });
      return null;
    } finally {
      this.#busy -= 1;
      this.#set({ isBusy: this.#busy > 0 });
    }
  }

  #set(change: Partial<SessionState>): void {
    this.#state = { ...this.#state, ...change };
    this.#listeners.forEach((listener) => listener());
  }
}

function loopError(error: unknown): LoopError {
  return isLoopError(error)
    ? error
    : ownError("internal", "The SDK failed in a way that it should not: please report it.");
}
