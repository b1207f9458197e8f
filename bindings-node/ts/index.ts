// What `@platform/sdk` exports.
export { type CallbackOptions, LoopClient, type User } from "./client";
export {
  InvalidCall,
  isLoopError,
  LoopError,
  OperatorError,
  RetryLater,
  ScopeRequired,
  SignInRequired,
} from "./errors";
export type * from "./generated";
export { ERROR_ACTIONS } from "./generated";
export type { Json } from "./hidden";
export type { CallOptions } from "./invoke";
export type { Page } from "./page";
export type {
  ApiRequest,
  ApiResponse,
  Authorization,
  AuthorizationRequest,
  ClientOptions,
  Imported,
  ImportGrant,
  IssuerOptions,
  Tokens,
} from "./types";
