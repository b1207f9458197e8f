// The pages that the Express glue shows itself: one friendly sentence, and a way on.
import type { Request, Response } from "express";
import type { LoopError } from "./errors";
import type { Action } from "./generated";

const STATUSES: Record<Action, number> = {
  retry: 503,
  sign_in_again: 400,
  ask_for_scope: 403,
  fix_call: 500,
  call_operator: 500,
};

const TITLES: Record<Action, string> = {
  retry: "Please try again",
  sign_in_again: "Please sign in again",
  ask_for_scope: "One more permission is needed",
  fix_call: "This app is not set up correctly",
  call_operator: "This app can't reach Loop properly",
};

/** The HTTP status of a page about an error. */
export function statusOf(error: LoopError): number {
  return error.code === "access_denied" ? 403 : STATUSES[error.action];
}

/** Whether a browser opens a page, rather than a script fetching data: scripts accept anything. */
export function wantsPage(req: Request): boolean {
  return (req.get("Accept") ?? "").includes("text/html");
}

/** Answers with an error: a page for people, JSON for scripts. */
export function answer(req: Request, res: Response, error: LoopError, link: { href: string; text: string }): void {
  res.status(statusOf(error));
  if (error.retryAfterMs !== null) {
    res.set("Retry-After", String(Math.ceil(error.retryAfterMs / 1000)));
  }
  if (!wantsPage(req)) {
    res.json({ error: error.code, message: error.message });
    return;
  }
  const denied = error.code === "access_denied";
  const title = denied ? "You did not connect Loop" : TITLES[error.action];
  const text = denied
    ? "Nothing was shared. You can connect whenever you like, and disconnect at any time."
    : error.message;
  send(res, page(title, text, link, error.requestId));
}

/** Answers a request that is not carried out, for the reason that the message tells. */
export function refuse(req: Request, res: Response, status: number, code: string, message: string): void {
  res.status(status);
  if (wantsPage(req)) {
    send(res, page("Not allowed", message, { href: "/", text: "Go to the start page" }, null));
  } else {
    res.json({ error: code, message });
  }
}

function send(res: Response, html: string): void {
  // The page needs nothing from anywhere, so it may load nothing from anywhere.
  res.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
  res.type("html").send(html);
}

function page(title: string, text: string, link: { href: string; text: string }, requestId: string | null): string {
  const id = requestId === null ? "" : `<p><small>Request ${escape(requestId)}</small></p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>
:root { color-scheme: light dark; font: 1.05rem/1.6 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText }
main { max-width: 34rem; padding: 2rem }
h1 { font-size: 1.6rem; line-height: 1.25 }
a { display: inline-block; padding: .65rem 1.2rem; border-radius: .5rem; background: #0b5d4b; color: #fff }
a:focus-visible { outline: 3px solid currentColor; outline-offset: 3px }
</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
<p>${escape(text)}</p>
<p><a href="${escape(link.href)}">${escape(link.text)}</a></p>
${id}
</main>
</body>
</html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
