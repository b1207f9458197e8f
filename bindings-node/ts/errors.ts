// The one error of the SDK, with a subclass for each action: the class says what to do, the code says what happened.
import { type Action, ERROR_ACTIONS, type ErrorCode } from "./generated";
import type { CallOptions } from "./calls";
import type { Authorization, AuthorizationRequest } from "./types";

/** An error as it crosses from the core. @internal */
export interface FlatError {
  code: ErrorCode;
  action: Action;
  message: string;
  retry_after_ms: number | null;
  status: number | null;
  request_id: string | null;
  detail: string | null;
  cause: string | null;
  user_id?: string | null;
  missing_scopes?: string[];
}

/** What an error knows of the client that it came from. @internal */
export interface Origin {
  /** What the application's own code threw. */
  thrown: { find(cause: string | null): { what: string; error: unknown } | undefined };
  signInAgain(args: object, options?: CallOptions): Promise<Authorization>;
}

/** What to ask for when a person is sent back to sign in; who it is and which scopes are missing, the error knows. */
export type SignInAgainRequest = Omit<AuthorizationRequest, "userId">;

/** Node's `util.inspect`, as it passes itself. */
type Inspect = (value: unknown, options: object) => string;

const MARK = Symbol.for("@platform/sdk.LoopError");

/** Any failure of the SDK. Neither its message nor its fields hold a token, a secret or a clinical value. */
export class LoopError extends Error {
  /** What went wrong: a stable name. */
  readonly code: ErrorCode;
  /** What to do about it; each action has a subclass. */
  readonly action: Action;
  /** How long to wait before the next try, where that is known. */
  readonly retryAfterMs: number | null;
  /** The HTTP status, where there was an answer. */
  readonly status: number | null;
  /** The platform's id of the request: name it when you ask Loop for help. */
  readonly requestId: string | null;
  /** The platform's own code, or the name of the option or scope that this is about. */
  readonly detail: string | null;

  readonly #userId: string | null;
  readonly #missingScopes: readonly string[];
  readonly #origin: Origin | undefined;

  /** @internal */
  constructor(flat: FlatError, origin?: Origin) {
    const thrown = origin?.thrown.find(flat.cause);
    const message = thrown === undefined ? flat.message : `${flat.message} Its ${thrown.what}: see this error's cause.`;
    super(message, flat.cause === null ? undefined : { cause: flat.cause });
    if (thrown !== undefined) {
      // What the application's code threw may quote what it was given: printing shows that there is a cause, not what.
      Object.defineProperty(this, "cause", { get: () => thrown.error, configurable: true });
    }
    this.#userId = flat.user_id ?? null;
    this.#missingScopes = flat.missing_scopes ?? [];
    this.#origin = origin;
    this.code = flat.code;
    this.action = flat.action;
    this.retryAfterMs = flat.retry_after_ms;
    this.status = flat.status;
    this.requestId = flat.request_id;
    this.detail = flat.detail;
  }

  static {
    Object.defineProperty(this.prototype, MARK, { value: true });
    Object.defineProperty(this.prototype, Symbol.for("nodejs.util.inspect.custom"), {
      configurable: true,
      // An inspector that opens getters would print the person's id, and what the application's code threw.
      value(this: LoopError, _depth: number, options: object, inspect: Inspect): string {
        return inspect(this, { ...options, customInspect: false, getters: false });
      },
    });
  }

  /** Whose call failed, where it was one person's. Neither printed nor part of the JSON: errors are logged. */
  get userId(): string | null {
    return this.#userId;
  }

  /** Begins the sign-in that this error asks for. @internal */
  protected async signInAgain(request: SignInAgainRequest, options?: CallOptions): Promise<Authorization> {
    if (this.#origin === undefined) {
      throw ownError("invalid_option", "This error comes from no client; use the client's `authorizationUrl`.");
    }
    const missing = this.#missingScopes.length === 0 ? {} : { missingScopes: this.#missingScopes };
    return this.#origin.signInAgain({ ...request, userId: this.#userId ?? undefined, ...missing }, options);
  }

  /** @internal */
  protected get scopesMissing(): readonly string[] {
    return this.#missingScopes;
  }
}

/** The same call may work later, after `retryAfterMs` where it is given. */
export class RetryLater extends LoopError {}
/** The person has to sign in again. */
export class SignInRequired extends LoopError {
  /** A fresh authorization URL for the person whose call failed. */
  async authorizationUrl(request: SignInAgainRequest = {}, options?: CallOptions): Promise<Authorization> {
    return this.signInAgain(request, options);
  }
}

/** The person has to grant one more scope. */
export class ScopeRequired extends LoopError {
  /** What the call needs and the person has not granted. */
  get missingScopes(): readonly string[] {
    return this.scopesMissing;
  }

  /** A fresh authorization URL that asks the person for the missing scopes, beside those already granted. */
  async authorizationUrl(request: SignInAgainRequest = {}, options?: CallOptions): Promise<Authorization> {
    return this.signInAgain(request, options);
  }
}
/** The call or an option is wrong: repeating it can't help. */
export class InvalidCall extends LoopError {}
/** The deployment, the registration or the platform needs its operator. */
export class OperatorError extends LoopError {}

const CLASSES: Record<Action, new (flat: FlatError, origin?: Origin) => LoopError> = {
  retry: RetryLater,
  sign_in_again: SignInRequired,
  ask_for_scope: ScopeRequired,
  fix_call: InvalidCall,
  call_operator: OperatorError,
};

for (const type of [LoopError, ...Object.values(CLASSES)]) {
  Object.defineProperty(type.prototype, "name", { value: type.name, configurable: true, writable: true });
}

/** The error that a reply carries. @internal */
export function errorOf(flat: FlatError, origin?: Origin): LoopError {
  return new (CLASSES[flat.action] ?? OperatorError)(flat, origin);
}

/** An error that arises on this side of the bridge. @internal */
export function ownError(code: ErrorCode, message: string, detail: string | null = null): LoopError {
  const none = { retry_after_ms: null, status: null, request_id: null, cause: null };
  return errorOf({ code, action: ERROR_ACTIONS[code], message, detail, ...none });
}

/** Whether a value is an error of this SDK, also one of another copy of it in the same process. */
export function isLoopError(value: unknown): value is LoopError {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[MARK] === true;
}

/** The name of an exception's class, if it looks like one: anything may be thrown. @internal */
export function classOf(error: unknown): string {
  let name: unknown;
  try {
    name = typeof error === "object" && error !== null ? error.constructor?.name : typeof error;
  } catch {
    // A proxy, or a getter that throws.
  }
  return typeof name === "string" && /^[A-Za-z_$][\w$]{0,60}$/.test(name) ? name : "something";
}
