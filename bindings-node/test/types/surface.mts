// What a caller's compiler must accept, and what it must refuse.
import express from "express";
import { type Biomarker, type ErrorCode, isLoopError, LoopClient, RetryLater } from "@platform/sdk";
import { loopAuth } from "@platform/sdk/express";
import { startSandbox } from "@platform/sdk/testing";

export async function use(signal: AbortSignal): Promise<string | undefined> {
  const undefinedOptions = { clientId: undefined, clientSecret: undefined, store: undefined, timeout: undefined };
  const loop = new LoopClient(undefinedOptions);
  const { url, state, browserSecret } = await loop.authorizationUrl({ scopes: ["read:biomarkers"] }, { signal });
  const tokens = await loop.handleCallback(new URL(url), { browserSecret, signal, timeout: 1000 });
  await loop.exchangeCode("code", state, { signal });
  const end: Date = tokens.expiresAt;
  await loop.importGrant({ userId: tokens.userId, refreshToken: "r", expiresAt: end });
  const { body } = await loop.request({
    userId: "u",
    service: "clinical",
    path: "/v1/x",
    query: { limit: 1, tag: ["a", "b"] },
  });
  for await (const item of await loop.user("u").clinical.listBiomarkers({ signal })) {
    const low: number | null = item.reference_low;
    if (item.status === "low" && low !== null) {
      return item.unit;
    }
  }
  // A record in an app's own test is a plain object.
  const fixture: Biomarker[] = [];
  // @ts-expect-error records are read-only
  fixture[0]!.value = 1;
  // @ts-expect-error the user is needed
  await loop.clinical.listBiomarkers({});
  // @ts-expect-error no such option
  new LoopClient({ clientID: "x" });
  return typeof body === "string" ? body : undefined;
}

export function wait(error: unknown): number {
  if (error instanceof RetryLater) {
    return error.retryAfterMs ?? 0;
  }
  const code: ErrorCode | undefined = isLoopError(error) ? error.code : undefined;
  return code === "grant_ended" ? -1 : 0;
}

export function app(loop: LoopClient): express.Express {
  const server = express();
  const auth = loopAuth(loop, { scopes: ["read:biomarkers"], afterLogin: "/home" });
  server.use(auth);
  server.get("/home", auth.requireUser, async (req, res) => {
    const id: string | undefined = req.loop.userId;
    const page = await loop.clinical.listBiomarkers({ userId: auth.userId(req) });
    res.json({ id, page });
  });
  server.get("/callback", async (req, res) => {
    res.json(await loop.handleCallback(req.query));
  });
  server.use(auth.errors);
  return server;
}

export async function inATest(): Promise<void> {
  await using sandbox = await startSandbox({ accessTokenSeconds: 60 });
  new LoopClient(sandbox.options());
}
