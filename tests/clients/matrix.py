"""What every version of PyPI's `apify-client` does, old and new: PYTHONPATH says which. The last line is "ok"."""

import inspect
import json
import os
import threading
import time
import urllib.request
from datetime import timedelta

from apify_client import ApifyClient

client = ApifyClient(os.environ['APIFY_TOKEN'], api_url=os.environ['RINGBACK_URL'])


def of(thing, name):
    """A member: older versions give dictionaries with the API's names, newer ones models."""
    words = name.split('_')
    camel = words[0] + ''.join(word.capitalize() for word in words[1:])
    return thing[camel] if isinstance(thing, dict) else getattr(thing, name)


def native(method, path, body=None):
    headers = {'Authorization': f"Bearer {os.environ['APIFY_TOKEN']}", 'Content-Type': 'application/json'}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(os.environ['RINGBACK_URL'] + path, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def at_most(method, seconds):
    """How long a method is to wait: older versions take a number."""
    if 'wait_secs' in inspect.signature(method).parameters:
        return {'wait_secs': seconds}
    return {'wait_duration': timedelta(seconds=seconds)}


def execute():
    while not (queued := native('GET', '/v1/jobs?status=queued')['data']):
        time.sleep(0.02)
    native('POST', f"/v1/jobs/{queued[0]['id']}/start")
    native('POST', f"/v1/jobs/{queued[0]['id']}/complete", {'status': 'succeeded'})


actor = client.actor('my-actor')
run = actor.start(run_input={'a': 1})
assert of(run, 'status') == 'READY', run
shown = client.run(of(run, 'id')).get()
assert of(shown, 'id') == of(run, 'id'), shown
dataset = client.dataset(of(run, 'default_dataset_id'))
dataset.push_items([{'n': 1}, {'n': 2, 'only': 'here'}])
assert dataset.list_items().items == [{'n': 1}, {'n': 2, 'only': 'here'}]
assert list(dataset.iterate_items(offset=1)) == [{'n': 2, 'only': 'here'}]
assert of(dataset.get(), 'item_count') == 2, dataset.get()
store = client.key_value_store(of(run, 'default_key_value_store_id'))
store.set_record('OUTPUT', {'good': True})
assert of(store.get_record('OUTPUT'), 'value') == {'good': True}
assert of(store.get_record('INPUT'), 'value') == {'a': 1}
assert of(actor.last_run().get(), 'id') == of(run, 'id')
assert [of(row, 'id') for row in actor.runs().list().items] == [of(run, 'id')]
made = client.webhooks().create(
    event_types=['ACTOR.RUN.SUCCEEDED'], request_url='https://example.com/hook', actor_id='my-actor'
)
assert str(of(client.webhook(of(made, 'id')).get(), 'request_url')) == 'https://example.com/hook'
assert [of(row, 'id') for row in client.webhooks().list().items] == [of(made, 'id')]
client.webhook(of(made, 'id')).delete()
assert client.webhook(of(made, 'id')).get() is None
assert of(client.run(of(run, 'id')).abort(), 'status') in ('ABORTING', 'ABORTED')
assert of(client.run(of(run, 'id')).resurrect(), 'status') in ('READY', 'RUNNING')
of_run = client.run(of(run, 'id'))
assert of(of_run.wait_for_finish(**at_most(of_run.wait_for_finish, 0)), 'status') in ('READY', 'RUNNING')
end = ['POST', f"/v1/jobs/{of(run, 'id')}/complete", {'status': 'succeeded'}]
threading.Timer(0.3, native, end).start()
ended = of_run.wait_for_finish(**at_most(of_run.wait_for_finish, 50))
assert of(ended, 'status') == 'SUCCEEDED' and of(ended, 'finished_at'), ended
threading.Thread(target=execute).start()
called = actor.call(run_input={'a': 2}, **at_most(actor.call, 50))
assert of(called, 'status') == 'SUCCEEDED', called
assert of(called, 'id') == of(actor.last_run(status='SUCCEEDED').get(), 'id') != of(run, 'id')
assert client.run('nosuchrun').get() is None
print('ok')
