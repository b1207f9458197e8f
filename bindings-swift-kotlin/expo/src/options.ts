// What a client and its methods take on a person's own device, where that is not the same as on a server.
import type { AuditLog } from "./shared/audit";
import type { EventListener } from "./shared/event";
import type { ApiRequest, AuthorizationRequest, IssuerOptions } from "./shared/types";

/** Options of a client. Grants are in the keychain on iOS, and sealed by the Keystore on Android. */
export interface ClientOptions {
  /** The app's public id. An app on a person's device has no secret. */
  clientId: string;
  /** Where Loop sends the person back, exactly as registered: `your-app:/callback`, or an https link that the app claims. */
  redirectUri: string;
  /** The scopes to ask for. `openid` is added by itself. */
  scopes?: readonly string[] | string | undefined;
  /** `production` (default), `staging`, `dev`, `sandbox`, a base URL with `{service}`, or another issuer. */
  environment?: string | IssuerOptions | undefined;
  /** The rule of the server's refresh tokens: `strict` (default), `introspect`, `grace:SECONDS`, `replay`. */
  profile?: string | undefined;
  /** Whether a refresh whose answer was lost is sent once more: it may end the grant (not unless said otherwise). */
  retryUnknownRefresh?: boolean | undefined;
  /** Whether sign-ins say who signed in (default). Without it, name the `userId` at `signIn`. */
  identify?: boolean | undefined;
  /** The time limit of an API call with its retries, in milliseconds (30,000). */
  timeout?: number | undefined;
  /** Hears of what happens to grants. What it throws is warned of, and changes nothing. */
  onEvent?: EventListener | undefined;
  /**
   * Records every call of an API: who, why, whose data, which operation, how many records, with which outcome; never a
   * value. A function, a logger with `info`, or the path or `file:` URI of a file that gets a JSON object a line. What it
   * throws is warned of by its class; one that takes longer than `timeout` counts as not recorded.
   */
  auditLog?: AuditLog | undefined;
  /** Whether a call fails, before anything is sent, where its entry can't be recorded (not unless said otherwise). */
  auditRequired?: boolean | undefined;
}

/** All of them, for an error that names another one on both platforms alike. @internal */
export const OPTIONS: readonly string[] = Object.keys({
  clientId: true,
  redirectUri: true,
  scopes: true,
  environment: true,
  profile: true,
  retryUnknownRefresh: true,
  identify: true,
  timeout: true,
  onEvent: true,
  auditLog: true,
  auditRequired: true,
} satisfies Record<keyof ClientOptions, true>);

/** What to ask for in a sign-in. The browser is the person's own: it is not checked. */
export type SignInRequest = Omit<AuthorizationRequest, "browserSecret" | "checkBrowser">;

/** Whose grant is meant. It may be left out while the device holds one grant. */
export interface OneUser {
  userId?: string | undefined;
}

/** A request to one of Loop's services. */
export type DeviceRequest = Omit<ApiRequest, "userId"> & OneUser;
