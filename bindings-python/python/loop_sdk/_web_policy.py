"""What the glue for web frameworks answers, as data. Written by `cargo xtask codegen` from `conformance/web.json`; do not edit."""

from typing import Final, Literal, NamedTuple

from loop_sdk._codes import Action


class Answer(NamedTuple):
    """What is sent, and what it says."""

    status: int
    title: str
    text: str
    link: Literal["login", "here", "start"]
    label: str
    retry_after: bool
    ends_session: bool


#: How long a person stays signed in to the app.
SESSION_SECONDS: Final = 43200
#: For so long a browser says that it just signed in.
MARKER_SECONDS: Final = 30
#: For where nobody knows how long to wait.
RETRY_AFTER_SECONDS: Final = 5
#: A sign-in does not come back to a longer path.
RETURN_PATH_LIMIT: Final = 2000
#: What RFC 9110, section 15.5.2, asks of a 401. No browser knows it.
CHALLENGE: Final = "Cookie realm=\"app\""
#: Of every answer.
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}
#: Of pages, which load nothing from anywhere.
PAGE_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}
#: What goes wrong in the glue alone.
OwnCode = Literal["session_lost", "bad_next", "cross_site_request"]
#: Their actions.
OWN_CODES: Final[dict[OwnCode, Action]] = {
    "session_lost": "sign_in_again",
    "bad_next": "fix_call",
    "cross_site_request": "fix_call",
}
#: By place, then by code or action: a code goes first, and what a place does not have is in `app`.
ANSWERS: Final[dict[str, dict[str, Answer]]] = {
    "sign_in": {
        "retry": Answer(503, "Please try again", "Signing in did not work just now. Wait a moment, then try again.", "login", "Try again", True, False),
        "sign_in_again": Answer(400, "Signing in did not work", "This sign-in can't be used any more. Start it again.", "login", "Try again", False, False),
        "call_operator": Answer(500, "Signing in did not work", "Something is not set up right, and the people who run this site have been told. Try again later.", "login", "Try again", False, False),
        "fix_call": Answer(500, "Signing in did not work", "Something is not set up right, and the people who run this site have been told. Try again later.", "login", "Try again", False, False),
        "access_denied": Answer(403, "You are not connected", "You chose not to share your Loop data, so nothing was stored. You can connect whenever you like.", "login", "Try again", False, False),
        "already_completed": Answer(400, "This sign-in is complete", "It was finished already, here or in another tab.", "start", "Go on", False, False),
        "browser_mismatch": Answer(400, "Signing in did not work", "This sign-in was begun in another browser, or its cookie is gone. On your own machine the usual cause is that the app was opened on 127.0.0.1 and Loop leads back to localhost.", "login", "Try again", False, False),
        "state_expired": Answer(400, "Signing in did not work", "This sign-in was begun more than ten minutes ago. Start it again.", "login", "Try again", False, False),
        "user_mismatch": Answer(400, "Signing in did not work", "Another person signed in than the one whom this was begun for, so nobody was signed in here.", "login", "Try again", False, False),
        "issuer_mismatch": Answer(400, "Signing in did not work", "This answer does not come from Loop, so it was not used. Start the sign-in again.", "login", "Try again", False, False),
        "authorization_unavailable": Answer(503, "Please try again", "Loop could not sign you in just now. Wait a moment, then try again.", "login", "Try again", False, False),
        "exchange_outcome_unknown": Answer(503, "Please try again", "Loop's answer was lost on its way, so this sign-in can't be used any more. Start it again.", "login", "Try again", False, False),
        "bad_next": Answer(400, "Signing in did not work", "The address to return to is not a page of this site.", "login", "Sign in", False, False),
    },
    "app": {
        "retry": Answer(503, "Please try again", "This did not work just now. Wait a moment, then try again.", "here", "Try again", True, False),
        "sign_in_again": Answer(401, "Please sign in again", "This needs you to sign in with Loop.", "login", "Sign in", False, False),
        "ask_for_scope": Answer(403, "One more permission is needed", "This needs something that you have not shared yet. Loop asks you for it.", "login", "Connect again", False, False),
        "fix_call": Answer(500, "That did not work", "Something is not set up right, and the people who run this site have been told. Try again later.", "start", "Go to the start", False, False),
        "call_operator": Answer(500, "That did not work", "Something is not set up right, and the people who run this site have been told. Try again later.", "start", "Go to the start", False, False),
        "not_connected": Answer(401, "Please sign in again", "You are not signed in here, or your Loop account is not connected.", "login", "Sign in", False, True),
        "grant_ended": Answer(401, "Please sign in again", "The connection to your Loop account is over. Signing in renews it.", "login", "Sign in", False, True),
        "refresh_outcome_unknown": Answer(401, "Please sign in again", "The connection to your Loop account was interrupted. Signing in renews it.", "login", "Sign in", False, True),
        "revoke_unconfirmed": Answer(503, "Almost disconnected", "This site does not use your Loop data any more. Loop has not confirmed it yet, and is told again.", "start", "Go to the start", True, False),
        "session_lost": Answer(401, "You are not signed in", "Your browser did not keep the session of the sign-in that you just finished. Allow cookies for this site, then try again.", "login", "Try again", False, False),
        "cross_site_request": Answer(403, "Nothing was changed", "The request did not come from a page of this site, so nothing was done.", "start", "Go to the start", False, False),
    },
    "other": {
        "sign_in_again": Answer(409, "Somebody else has to act", "This needs another person's Loop account, which is not connected any more. They have to connect it again.", "start", "Go to the start", False, False),
        "ask_for_scope": Answer(409, "Somebody else has to act", "This needs something that another person has not shared. They have to allow it.", "start", "Go to the start", False, False),
    },
}
#: The page; a name in double braces is a part of it.
PAGE: Final = """<!doctype html>
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
"""
