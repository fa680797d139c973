"""What every version of PyPI's `apify-client` does, old and new: PYTHONPATH says which. The last line is "ok"."""

import os

from apify_client import ApifyClient

client = ApifyClient(os.environ['APIFY_TOKEN'], api_url=os.environ['RINGBACK_URL'])


def of(thing, name):
    """A member: older versions give dictionaries with the API's names, newer ones models."""
    words = name.split('_')
    camel = words[0] + ''.join(word.capitalize() for word in words[1:])
    return thing[camel] if isinstance(thing, dict) else getattr(thing, name)


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
assert client.run('nosuchrun').get() is None
print('ok')
