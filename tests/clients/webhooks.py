"""Drives webhooks with PyPI's `apify-client`, unmodified but for its base URL: the check that CHECK
names, against a receiver at RECEIVER. Everything is asserted here; the last line is "ok"."""

import os
import time

from apify_client import ApifyClient

RECEIVER = os.environ['RECEIVER']
client = ApifyClient(token=os.environ['APIFY_TOKEN'], api_url=os.environ['RINGBACK_URL'], max_retries=0)
DONE = ['ACTOR.RUN.SUCCEEDED']


def make(**more):
    more = {'event_types': DONE, 'request_url': RECEIVER, 'actor_id': 'my-actor', **more}
    return client.webhooks().create(**more)


def refused(act, told):
    before = client.webhooks().list().total
    try:
        act()
    except Exception as error:
        assert getattr(error, 'status_code', None) == 400 and told in str(error), repr(error)
        assert client.webhooks().list().total == before
        return
    raise AssertionError('not refused')


def create_with_defaults():
    made = make()
    assert made.event_types == DONE and str(made.request_url) == RECEIVER, made
    assert made.condition.actor_id == 'my-actor' and made.condition.actor_run_id is None, made
    assert (made.is_ad_hoc, made.ignore_ssl_errors, made.do_not_retry) == (False, False, False), made
    assert made.should_interpolate_strings is False and made.payload_template is None, made
    assert made.description is None and made.last_dispatch is None, made
    assert made.stats.total_dispatches == 0 and made.user_id.startswith('acct_'), made
    assert made.created_at == made.modified_at
    assert client.webhook(made.id).get() == made
    assert [hook.id for hook in client.actor('my-actor').webhooks().list().items] == [made.id]
    assert client.actor('another').webhooks().list().items == []
    client.webhook(made.id).delete()
    assert client.webhook(made.id).get() is None


def idempotency_key():
    made = make(idempotency_key='mine', description='the first')
    again = make(idempotency_key='mine', description='the second')
    assert (again.id, again.description) == (made.id, 'the first'), again
    assert make(idempotency_key='other').id != made.id
    refused(lambda: make(idempotency_key='x' * 129), 'idempotencyKey')


def one_condition():
    refused(lambda: make(actor_task_id='task'), 'condition')
    refused(lambda: make(actor_id=None), 'condition')
    refused(lambda: make(actor_id=None, actor_run_id='job_nobody'), 'actorRunId')


def unknown_variable():
    refused(lambda: make(payload_template='{"a": {{user.name}}}'), '{{user.name}}')
    refused(lambda: make(payload_template='{"a": {{secrets.KEY}}}'), '{{secrets.KEY}}')
    refused(lambda: make(headers_template='{"a": "{{env.HOME}}"}'), '{{env.HOME}}')


def not_json():
    for template in ['{"a": ', '{{resource}}{{userId}}', 'hello', '{"a": "{{resource.id}}"', '{#each x}']:
        refused(lambda: make(payload_template=template), 'payloadTemplate')
    refused(lambda: make(headers_template='["a"]'), 'headersTemplate')


def missing_is_none():
    assert client.webhook('wh_00000000000000000000000000').get() is None
    assert client.webhook('nothing').get() is None
    assert client.webhook_dispatch('nothing').get() is None


def lists_omit_templates():
    made = [make(payload_template='{"a":{{resource}}}', headers_template='{"X-A":"b"}') for _ in range(3)]
    ids = [hook.id for hook in made]
    page = client.webhooks().list(limit=2, offset=1)
    assert (page.total, page.count, page.limit, page.offset, page.desc) == (3, 2, 2, 1, False), page
    assert [hook.id for hook in page.items] == ids[1:]
    for hook in page.items:
        extra = hook.model_dump(by_alias=True)
        assert 'payloadTemplate' not in extra and 'headersTemplate' not in extra, extra
    assert [hook.id for hook in client.webhooks().list(desc=True).items] == ids[::-1]
    assert [hook.id for hook in client.webhooks().iterate(chunk_size=2)] == ids
    assert client.webhook(ids[0]).get().payload_template == '{"a":{{resource}}}'


def put_is_partial():
    made = make(payload_template='{"a":{{resource.id}}}', description='before', do_not_retry=True)
    now = client.webhook(made.id).update(description='after')
    assert (now.description, now.payload_template) == ('after', '{"a":{{resource.id}}}'), now
    assert now.condition == made.condition and now.do_not_retry and now.event_types == DONE, now
    now = client.webhook(made.id).update(event_types=['ACTOR.RUN.FAILED'], actor_task_id='task', do_not_retry=False)
    assert (now.event_types, now.condition.actor_task_id, now.condition.actor_id) == (['ACTOR.RUN.FAILED'], 'task', None)
    assert not now.do_not_retry and now.description == 'after' and now.modified_at >= made.modified_at


def test_dispatches():
    made = make()
    dispatch = client.webhook(made.id).test()
    assert (dispatch.webhook_id, dispatch.event_type) == (made.id, 'TEST'), dispatch
    assert dispatch.status in ('ACTIVE', 'SUCCEEDED') and dispatch.event_data.actor_id == 'my-actor', dispatch
    deadline = time.monotonic() + 20
    while (found := client.webhook_dispatch(dispatch.id).get()).status == 'ACTIVE':
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    assert found.status == 'SUCCEEDED' and len(found.calls) == 1, found
    assert found.calls[0].response_status == 200 and found.calls[0].error_message is None, found
    assert found.calls[0].finished_at >= found.calls[0].started_at
    assert str(found.webhook.request_url) == RECEIVER and found.webhook.condition.actor_id == 'my-actor'
    for page in [client.webhook(made.id).dispatches().list(), client.webhook_dispatches().list()]:
        assert (page.total, [one.id for one in page.items]) == (1, [dispatch.id]), page
        assert page.items[0].calls[0].response_status == 200
    now = client.webhook(made.id).get()
    assert (now.stats.total_dispatches, now.last_dispatch.status) == (1, 'SUCCEEDED') and now.last_dispatch.finished_at


globals()[os.environ['CHECK']]()
print('ok')
