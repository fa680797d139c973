"""Starts a run with webhooks for it alone, with PyPI's `apify-client`; the last line is "ok"."""

import os

from apify_client import ApifyClient

client = ApifyClient(token=os.environ['APIFY_TOKEN'], api_url=os.environ['RINGBACK_URL'], max_retries=0)
hook = os.environ['HOOK']
run = client.actor('my-actor').start(
    webhooks=[
        {'event_types': ['ACTOR.RUN.SUCCEEDED'], 'request_url': f'{hook}/won', 'payload_template': '{"run":{{resource.id}}}'},
        {'event_types': ['ACTOR.RUN.FAILED', 'ACTOR.RUN.ABORTED'], 'request_url': f'{hook}/lost'},
    ]
)
print(run.id)
print('ok')
