"""Drives runs and datasets with PyPI's `apify-client`, unmodified but for its base URL.

Everything is asserted here; the last line is "ok". The executor's part is played with
Ringback's own API, and with the client where it can.
"""

import json
import logging
import os
import threading
import time
import urllib.request
from datetime import timedelta

from apify_client import ApifyClient

URL, TOKEN = os.environ['RINGBACK_URL'], os.environ['APIFY_TOKEN']
client = ApifyClient(token=TOKEN, api_url=URL, max_retries=0)


def native(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {'Authorization': f'Bearer {TOKEN}', 'Content-Type': 'application/json'}
    request = urllib.request.Request(URL + path, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def refused(status, act):
    try:
        act()
    except Exception as error:
        assert getattr(error, 'status_code', None) == status, repr(error)
        return error
    raise AssertionError(f'not refused with {status}')


# A declared actor is there, another one is None.
actor = client.actor('my-actor')
assert actor.get().title == 'My Actor', actor.get()
assert client.actor('nobody').get() is None

# The input is over 1 KiB, so it comes compressed.
run_input = {'urls': [f'https://example.com/{n}' for n in range(200)]}
run = actor.start(run_input=run_input, run_timeout=timedelta(seconds=300), memory_mbytes=512)
assert (run.status, run.act_id, run.default_dataset_id) == ('READY', 'my-actor', run.id), run
assert (run.options.timeout_secs, run.options.memory_mbytes) == (300, 512)
assert run.stats.input_body_len > 1024 and run.finished_at is None
stored = client.key_value_store(run.default_key_value_store_id).get_record('INPUT')
assert (stored.value if hasattr(stored, 'value') else stored['value']) == run_input

# Items pushed by the client can be read while the run goes on.
dataset = client.dataset(run.default_dataset_id)
for start in range(0, 250, 50):
    dataset.push_items([{'n': n, '#hidden': 'x' * 40} for n in range(start, start + 50)])
assert client.run(run.id).get().status == 'RUNNING'
page = dataset.list_items(offset=100, limit=10)
assert (page.total, page.offset, page.count, page.limit, page.desc) == (250, 100, 10, 10, False), page
assert [item['n'] for item in page.items] == list(range(100, 110))
page = dataset.list_items(desc=True, limit=3, clean=True)
assert page.items == [{'n': 249}, {'n': 248}, {'n': 247}] and page.desc, page.items
assert [item['n'] for item in dataset.iterate_items()] == list(range(250))
assert [item['n'] for item in dataset.iterate_items(chunk_size=7, limit=20, offset=5)] == list(range(5, 25))
assert dataset.list_items(offset=1000).items == []
assert dataset.get().item_count == 250
assert dataset.get_items_as_bytes(item_format='csv', fields=['n'], limit=2) == b'n\r\n0\r\n1\r\n'
assert dataset.get_items_as_bytes(item_format='jsonl', limit=1).count(b'\n') == 1

# Somebody who waits hears of the end at once.
waiting = time.monotonic()
threading.Timer(0.5, native, ['POST', f'/v1/jobs/{run.id}/complete', {'status': 'succeeded'}]).start()
done = client.run(run.id).wait_for_finish(wait_duration=timedelta(seconds=50))
assert done.status == 'SUCCEEDED' and done.finished_at and time.monotonic() - waiting < 20, done
assert client.run(run.id).wait_for_finish(wait_duration=timedelta(seconds=5)).status == 'SUCCEEDED'
assert [item['n'] for item in client.run(run.id).dataset().list_items(limit=2).items] == [0, 1]
refused(409, lambda: dataset.push_items({'n': 1}))

# One that ended goes on, fails, and is called off no more.
again = client.run(run.id).resurrect()
assert (again.status, again.stats.resurrect_count) == ('RUNNING', 1), again
native('POST', f'/v1/jobs/{run.id}/complete', {'status': 'failed', 'error': {'message': 'no more'}})
failed = client.run(run.id).get()
assert (failed.status, failed.status_message, failed.exit_code) == ('FAILED', 'no more', 1), failed
assert client.run(run.id).abort().status == 'FAILED'

other = actor.start(content_type='text/plain', run_input='plain text')
assert client.run(other.id).abort().status == 'ABORTED'
stored = client.key_value_store(other.id).get_record('INPUT')
assert (stored.value if hasattr(stored, 'value') else stored['value']) == 'plain text'

# `call` starts, follows the log, and waits.
followed = threading.Event()
make_record = logging.getLogRecordFactory()


def record(*args, **kwargs):
    made = make_record(*args, **kwargs)
    # Lines of the run's log go to a logger of the client's own, which hands nothing on to others.
    if made.name.startswith('apify.'):
        followed.set()
    return made


def execute():
    while not (queued := native('GET', '/v1/jobs?status=queued')['data']):
        time.sleep(0.02)
    native('POST', f"/v1/jobs/{queued[0]['id']}/start")
    # It ends only when the client has read of its log.
    followed.wait(20)
    native('POST', f"/v1/jobs/{queued[0]['id']}/complete", {'status': 'succeeded'})


# A log that cannot be followed would be reported on standard error.
failures = []
handler = logging.Handler(logging.ERROR)
handler.emit = failures.append
logging.getLogger().addHandler(handler)
logging.setLogRecordFactory(record)
threading.Thread(target=execute).start()
called = actor.call(run_input={'a': 1})
assert called.status == 'SUCCEEDED' and followed.is_set(), called
assert failures == [], failures

# Lists, newest first on request.
runs = client.runs().list(desc=True)
assert (runs.total, [run.id for run in runs.items]) == (3, [called.id, other.id, run.id]), runs
assert [run.id for run in actor.runs().list(limit=1, offset=1).items] == [other.id]
assert [run.id for run in client.runs().list(status='ABORTED').items] == [other.id]
assert actor.last_run().get().id == called.id
assert actor.last_run(status='FAILED').get().id == run.id
assert len(actor.last_run(status='FAILED').dataset().list_items().items) == 250

# What is not there is None; what cannot be is refused, and starts nothing.
assert client.run('job_nobody').get() is None
refused(400, lambda: actor.start(webhooks=[{'event_types': ['ACTOR.RUN.SUCCEEDED'], 'request_url': 'ftp://x'}]))
assert client.runs().list().total == 3
assert client.dataset('nothing').get() is None
print('ok')
