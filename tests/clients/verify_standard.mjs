// Verifies signed messages with npm's `standardwebhooks`.
//
// Reads one JSON object per line, {"secret", "headers", "body_base64"}, and answers each with a
// line, "ok" or "rejected: <why>". The package is looked for in $RINGBACK_CLIENTS/node_modules, or
// beside this file.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { createInterface } from "node:readline";

const home = process.env.RINGBACK_CLIENTS;
const require = createRequire(home ? pathToFileURL(`${home}/package.json`) : import.meta.url);
const { Webhook, WebhookVerificationError } = require("standardwebhooks");

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body_base64 } = JSON.parse(line);
  try {
    new Webhook(secret).verify(Buffer.from(body_base64, "base64").toString("utf8"), headers);
    console.log("ok");
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    console.log(`rejected: ${error.message}`);
  }
}
