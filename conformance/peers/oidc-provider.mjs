// npm's oidc-provider with strict refresh token rotation, and an interaction that signs everybody in as `ada`.
// Prints one line of JSON once it listens, and stops when its standard input closes.
import { once } from "node:events";
import { createServer } from "node:http";

import Provider, { interactionPolicy } from "oidc-provider";

const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const issuer = `http://127.0.0.1:${server.address().port}`;

const client = {
  client_id: "peer-app",
  client_secret: "peer-secret-0123456789-0123456789",
  redirect_uris: ["http://localhost:3000/callback"],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  // Loop's clients send their secret in the form; this server's default is Basic, so both ways are covered.
  token_endpoint_auth_method: process.argv[2] ?? "client_secret_basic",
};

const events = [];
const provider = new Provider(issuer, {
  clients: [client],
  clientAuthMethods: [client.token_endpoint_auth_method],
  scopes: ["openid", "offline_access", "read:biomarkers"],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  ttl: { AccessToken: 3600, RefreshToken: 86_400, Session: 3600, Grant: 86_400, Interaction: 600, IdToken: 300 },
  features: { devInteractions: { enabled: false }, revocation: { enabled: true }, introspection: { enabled: true } },
  interactions: { policy: interactionPolicy.base(), url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
for (const name of ["grant.success", "grant.error", "grant.revoked"]) {
  provider.on(name, (...values) => {
    const error = values.find((value) => value instanceof Error);
    events.push({ name, error: error?.error, description: error?.error_detail });
  });
}

const callback = provider.callback();
server.on("request", async (request, response) => {
  if (request.url === "/_events") {
    response.setHeader("content-type", "application/json").end(JSON.stringify(events));
    return;
  }
  if (!request.url.startsWith("/interaction/")) {
    callback(request, response);
    return;
  }
  const details = await provider.interactionDetails(request, response);
  if (details.prompt.name === "login") {
    await provider.interactionFinished(request, response, { login: { accountId: "ada" } });
    return;
  }
  const grant = new provider.Grant({ accountId: details.session.accountId, clientId: details.params.client_id });
  grant.addOIDCScope(details.params.scope);
  const grantId = await grant.save();
  await provider.interactionFinished(request, response, { consent: { grantId } }, { mergeWithLastSubmission: true });
});

console.log(JSON.stringify({ issuer, client_id: client.client_id, client_secret: client.client_secret }));
process.stdin.resume().on("end", () => process.exit(0));
