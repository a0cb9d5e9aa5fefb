// A certified OpenID provider on a free port of loopback, whose own pages log in who has an account.
// It is told by the environment: MODULES (a directory of node_modules), CLIENTS and ACCOUNTS (JSON),
// and CLAIMS_IN_ID_TOKEN (true or false: they are in userinfo alone).
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { resolve } = createRequire(`${process.env.MODULES}/`);
const { Provider } = await import(pathToFileURL(resolve("oidc-provider")));
const accounts = JSON.parse(process.env.ACCOUNTS);

const server = createServer((request, response) => answer(request, response));
let answer = (_, response) => response.writeHead(503).end();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: JSON.parse(process.env.CLIENTS),
  scopes: ["openid", "profile", "groups"],
  claims: { openid: ["sub"], profile: ["name", "preferred_username"], groups: ["groups"] },
  conformIdTokenClaims: process.env.CLAIMS_IN_ID_TOKEN !== "true",
  cookies: { keys: ["of a test"] },
  features: { devInteractions: { enabled: true } },
  pkce: { required: () => true },
  findAccount(_, id) {
    const claims = accounts[id];
    return claims && { accountId: id, claims: () => ({ sub: id, ...claims }) };
  },
});
answer = provider.callback();
console.log(`ready ${issuer}`);

process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
