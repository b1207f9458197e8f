// What `@platform/sdk` exports.
export type { CallOptions } from "./calls";
export { type CallbackOptions, LoopClient, type User } from "./client";
export {
  InvalidCall,
  isLoopError,
  LoopError,
  OperatorError,
  RetryLater,
  ScopeRequired,
  type SignInAgainRequest,
  SignInRequired,
} from "./errors";
export type { EventListener, LoopEvent } from "./events";
export type * from "./generated";
export { ERROR_ACTIONS } from "./generated";
export type { Json } from "./hidden";
export { OutcomeUnknown } from "./hook";
export type { ClientOptions, ClientSecretSource } from "./options";
export type { Page } from "./page";
export type { GrantStatus, KeptAlive } from "./status";
export type { ListedEntry, StoreEntry, TokenStore } from "./store";
export type {
  ApiRequest,
  ApiResponse,
  Authorization,
  AuthorizationRequest,
  Imported,
  ImportGrant,
  IssuerOptions,
  SignInAgain,
  Tokens,
} from "./types";
