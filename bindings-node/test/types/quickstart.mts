// The platform quickstart's snippet, line for line, inside the Express handler that it belongs in.
import type { Request } from "express";
// snippet: begin
import { LoopClient } from "@platform/sdk";

const loop = new LoopClient({
  clientId: process.env.LOOP_CLIENT_ID,
  clientSecret: process.env.LOOP_CLIENT_SECRET,
  redirectUri: "https://your-app.example.com/auth/loop/callback",
});
// snippet: end

export async function callback(req: Request) {
  // snippet: begin
  // Server-side, in your /callback handler:
  const tokens = await loop.exchangeCode(req.query.code, req.query.state);

  // Anywhere afterwards:
  const biomarkers = await loop.clinical.listBiomarkers({ userId: tokens.userId });
  // snippet: end
  return biomarkers;
}

export { loop };
