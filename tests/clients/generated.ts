// A day's work with the types that `openapi-typescript` made of /openapi.json, beside this file as api.d.ts.
// RECEIVER is a target that answers 200.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Delivery = components["schemas"]["Delivery"];

const env = (name: string): string => process.env[name] ?? "";
const client = createClient<paths>({
  baseUrl: env("RINGBACK_URL"),
  headers: { Authorization: `Bearer ${env("RINGBACK_TOKEN")}` },
});

function must<T>(reply: { data?: T; error?: unknown; response: Response }): T {
  if (reply.data === undefined) throw new Error(`${reply.response.status} ${JSON.stringify(reply.error)}`);
  return reply.data;
}
function check(good: boolean, about: unknown): void {
  if (!good) throw new Error(JSON.stringify(about));
}

const made = must(await client.POST("/v1/webhooks", { body: { url: env("RECEIVER"), events: ["order.*"] } }));
check(made.state === "active" && made.secret !== undefined, made);
const path = { id: made.id };
const changed = must(await client.PATCH("/v1/webhooks/{id}", { params: { path }, body: { description: "shop" } }));
check(changed.description === "shop", changed);
const listed = must(await client.GET("/v1/webhooks", { params: { query: { order: "desc", limit: 1 } } }));
check(listed.data[0]?.id === made.id, listed);

const one = must(await client.POST("/v1/events", { body: { type: "order.paid", data: { n: 1 } } }));
check("deliveries" in one && one.deliveries === 1, one);
const many = must(await client.POST("/v1/events", { body: [1, 2, 3].map((n) => ({ type: "order.paid", data: n })) }));
check("data" in many && many.data.length === 3, many);

async function settled(): Promise<Delivery[]> {
  for (let turn = 0; turn < 200; turn++) {
    const page = must(await client.GET("/v1/deliveries", { params: { query: { webhook_id: made.id } } }));
    if (page.data.every((row) => row.state !== "pending")) return page.data;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("deliveries stay pending");
}
const rows = await settled();
check(rows.length === 4 && rows.every((row) => row.state === "delivered"), rows);
const first = { id: rows[0]?.id ?? "" };
const shown = must(await client.GET("/v1/deliveries/{id}", { params: { path: first } }));
check(shown.attempt_log[0]?.status_code === 200, shown);
check(rows[0]?.url === env("RECEIVER") && rows[0]?.event_type === "order.paid", rows);
check(shown.attempt_log[0]?.delivery_id === shown.id && shown.attempt_log[0]?.event_id === shown.event_id, shown);
const query = { event_id: shown.event_id, type: "order.*", state: "delivered" } as const;
const found = must(await client.GET("/v1/deliveries", { params: { query } }));
check(found.data.length === 1 && found.data[0]?.id === shown.id, found);
const logged = must(await client.GET("/v1/webhooks/{id}/attempts", { params: { path } }));
check(logged.data.some((row) => row.id === shown.attempt_log[0]?.id), logged);
must(await client.POST("/v1/deliveries/{id}/retry", { params: { path: first } }));
const replay = must(
  await client.POST("/v1/replays", { body: { filter: { webhook_id: made.id, state: "delivered" } } }),
);
const progress = must(await client.GET("/v1/replays/{id}", { params: { path: { id: replay.id ?? "" } } }));
check(progress.matched === replay.matched, progress);
const again = { path: { id: "id" in one ? one.id : "" } };
must(await client.POST("/v1/events/{id}/replay", { params: again }));
check(must(await client.GET("/v1/events/{id}", { params: again })).deliveries.length === 1, again);
await settled();

const refused = await client.POST("/v1/webhooks", { body: { url: "ftp://example.com/" } });
check(refused.response.status === 422 && refused.error?.errors?.[0]?.pointer === "/url", refused.error);
const gone = await client.DELETE("/v1/webhooks/{id}", { params: { path } });
check(gone.response.status === 204, gone.error);
console.log("ok");
