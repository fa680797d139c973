// Verifies job webhooks with the function that the platform's page prints for JavaScript.
//
// Reads one JSON object per line, {"secret", "header", "body_base64"}, and answers each with a line,
// "ok" or "rejected".

import crypto from "node:crypto";
import { createInterface } from "node:readline";

function verify(secret, header, rawBody) {
  const m = /^t=(\d+),v1=([a-f0-9]+)$/.exec(header);
  if (!m) return false;
  const [, t, sig] = m;
  if (Math.abs(Date.now()/1000 - Number(t)) > 300) return false; // 5-min skew
  const expected = crypto.createHmac("sha256", secret).update(`${t}.${rawBody}`).digest("hex");
  return crypto.timingSafeEqual(Buffer.from(sig), Buffer.from(expected));
}

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, header, body_base64 } = JSON.parse(line);
  console.log(verify(secret, header, Buffer.from(body_base64, "base64").toString("utf8")) ? "ok" : "rejected");
}
