// Starts a run with webhooks for it alone, with npm's `apify-client`; the last line is "ok".

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(`${process.env.RINGBACK_CLIENTS}/package.json`));
const { ApifyClient } = require("apify-client");

const { RINGBACK_URL: baseUrl, APIFY_TOKEN: token, HOOK: hook } = process.env;
const client = new ApifyClient({ token, baseUrl, maxRetries: 0 });
const webhooks = [
  { eventTypes: ["ACTOR.RUN.SUCCEEDED"], requestUrl: `${hook}/won`, payloadTemplate: '{"run":{{resource.id}}}' },
  { eventTypes: ["ACTOR.RUN.FAILED", "ACTOR.RUN.ABORTED"], requestUrl: `${hook}/lost` },
];
const { id } = await client.actor("my-actor").start({}, { webhooks });
console.log(id);
console.log("ok");
