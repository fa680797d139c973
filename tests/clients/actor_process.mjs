// An Actor process with npm's `apify` SDK, at home on Ringback. The last line is "ok".
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.RINGBACK_CLIENTS}/`);
const { Actor } = require("apify");

await Actor.init();
const given = await Actor.getInput();
await Actor.setStatusMessage("working");
await Actor.pushData([{ got: given }]);
await Actor.setValue("OUTPUT", { rows: 1 });
assert.deepEqual(await Actor.getValue("OUTPUT"), { rows: 1 });
await Actor.exit("done", { exit: false });
console.log("ok");
