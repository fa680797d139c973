// What every version of npm's apify-client does, old and new: APIFY_CLIENT is the package's name. The last line is "ok".
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.RINGBACK_CLIENTS}/`);
const { ApifyClient } = require(process.env.APIFY_CLIENT);
const client = new ApifyClient({ token: process.env.APIFY_TOKEN, baseUrl: process.env.RINGBACK_URL });

async function native(method, path, body) {
  const headers = { authorization: `Bearer ${process.env.APIFY_TOKEN}`, "content-type": "application/json" };
  const request = { method, headers, body: body && JSON.stringify(body) };
  const answer = await fetch(process.env.RINGBACK_URL + path, request);
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

const actor = client.actor("my-actor");
const run = await actor.start({ a: 1 });
assert.equal(run.status, "READY");
assert.equal((await client.run(run.id).get()).id, run.id);
const dataset = client.dataset(run.defaultDatasetId);
await dataset.pushItems([{ n: 1 }, { n: 2, only: "here" }]);
assert.deepEqual((await dataset.listItems()).items, [{ n: 1 }, { n: 2, only: "here" }]);
assert.equal((await dataset.get()).itemCount, 2);
const store = client.keyValueStore(run.defaultKeyValueStoreId);
await store.setRecord({ key: "OUTPUT", value: { good: true } });
assert.deepEqual((await store.getRecord("OUTPUT")).value, { good: true });
assert.deepEqual((await store.getRecord("INPUT")).value, { a: 1 });
assert.equal((await actor.lastRun().get()).id, run.id);
assert.deepEqual((await actor.runs().list()).items.map((row) => row.id), [run.id]);
const made = await client.webhooks().create({
  eventTypes: ["ACTOR.RUN.SUCCEEDED"],
  requestUrl: "https://example.com/hook",
  condition: { actorId: "my-actor" },
});
assert.equal((await client.webhook(made.id).get()).requestUrl, "https://example.com/hook");
await client.webhook(made.id).delete();
assert.equal(await client.webhook(made.id).get(), undefined);
assert.match((await client.run(run.id).abort()).status, /^ABORT/);
assert.match((await client.run(run.id).resurrect()).status, /^(READY|RUNNING)$/);
assert.match((await client.run(run.id).waitForFinish({ waitSecs: 1 })).status, /^(READY|RUNNING)$/);
setTimeout(() => native("POST", `/v1/jobs/${run.id}/complete`, { status: "succeeded" }), 300);
const ended = await client.run(run.id).waitForFinish({ waitSecs: 50 });
assert.equal(ended.status, "SUCCEEDED");
assert.ok(ended.finishedAt instanceof Date);
const calling = actor.call({ a: 2 }, { waitSecs: 50 });
let queued;
do queued = (await native("GET", "/v1/jobs?status=queued")).data;
while (queued.length === 0);
await native("POST", `/v1/jobs/${queued[0].id}/complete`, { status: "succeeded" });
const called = await calling;
assert.deepEqual([called.status, called.id], ["SUCCEEDED", queued[0].id]);
assert.equal(await client.run("nosuchrun").get(), undefined);
console.log("ok");
