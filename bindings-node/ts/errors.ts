// The one error of the SDK, with a subclass for each action: the class says what to do, the code says what happened.
import { type Action, ERROR_ACTIONS, type ErrorCode } from "./generated";

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
}

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

  /** @internal */
  constructor(flat: FlatError) {
    super(flat.message, flat.cause === null ? undefined : { cause: flat.cause });
    this.code = flat.code;
    this.action = flat.action;
    this.retryAfterMs = flat.retry_after_ms;
    this.status = flat.status;
    this.requestId = flat.request_id;
    this.detail = flat.detail;
  }

  static {
    Object.defineProperty(this.prototype, MARK, { value: true });
  }
}

/** The same call may work later, after `retryAfterMs` where it is given. */
export class RetryLater extends LoopError {}
/** The person has to sign in again. */
export class SignInRequired extends LoopError {}
/** The person has to grant one more scope. */
export class ScopeRequired extends LoopError {}
/** The call or an option is wrong: repeating it can't help. */
export class InvalidCall extends LoopError {}
/** The deployment, the registration or the platform needs its operator. */
export class OperatorError extends LoopError {}

const CLASSES: Record<Action, new (flat: FlatError) => LoopError> = {
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
export function errorOf(flat: FlatError): LoopError {
  return new (CLASSES[flat.action] ?? OperatorError)(flat);
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
