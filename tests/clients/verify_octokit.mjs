// Verifies signed messages of the profile `github-like` with npm's `@octokit/webhooks-methods`.
//
// Reads one JSON object per line, {"secret", "headers", "body_base64"}, and answers each with a
// line, "ok" or "rejected: <why>". The package is looked for in $RINGBACK_CLIENTS/node_modules, or
// beside this file.

import { pathToFileURL } from "node:url";
import { createInterface } from "node:readline";

const home = process.env.RINGBACK_CLIENTS;
const packages = new URL("node_modules/", home ? pathToFileURL(`${home}/`) : import.meta.url);
const { verify } = await import(new URL("@octokit/webhooks-methods/dist-node/index.js", packages));

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body_base64 } = JSON.parse(line);
  const body = Buffer.from(body_base64, "base64").toString("utf8");
  const taken = await verify(secret, body, headers["x-hub-signature-256"]);
  console.log(taken ? "ok" : "rejected: the signature is another body's");
}
