// Webhooks for Express: takes the raw body itself, checks it, and sees to it that each event is handled once.
import type { Request, RequestHandler, Response } from "express";
import type { LoopClient } from "./client";
import { isLoopError, ownError } from "./errors";
import { serving } from "./trace";
import { verify, type WebhookEvent } from "./webhooks";

/** How a route for webhooks works. */
export interface WebhookOptions {
  /** The signing secret, or both while it is being changed; `LOOP_WEBHOOK_SECRET` where it is left out. */
  secret?: string | readonly string[] | undefined;
  /** Handles an event that nobody has handled yet. What it throws makes the delivery come again. */
  handle(event: WebhookEvent): unknown;
}

/** A delivery is small: what is larger is none. */
const LARGEST = 1024 * 1024;

/**
 * A handler for the address that Loop delivers webhooks to. It belongs before `express.json()`:
 *
 * ```ts
 * app.post("/webhooks/loop", loopWebhooks(loop, { handle: (event) => queue.add(event) }));
 * ```
 */
export function loopWebhooks(loop: LoopClient, options: WebhookOptions): RequestHandler {
  if (typeof options?.handle !== "function") {
    throw ownError("missing_option", "`handle` is missing.", "handle");
  }
  return (request, response, next) => {
    serving(request, () => deliver(loop, options, request, response)).catch(next);
  };
}

async function deliver(loop: LoopClient, options: WebhookOptions, request: Request, response: Response): Promise<void> {
  const body = await received(request);
  if (body === undefined) {
    response.status(413).json({ error: "payload_too_large" });
    return;
  }
  let event: WebhookEvent;
  try {
    event = verify(body, request.headers, options.secret);
  } catch (error) {
    if (!isLoopError(error) || !(error.code === "webhook_signature" || error.code === "webhook_malformed")) {
      throw error;
    }
    response.status(error.code === "webhook_signature" ? 401 : 400).json({ error: error.code });
    return;
  }
  const claim = await loop.claimEvent(event.id);
  if (claim === "under_way") {
    response.status(503).set("Retry-After", "5").json({ error: "under_way" });
    return;
  }
  if (claim === "new") {
    try {
      await options.handle(event);
    } catch (error) {
      await loop.abandonEvent(event.id);
      throw error;
    }
    await loop.finishEvent(event.id);
  }
  response.status(200).json({ received: true });
}

/** The body as it came; undefined where it is too large. */
async function received(request: Request): Promise<Uint8Array | undefined> {
  // `rawBody` is where the `verify` of express.json(), NestJS and cloud functions keep what they have parsed.
  const { rawBody, body } = request as { rawBody?: unknown; body?: unknown };
  const kept = [typeof rawBody === "string" ? Buffer.from(rawBody) : rawBody, body].find(isBytes);
  if (kept !== undefined) {
    return kept.length > LARGEST ? undefined : kept;
  }
  if (request.readableEnded || request.readableDidRead) {
    const text =
      "Something has read the webhook's body before: put `loopWebhooks` before express.json(), or keep the body as `req.rawBody`.";
    throw ownError("invalid_option", text, "body");
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    // What is too large is read to its end and forgotten: a sender that is cut off does not see the answer.
    if (length > LARGEST) {
      chunks.length = 0;
    } else {
      chunks.push(chunk);
    }
  }
  return length > LARGEST ? undefined : Buffer.concat(chunks);
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}
