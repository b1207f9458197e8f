// What a LoopClient takes and gives back, other than the platform's records.
import type { EventListener } from "./events";
import { hide, json, type Json } from "./hidden";
import type { TokenStore } from "./store";

/** Gives the client secret, or several with the newest first. */
export type ClientSecretSource = () => string | readonly string[] | Promise<string | readonly string[]>;

/** Another OpenID provider; endpoints that are not given are found by discovery. */
export interface IssuerOptions {
  issuer: string;
  authorizationEndpoint?: string | undefined;
  tokenEndpoint?: string | undefined;
  revocationEndpoint?: string | undefined;
  introspectionEndpoint?: string | undefined;
  jwksUri?: string | undefined;
}

/** Options of a client. What is undefined comes from the environment variable that stands beside it. */
export interface ClientOptions {
  /** The app's public id (`LOOP_CLIENT_ID`). */
  clientId?: string | undefined;
  /**
   * The secret of a confidential app; public apps have none (`LOOP_CLIENT_SECRET`). While it is being changed: a list
   * of two, the newest first; or a function that is asked at each token request.
   */
  clientSecret?: string | readonly string[] | ClientSecretSource | undefined;
  /** Where Loop sends the person back, exactly as registered (`LOOP_REDIRECT_URI`). */
  redirectUri?: string | undefined;
  /** The scopes to ask for (`LOOP_SCOPES`, separated by spaces). `openid` is added by itself. */
  scopes?: readonly string[] | string | undefined;
  /** `production`, `staging`, `dev`, `sandbox`, a base URL with `{service}`, or another issuer (`LOOP_ENVIRONMENT`). */
  environment?: string | IssuerOptions | undefined;
  /**
   * Where grants are kept: `memory:`, `sqlite:///path` (`LOOP_STORE`), or a store of your own. Else SQLite in the user's
   * data directory.
   */
  store?: string | TokenStore | undefined;
  /** Seals what is stored (`LOOP_STORE_KEY`): 32 bytes in base64, several with commas between, or `none`. */
  storeKey?: string | undefined;
  /** The rule of the server's refresh tokens: `strict` (default), `introspect`, `grace:SECONDS`, `replay`. */
  profile?: string | undefined;
  /** How many token requests a minute this client and all others on its store may make (60). */
  tokenRequestsPerMinute?: number | undefined;
  /** Whether a refresh whose answer was lost is sent once more: it may end the grant (not unless said otherwise). */
  retryUnknownRefresh?: boolean | undefined;
  /** Hears of what happens to grants, on this thread. What it throws is warned of, and changes nothing. */
  onEvent?: EventListener | undefined;
  /** Whether sign-ins say who signed in (default). Without it, name the `userId` at `authorizationUrl`. */
  identify?: boolean | undefined;
  /** Whether a callback must come from the browser that began (default). */
  checkBrowser?: boolean | undefined;
  /** The time limit of an API call with its retries, in milliseconds (30,000). */
  timeout?: number | undefined;
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

/** A person who signed in. Neither its printed form nor its JSON holds the access token or a claim. */
export class Tokens {
  /** The person's stable id: it selects the grant in every later call. */
  readonly userId: string;
  /** What the person granted. */
  readonly scopes: readonly string[];
  /** When the access token ends. The SDK renews it by itself. */
  readonly expiresAt: Date;
  /** The path that was given at the beginning. */
  readonly appState: string | null;

  readonly #claims: { readonly [name: string]: Json };
  readonly #accessToken: string;

  static {
    hide(this.prototype, (tokens) => `<Tokens: scopes ${tokens.scopes.join(" ")}; values hidden>`);
  }

  /** @internal */
  constructor(reply: unknown) {
    const { user_id, scopes, expires_at, claims, access_token, app_state } = reply as TokensReply;
    this.userId = user_id;
    this.scopes = scopes;
    this.expiresAt = new Date(expires_at);
    this.appState = app_state;
    this.#claims = json(claims) as Record<string, Json>;
    this.#accessToken = access_token;
  }

  /** The id_token's claims; empty where the client does not identify. */
  get claims(): { readonly [name: string]: Json } {
    return this.#claims;
  }

  /** For an HTTP call of your own right now; `loop.accessToken` has a fresh one at any later time. */
  get accessToken(): string {
    return this.#accessToken;
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
