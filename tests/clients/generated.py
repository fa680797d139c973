"""A day's work with a client that `openapi-python-client` made of /openapi.json: RINGBACK_API is its folder,
RECEIVER a target that answers 200."""

import os
import sys
import time

sys.path.insert(0, os.environ["RINGBACK_API"])

from ringback_api import AuthenticatedClient
from ringback_api.api.deliveries import get_delivery, list_deliveries, retry_delivery
from ringback_api.api.events import get_event, list_events, replay_event, send_events
from ringback_api.api.jobs import append_job_results, complete_job, create_job, list_job_results
from ringback_api.api.replays import create_replay, get_replay
from ringback_api.api.webhooks import (
    create_webhook,
    delete_webhook,
    get_webhook,
    list_webhook_attempts,
    list_webhooks,
    pause_webhook,
    update_webhook,
)
from ringback_api.models import (
    CompleteBody,
    DeliveryState,
    EndStatus,
    EventBody,
    JobBody,
    JobStatus,
    Order,
    Problem,
    ReplayBody,
    WebhookBody,
    WebhookPatch,
    WebhookState,
)
from ringback_api.types import File

client = AuthenticatedClient(os.environ["RINGBACK_URL"], os.environ["RINGBACK_TOKEN"])

made = create_webhook.sync(client=client, body=WebhookBody(url=os.environ["RECEIVER"], events=["order.*"]))
assert made.secret.startswith("whsec_") and made.state is WebhookState.ACTIVE, made
changed = update_webhook.sync(made.id, client=client, body=WebhookPatch(description="shop"))
assert changed.description == "shop" and changed.created_at == made.created_at, changed
assert get_webhook.sync(made.id, client=client).description == "shop"
assert [row.id for row in list_webhooks.sync(client=client, order=Order.DESC, limit=1).data] == [made.id]

one = send_events.sync(client=client, body=EventBody(type_="order.paid", data={"n": 1}), idempotency_key="k")
assert one.deliveries == 1, one
again = send_events.sync(client=client, body=EventBody(type_="order.paid", data={"n": 1}), idempotency_key="k")
assert again.id == one.id and again.duplicate, again
many = [EventBody(type_="order.paid", data=n) for n in range(3)]
assert len(send_events.sync(client=client, body=many).data) == 3


def settled():
    for _ in range(200):
        page = list_deliveries.sync(client=client, webhook_id=made.id)
        if all(row.state is not DeliveryState.PENDING for row in page.data):
            return page.data
        time.sleep(0.05)
    raise AssertionError("deliveries stay pending")


rows = settled()
assert len(rows) == 4 and all(row.state is DeliveryState.DELIVERED for row in rows), rows
shown = get_delivery.sync(rows[0].id, client=client)
assert shown.attempt_log[0].status_code == 200 and shown.attempt_log[0].duration_ms > 0, shown
assert (rows[0].url, rows[0].event_type, rows[0].last_error) == (os.environ["RECEIVER"], "order.paid", None), rows[0]
assert (shown.attempt_log[0].delivery_id, shown.attempt_log[0].event_id) == (rows[0].id, rows[0].event_id), shown
logged = list_webhook_attempts.sync(made.id, client=client).data
assert shown.attempt_log[0].id in [row.id for row in logged], logged
found = list_deliveries.sync(client=client, event_id=one.id, type_="order.*", state=DeliveryState.DELIVERED).data
assert [row.event_id for row in found] == [one.id], found
assert retry_delivery.sync_detailed(rows[0].id, client=client).status_code == 202
assert get_event.sync(one.id, client=client).data == {"n": 1}
assert replay_event.sync_detailed(one.id, client=client).status_code == 202
assert len(list_events.sync(client=client, limit=2).data) == 2
body = ReplayBody.from_dict({"filter": {"webhook_id": made.id, "state": "delivered"}})
replay = create_replay.sync(client=client, body=body)
assert get_replay.sync(replay.id, client=client).matched == replay.matched, replay
settled()

job = create_job.sync(client=client, body=JobBody(type_="report"))
rows = append_job_results.sync(job.id, client=client, body=File(payload=b'{"a":1}\n{"a":2}\n'))
assert rows.result_count == 2, rows
assert complete_job.sync(job.id, client=client, body=CompleteBody(status=EndStatus.SUCCEEDED)).status is JobStatus.SUCCEEDED
results = list_job_results.sync(job.id, client=client)
assert results.data == [{"a": 1}, {"a": 2}], results

refused = create_webhook.sync(client=client, body=WebhookBody(url="ftp://example.com/"))
assert isinstance(refused, Problem) and refused.status == 422, refused
assert refused.errors[0].pointer == "/url" and "http" in refused.errors[0].detail, refused
assert isinstance(get_webhook.sync("wh_none", client=client), Problem)

assert pause_webhook.sync(made.id, client=client).state is WebhookState.PAUSED
assert delete_webhook.sync_detailed(made.id, client=client).status_code == 204
print("ok")
