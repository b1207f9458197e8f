// Walks the quickstart's six steps for `cargo xtask demo`: options from LOOP_*, the callback from stdin, JSON lines out.
import { createInterface } from "node:readline/promises";
import { setTimeout } from "node:timers/promises";
import { LoopClient } from "./client";

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function callbackUrl(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) {
    lines.close();
    return line;
  }
  throw new Error("No callback URL came on standard input.");
}

async function walk(): Promise<void> {
  const loop = new LoopClient();
  const { url, browserSecret } = await loop.authorizationUrl();
  say({ step: 2, authorization_url: url });

  const tokens = await loop.handleCallback(await callbackUrl(), { browserSecret });
  say({ step: 3 });
  const { userId, scopes, expiresAt } = tokens;
  say({ step: 4, user_id: userId, scopes, expires_at: expiresAt.toISOString() });

  const biomarkers = await loop.clinical.listBiomarkers({ userId });
  say({ step: 5, biomarkers: biomarkers.items });

  await setTimeout(Math.max(0, expiresAt.getTime() - Date.now()));
  await loop.clinical.listBiomarkers({ userId });
  const renewed = await loop.accessToken({ userId });
  say({ step: 6, rotated: renewed !== tokens.accessToken });
}

walk().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
