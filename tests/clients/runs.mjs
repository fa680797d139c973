// Drives runs and datasets with npm's `apify-client`, unmodified but for its base URL. Everything is
// asserted here; the last line is "ok". Its bodies over 1 KiB are compressed with brotli.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(`${process.env.RINGBACK_CLIENTS}/package.json`));
const { ApifyClient } = require("apify-client");

const { RINGBACK_URL: url, APIFY_TOKEN: token } = process.env;
const client = new ApifyClient({ token, baseUrl: url, maxRetries: 0 });

async function native(method, path, body) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

const actor = client.actor("my-actor");
assert.equal((await actor.get()).title, "My Actor");
assert.equal(await client.actor("nobody").get(), undefined);

const input = { urls: Array.from({ length: 200 }, (_, n) => `https://example.com/${n}`) };
const run = await actor.start(input, { timeout: 300, memory: 512 });
assert.deepEqual([run.status, run.actId, run.defaultDatasetId], ["READY", "my-actor", run.id]);
assert.ok(run.startedAt instanceof Date && run.stats.inputBodyLen > 1024);
const record = await client.keyValueStore(run.defaultKeyValueStoreId).getRecord("INPUT");
assert.deepEqual(record.value, input);

const dataset = client.dataset(run.defaultDatasetId);
await dataset.pushItems(Array.from({ length: 250 }, (_, n) => ({ n, "#hidden": "x".repeat(40) })));
const page = await dataset.listItems({ offset: 100, limit: 10 });
assert.deepEqual([page.total, page.offset, page.count, page.limit, page.desc], [250, 100, 10, 10, false]);
assert.deepEqual(page.items.map((item) => item.n), Array.from({ length: 10 }, (_, n) => 100 + n));
assert.deepEqual((await dataset.listItems({ desc: true, limit: 2, clean: true })).items, [{ n: 249 }, { n: 248 }]);
const seen = [];
for await (const item of dataset.listItems({ chunkSize: 7, limit: 20, offset: 5 })) seen.push(item.n);
assert.deepEqual(seen, Array.from({ length: 20 }, (_, n) => 5 + n));
assert.equal((await dataset.listItems()).items.length, 250);
assert.equal((await dataset.get()).itemCount, 250);
assert.equal(String(await dataset.downloadItems("csv", { fields: ["n"], limit: 2 })), "n\r\n0\r\n1\r\n");

setTimeout(() => native("POST", `/v1/jobs/${run.id}/complete`, { status: "succeeded" }), 500);
const done = await client.run(run.id).waitForFinish({ waitSecs: 50 });
assert.equal(done.status, "SUCCEEDED");
assert.ok(done.finishedAt instanceof Date);
await assert.rejects(dataset.pushItems({ n: 1 }), (error) => error.statusCode === 409);

assert.equal((await client.run(run.id).resurrect()).status, "RUNNING");
assert.equal((await client.run(run.id).abort()).status, "ABORTED");

const called = actor.call({ a: 1 });
let queued;
do queued = (await native("GET", "/v1/jobs?status=queued")).data;
while (queued.length === 0);
await native("POST", `/v1/jobs/${queued[0].id}/complete`, { status: "failed", error: "no more" });
assert.equal((await called).status, "FAILED");
assert.equal((await called).statusMessage, "no more");

const runs = await client.runs().list({ desc: true });
assert.deepEqual([runs.total, runs.items.map(({ id }) => id)], [2, [queued[0].id, run.id]]);
assert.equal((await actor.lastRun({ status: "ABORTED" }).get()).id, run.id);
assert.equal(await client.run("job_nobody").get(), undefined);
const bad = [{ eventTypes: ["ACTOR.RUN.SUCCEEDED"], requestUrl: "ftp://x" }];
await assert.rejects(actor.start({}, { webhooks: bad }), (error) => error.statusCode === 400);
assert.equal((await client.runs().list()).total, 2);
console.log("ok");
