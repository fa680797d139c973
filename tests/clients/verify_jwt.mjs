// Verifies callbacks with npm's `jose` through the daemon's list of keys, which is fetched and kept by
// `jose`.
//
// Arguments: the list's URL and the issuer. Reads one JSON object per line, {"token", "subject",
// "body_base64", "algorithms"}, and answers each with a line, "ok" or "rejected: <why>", at once. The
// package is looked for in $RINGBACK_CLIENTS/node_modules, or beside this file.

import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { createInterface } from "node:readline";

const home = process.env.RINGBACK_CLIENTS;
const require = createRequire(home ? pathToFileURL(`${home}/package.json`) : import.meta.url);
const { createRemoteJWKSet, errors, jwtVerify } = require("jose");

const [, , list, issuer] = process.argv;
// An unknown key makes it fetch the list again, once in 30 s unless told; tests rotate more often.
const keys = createRemoteJWKSet(new URL(list), { cooldownDuration: 500 });

for await (const line of createInterface({ input: process.stdin })) {
  const { token, subject, body_base64, algorithms } = JSON.parse(line);
  try {
    const { payload } = await jwtVerify(token, keys, { issuer, subject, algorithms });
    const digest = createHash("sha256").update(Buffer.from(body_base64, "base64")).digest("hex");
    console.log(payload.body_sha256 === digest ? "ok" : "rejected: another body");
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    console.log(`rejected: ${error.message}`);
  }
}
