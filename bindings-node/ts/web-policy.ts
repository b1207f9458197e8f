// What the glue for web frameworks answers, as data. Written by `cargo xtask codegen` from `conformance/web.json`; do not edit.
import type { Action } from "./generated";

/** What is sent, and what it says. @internal */
export interface Answer {
  readonly status: number;
  readonly title: string;
  readonly text: string;
  readonly link: "login" | "here" | "start";
  readonly label: string;
  readonly retryAfter: boolean;
  readonly endsSession: boolean;
}

/** How long a person stays signed in to the app. @internal */
export const SESSION_SECONDS = 43200;
/** For so long a browser says that it just signed in. @internal */
export const MARKER_SECONDS = 30;
/** For where nobody knows how long to wait. @internal */
export const RETRY_AFTER_SECONDS = 5;
/** A sign-in does not come back to a longer path. @internal */
export const RETURN_PATH_LIMIT = 2000;
/** What RFC 9110, section 15.5.2, asks of a 401. No browser knows it. @internal */
export const CHALLENGE = "Cookie realm=\"app\"";
/** Of every answer. @internal */
export const HEADERS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
};
/** Of pages, which load nothing from anywhere. @internal */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
};
/** The glue's own codes, and their actions. @internal */
export const OWN_CODES = {
  "session_lost": "sign_in_again",
  "bad_next": "fix_call",
  "cross_site_request": "fix_call",
} as const satisfies Record<string, Action>;
/** By place, then by code or action: a code goes first, and what a place does not have is in `app`. @internal */
export const ANSWERS: Readonly<Record<"sign_in" | "app" | "other", Readonly<Record<string, Answer>>>> = {
  sign_in: {
    retry: {
      status: 503,
      title: "Please try again",
      text: "Signing in did not work just now. Wait a moment, then try again.",
      link: "login",
      label: "Try again",
      retryAfter: true,
      endsSession: false,
    },
    sign_in_again: {
      status: 400,
      title: "Signing in did not work",
      text: "This sign-in can't be used any more. Start it again.",
      link: "login",
      label: "Try again",
      retryAfter: false,
      endsSession: false,
    },
    call_operator: {
      status: 500,
      title: "Signing in did not work",
      text: "Something is not set up right, and the people who run this site have been told. Try again later.",
      link: "login",
      label: "Try again",
      retryAfter: false,
      endsSession: false,
    },
    fix_call: {
      status: 500,
      title: "Signing in did not work",
      text: "Something is not set up right, and the people who run this site have been told. Try again later.",
      link: "login",
      label: "Try again",
      retryAfter: false,
      endsSession: false,
    },
    access_denied: {
      status: 403,
      title: "You are not connected",
      text: "You chose not to share your Loop data, so nothing was stored. You can connect whenever you like.",
      link: "login",
      label: "Try again",
      retryAfter: false,
      endsSession: false,
    },
    already_completed: {
      status: 400,
      title: "This sign-in is complete",
      text: "It was finished already, here or in another tab.",
      link: "start",
      label: "Go on",
      retryAfter: false,
      endsSession: false,
    },
    browser_mismatch: {
      status: 400,
      title: "Signing in did not work",
      text: "This sign-in was begun in another browser, or its cookie is gone. On your own machine the usual cause is that the app was opened on 127.0.0.1 and Loop leads back to localhost.",
      link: "login",
      label: "Try again",
      retryAfter: false,
      endsSession: false,
    },
    state_expired: {
      status: 400,
      title: "Signing in did not work",
      text: "This sign-in was begun more than ten minutes ago. Start it again.",
      link: "login",
      label: "Try again",
      retryAfter: false,
      endsSession: false,
    },
    user_mismatch: {
      status: 400,
      title: "Signing in did not work",
      text: "Another person signed in than the one whom this was begun for, so nobody was signed in here.",
      link: "login",
      label: "Try again",
      retryAfter: false,
      endsSession: false,
    },
    issuer_mismatch: {
      status: 400,
      title: "Signing in did not work",
      text: "This answer does not come from Loop, so it was not used. Start the sign-in again.",
      link: "login",
      label: "Try again",
      retryAfter: false,
      endsSession: false,
    },
    authorization_unavailable: {
      status: 503,
      title: "Please try again",
      text: "Loop could not sign you in just now. Wait a moment, then try again.",
      link: "login",
      label: "Try again",
      retryAfter: false,
      endsSession: false,
    },
    exchange_outcome_unknown: {
      status: 503,
      title: "Please try again",
      text: "Loop's answer was lost on its way, so this sign-in can't be used any more. Start it again.",
      link: "login",
      label: "Try again",
      retryAfter: false,
      endsSession: false,
    },
    bad_next: {
      status: 400,
      title: "Signing in did not work",
      text: "The address to return to is not a page of this site.",
      link: "login",
      label: "Sign in",
      retryAfter: false,
      endsSession: false,
    },
  },
  app: {
    retry: {
      status: 503,
      title: "Please try again",
      text: "This did not work just now. Wait a moment, then try again.",
      link: "here",
      label: "Try again",
      retryAfter: true,
      endsSession: false,
    },
    sign_in_again: {
      status: 401,
      title: "Please sign in again",
      text: "This needs you to sign in with Loop.",
      link: "login",
      label: "Sign in",
      retryAfter: false,
      endsSession: false,
    },
    ask_for_scope: {
      status: 403,
      title: "One more permission is needed",
      text: "This needs something that you have not shared yet. Loop asks you for it.",
      link: "login",
      label: "Connect again",
      retryAfter: false,
      endsSession: false,
    },
    fix_call: {
      status: 500,
      title: "That did not work",
      text: "Something is not set up right, and the people who run this site have been told. Try again later.",
      link: "start",
      label: "Go to the start",
      retryAfter: false,
      endsSession: false,
    },
    call_operator: {
      status: 500,
      title: "That did not work",
      text: "Something is not set up right, and the people who run this site have been told. Try again later.",
      link: "start",
      label: "Go to the start",
      retryAfter: false,
      endsSession: false,
    },
    not_connected: {
      status: 401,
      title: "Please sign in again",
      text: "You are not signed in here, or your Loop account is not connected.",
      link: "login",
      label: "Sign in",
      retryAfter: false,
      endsSession: true,
    },
    grant_ended: {
      status: 401,
      title: "Please sign in again",
      text: "The connection to your Loop account is over. Signing in renews it.",
      link: "login",
      label: "Sign in",
      retryAfter: false,
      endsSession: true,
    },
    refresh_outcome_unknown: {
      status: 401,
      title: "Please sign in again",
      text: "The connection to your Loop account was interrupted. Signing in renews it.",
      link: "login",
      label: "Sign in",
      retryAfter: false,
      endsSession: true,
    },
    revoke_unconfirmed: {
      status: 503,
      title: "Almost disconnected",
      text: "This site does not use your Loop data any more. Loop has not confirmed it yet, and is told again.",
      link: "start",
      label: "Go to the start",
      retryAfter: true,
      endsSession: false,
    },
    session_lost: {
      status: 401,
      title: "You are not signed in",
      text: "Your browser did not keep the session of the sign-in that you just finished. Allow cookies for this site, then try again.",
      link: "login",
      label: "Try again",
      retryAfter: false,
      endsSession: false,
    },
    cross_site_request: {
      status: 403,
      title: "Nothing was changed",
      text: "The request did not come from a page of this site, so nothing was done.",
      link: "start",
      label: "Go to the start",
      retryAfter: false,
      endsSession: false,
    },
  },
  other: {
    sign_in_again: {
      status: 409,
      title: "Somebody else has to act",
      text: "This needs another person's Loop account, which is not connected any more. They have to connect it again.",
      link: "start",
      label: "Go to the start",
      retryAfter: false,
      endsSession: false,
    },
    ask_for_scope: {
      status: 409,
      title: "Somebody else has to act",
      text: "This needs something that another person has not shared. They have to allow it.",
      link: "start",
      label: "Go to the start",
      retryAfter: false,
      endsSession: false,
    },
  },
};
/** The page; a name in double braces is a part of it. @internal */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{{title}}</title>
<style>
  :root { color-scheme: light dark; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; box-sizing: border-box;
    font: 1rem/1.6 system-ui, sans-serif; background: light-dark(#f4f6f5, #141817);
    color: light-dark(#1b2422, #e8edeb); }
  main { max-width: 32rem; padding: 2.25rem 2.5rem; border-radius: 1rem; background: light-dark(#fff, #1e2423);
    box-shadow: 0 1px 2px rgb(0 0 0 / .08), 0 12px 32px rgb(0 0 0 / .08); }
  h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance; }
  p { margin: 0 0 1.5rem; overflow-wrap: anywhere; }
  a { display: inline-block; padding: .7rem 1.4rem; border-radius: .6rem; font-weight: 600; text-decoration: none;
    background: #0b6b5b; color: #fff; }
  a:hover { background: #095548; }
  a:focus-visible { outline: 3px solid #0b6b5b; outline-offset: 3px; }
  small { display: block; margin-top: 1.5rem; color: light-dark(#5a6663, #a3afac); }
</style>
</head>
<body>
<main>
<h1>{{title}}</h1>
<p>{{text}}</p>
<a href="{{link}}">{{label}}</a>
<small>{{note}}</small>
</main>
</body>
</html>
`;
