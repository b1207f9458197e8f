// What `@platform/sdk` exports.
export { AuditEntry, type AuditFields, type AuditLog } from "./audit";
export type { CallOptions } from "./calls";
export { type CallbackOptions, type EventClaim, LoopClient, type User, type UserContext } from "./client";
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
export { CONSENT_TEXTS, ERROR_ACTIONS, EVENT_NAMES, SCOPES } from "./generated";
export type { Json } from "./hidden";
export { OutcomeUnknown } from "./hook";
export { M2MClient } from "./m2m";
export type { ClientOptions, ClientSecretSource, MachineOptions } from "./options";
export type { Page } from "./page";
export { type SafeView, safeView } from "./safe-view";
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
export * as webhooks from "./webhooks";
export type { EventBase, KnownEvent, UnknownEvent, WebhookEvent, WebhookHeaders } from "./webhooks";
