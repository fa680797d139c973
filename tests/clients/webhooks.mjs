// Drives webhooks with npm's `apify-client`, unmodified but for its base URL: the check that CHECK
// names, against a receiver at RECEIVER. Everything is asserted here; the last line is "ok".

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(`${process.env.RINGBACK_CLIENTS}/package.json`));
const { ApifyClient } = require("apify-client");

const { RECEIVER, RINGBACK_URL, APIFY_TOKEN } = process.env;
const client = new ApifyClient({ token: APIFY_TOKEN, baseUrl: RINGBACK_URL, maxRetries: 0 });
const DONE = ["ACTOR.RUN.SUCCEEDED"];
const plain = { eventTypes: DONE, requestUrl: RECEIVER, condition: { actorId: "my-actor" } };
const make = (more = {}) => client.webhooks().create({ ...plain, ...more });

async function refused(more, told) {
  const { total } = await client.webhooks().list();
  await assert.rejects(make(more), (error) => {
    assert.equal(error.statusCode, 400);
    assert.equal(error.type, "schema-validation");
    assert.ok(error.message.includes(told), error.message);
    return true;
  });
  assert.equal((await client.webhooks().list()).total, total);
}

const checks = {
  async create_with_defaults() {
    const made = await make();
    assert.deepEqual([made.eventTypes, made.requestUrl, made.condition], [DONE, RECEIVER, { actorId: "my-actor" }]);
    assert.deepEqual([made.isAdHoc, made.ignoreSslErrors, made.doNotRetry], [false, false, false]);
    assert.equal(made.stats.totalDispatches, 0);
    assert.ok(made.createdAt instanceof Date);
    assert.deepEqual(await client.webhook(made.id).get(), made);
    const ofActor = await client.actor("my-actor").webhooks().list();
    assert.deepEqual(ofActor.items.map(({ id }) => id), [made.id]);
    await client.webhook(made.id).delete();
    assert.equal(await client.webhook(made.id).get(), undefined);
  },
  async idempotency_key() {
    const all = await Promise.all(Array.from({ length: 8 }, () => make({ idempotencyKey: "mine" })));
    assert.equal(new Set(all.map(({ id }) => id)).size, 1);
    assert.notEqual((await make({ idempotencyKey: "other" })).id, all[0].id);
    assert.equal((await client.webhooks().list()).total, 2);
  },
  async one_condition() {
    await refused({ condition: { actorId: "a", actorTaskId: "b" } }, "condition");
    await refused({ condition: {} }, "condition");
  },
  async unknown_variable() {
    await refused({ payloadTemplate: '{"a": {{user.name}}}' }, "{{user.name}}");
    await refused({ payloadTemplate: '{"a":"{{nobody}}"}', shouldInterpolateStrings: true }, "{{nobody}}");
  },
  async not_json() {
    await refused({ payloadTemplate: '{"a": ' }, "payloadTemplate");
    await refused({ headersTemplate: '"a"' }, "headersTemplate");
  },
  async missing_is_none() {
    assert.equal(await client.webhook("nothing").get(), undefined);
    assert.equal(await client.webhookDispatch("nothing").get(), undefined);
  },
  async lists_omit_templates() {
    for (let n = 0; n < 3; n += 1) await make({ payloadTemplate: '{"a":{{resource}}}', description: `${n}` });
    const page = await client.webhooks().list({ limit: 2, desc: true });
    assert.deepEqual([page.total, page.count, page.desc], [3, 2, true]);
    assert.deepEqual(page.items.map(({ description }) => description), ["2", "1"]);
    assert.ok(page.items.every((item) => !("payloadTemplate" in item)));
    const seen = [];
    for await (const { description } of client.webhooks().list()) seen.push(description);
    assert.deepEqual(seen, ["0", "1", "2"]);
  },
  async put_is_partial() {
    const made = await make({ payloadTemplate: '{"a":{{resource.id}}}', description: "before" });
    const now = await client.webhook(made.id).update({ description: "after" });
    assert.deepEqual([now.description, now.payloadTemplate, now.condition], ["after", made.payloadTemplate, made.condition]);
    // What was shown may be sent back whole.
    const same = await client.webhook(made.id).update({ ...now });
    assert.deepEqual([same.eventTypes, same.requestUrl, same.payloadTemplate], [DONE, RECEIVER, made.payloadTemplate]);
    assert.equal((await client.webhook(made.id).update({ payloadTemplate: null })).payloadTemplate, null);
  },
  async test_dispatches() {
    const { id } = await make();
    const dispatch = await client.webhook(id).test();
    assert.deepEqual([dispatch.webhookId, dispatch.eventType], [id, "TEST"]);
    let found;
    do {
      await sleep(50);
      found = await client.webhookDispatch(dispatch.id).get();
    } while (found.status === "ACTIVE");
    assert.deepEqual([found.status, found.calls.length, found.calls[0].responseStatus], ["SUCCEEDED", 1, 200]);
    assert.deepEqual((await client.webhook(id).dispatches().list()).items.map((one) => one.id), [dispatch.id]);
  },
};

await checks[process.env.CHECK]();
console.log("ok");
