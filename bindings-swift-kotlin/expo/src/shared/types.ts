// Written by `cargo xtask codegen` from `bindings-node/ts/types.ts`: do not edit.
// What a LoopClient's methods take and give back, other than the platform's records.
import { hide, json, type Json } from "./hidden";

/** Another OpenID provider; endpoints that are not given are found by discovery. */
export interface IssuerOptions {
  issuer: string;
  authorizationEndpoint?: string | undefined;
  tokenEndpoint?: string | undefined;
  revocationEndpoint?: string | undefined;
  introspectionEndpoint?: string | undefined;
  jwksUri?: string | undefined;
}

/** What to ask for in a sign-in. */
export interface AuthorizationRequest {
  /** The scopes; the client's own if absent. */
  scopes?: readonly string[] | string | undefined;
  /** Who is expected to sign in; anybody else is refused. */
  userId?: string | undefined;
  /** The browser's secret from an earlier sign-in, for instance from its cookie. */
  browserSecret?: string | undefined;
  /** A path on your own site to return to; it comes back as `tokens.appState`. */
  appState?: string | undefined;
  /** OpenID Connect's `prompt`: `login`, `consent`, `none`, `select_account`. */
  prompt?: string | undefined;
  /** An e-mail address or user id that the sign-in page may fill in. */
  loginHint?: string | undefined;
  /** Overrides the client's `checkBrowser` for this sign-in. */
  checkBrowser?: boolean | undefined;
}

/** What to ask for in a sign-in of a person whose grant is over, or lacks a scope. */
export interface SignInAgain extends AuthorizationRequest {
  /** The scopes to add to those that the person granted. */
  missingScopes?: readonly string[] | undefined;
}

/** A sign-in that has begun. It prints without its values; `JSON.stringify` gives them, for a session. */
export class Authorization {
  readonly #url: string;
  readonly #state: string;
  readonly #browserSecret: string;

  static {
    hide(this.prototype, () => "<Authorization: use .url>");
  }

  /** @internal */
  constructor(reply: unknown) {
    const { url, state, browser_secret } = reply as { url: string; state: string; browser_secret: string };
    this.#url = url;
    this.#state = state;
    this.#browserSecret = browser_secret;
  }

  /** Send the person's browser there. */
  get url(): string {
    return this.#url;
  }

  /** Comes back in the callback. */
  get state(): string {
    return this.#state;
  }

  /** Belongs in an HttpOnly, SameSite=Lax cookie of this browser, and into `handleCallback`. */
  get browserSecret(): string {
    return this.#browserSecret;
  }

  toJSON(): { url: string; state: string; browserSecret: string } {
    return { url: this.#url, state: this.#state, browserSecret: this.#browserSecret };
  }
}

interface TokensReply {
  user_id: string;
  scopes: string[];
  expires_at: number;
  claims: Record<string, Json>;
  access_token: string;
  app_state: string | null;
}

/** A person who signed in. It prints without its values; its JSON holds neither the access token nor a claim. */
export class Tokens {
  readonly #reply: TokensReply;
  readonly #claims: { readonly [name: string]: Json };

  static {
    hide(this.prototype, (tokens) => `<Tokens: scopes ${tokens.scopes.join(" ")}; values hidden>`);
  }

  /** @internal */
  constructor(reply: unknown) {
    this.#reply = reply as TokensReply;
    this.#claims = json(this.#reply.claims) as Record<string, Json>;
  }

  /** The person's stable id: it selects the grant in every later call. */
  get userId(): string {
    return this.#reply.user_id;
  }

  /** What the person granted. */
  get scopes(): readonly string[] {
    return this.#reply.scopes;
  }

  /** When the access token ends. The SDK renews it by itself. */
  get expiresAt(): Date {
    return new Date(this.#reply.expires_at);
  }

  /** The path that was given at the beginning. */
  get appState(): string | null {
    return this.#reply.app_state;
  }

  /** The id_token's claims; empty where the client does not identify. */
  get claims(): { readonly [name: string]: Json } {
    return this.#claims;
  }

  /** For an HTTP call of your own right now; `loop.accessToken` has a fresh one at any later time. */
  get accessToken(): string {
    return this.#reply.access_token;
  }

  toJSON(): { userId: string; scopes: readonly string[]; expiresAt: Date; appState: string | null } {
    const { userId, scopes, expiresAt, appState } = this;
    return { userId, scopes, expiresAt, appState };
  }
}

/** A grant that the app got elsewhere. */
export interface ImportGrant {
  /** Who it belongs to. */
  userId: string;
  /** The newest refresh token; the former owner must not use it any more. */
  refreshToken: string;
  /** Spares the first refresh while it lives. */
  accessToken?: string | undefined;
  /** When the access token ends: a Date, or seconds since the epoch. */
  expiresAt?: Date | number | undefined;
  /** What was granted, where known. */
  scopes?: readonly string[] | string | undefined;
  /** Whether a live grant of this user may be replaced. */
  replace?: boolean | undefined;
}

/** What an import did: stored it, found it there already, or refused a refresh token that was used before. */
export type Imported = "imported" | "already_held" | "known_spent";

type QueryValue = string | number | boolean;

/** A request to one of Loop's services. */
export interface ApiRequest {
  /** Whose access token it carries. */
  userId: string;
  /** For instance `clinical`. */
  service: string;
  /** GET unless said otherwise. */
  method?: string | undefined;
  /** For instance `/v1/check-ins`. */
  path: string;
  /** Query parameters. */
  query?: Readonly<Record<string, QueryValue | readonly QueryValue[] | null | undefined>> | undefined;
  /** Anything that JSON can hold. */
  body?: unknown;
  /** Names a write, so that it can be repeated: the SDK sends it again then where an answer is lost. */
  idempotencyKey?: string | undefined;
}

/** The answer to an {@link ApiRequest}. It prints without its body; `JSON.stringify` gives all of it. */
export class ApiResponse {
  readonly #status: number;
  readonly #requestId: string | null;
  readonly #body: Json;

  static {
    hide(this.prototype, (response) => `<ApiResponse ${response.status}: values hidden>`);
  }

  /** @internal */
  constructor(reply: unknown) {
    const { status, request_id, body } = reply as { status: number; request_id: string | null; body: unknown };
    this.#status = status;
    this.#requestId = request_id;
    this.#body = json(body);
  }

  /** The HTTP status, 200 to 299. */
  get status(): number {
    return this.#status;
  }

  /** The platform's id of the request. */
  get requestId(): string | null {
    return this.#requestId;
  }

  /** The body; null where there is none. */
  get body(): Json {
    return this.#body;
  }

  toJSON(): { status: number; requestId: string | null; body: Json } {
    return { status: this.#status, requestId: this.#requestId, body: this.#body };
  }
}
