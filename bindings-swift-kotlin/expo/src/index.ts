// What `@platform/sdk-expo` exports.
export { DeviceClient, type User, type UserContext } from "./client";
export { LoopClient } from "./loop-client";
export type { LoopNative, NativeEvents } from "./native";
export type { ClientOptions, DeviceRequest, OneUser, SignInRequest } from "./options";
export { type Loop, LoopProvider, type LoopProviderProps, useLoop } from "./provider";
export type { LoopStatus } from "./session";
export { AuditEntry, type AuditFields, type AuditLog } from "./shared/audit";
export type { CallOptions } from "./shared/calls";
export {
  InvalidCall,
  isLoopError,
  LoopError,
  OperatorError,
  RetryLater,
  ScopeRequired,
  type SignInAgainRequest,
  SignInRequired,
} from "./shared/errors";
export type { EventListener, LoopEvent } from "./shared/event";
export type * from "./shared/generated";
export { CONSENT_TEXTS, ERROR_ACTIONS, SCOPES } from "./shared/generated";
export type { Json } from "./shared/hidden";
export type { Page } from "./shared/page";
export { type SafeView, safeView } from "./shared/safe-view";
export type { GrantStatus, KeptAlive } from "./shared/status";
export type {
  ApiResponse,
  Authorization,
  Imported,
  ImportGrant,
  IssuerOptions,
  SignInAgain,
  Tokens,
} from "./shared/types";
