import os
from apify_client import ApifyClient
from fastapi import FastAPI, Header, HTTPException, Request

app = FastAPI()

WEBHOOK_SECRET = os.environ['WEBHOOK_SECRET']
client = ApifyClient(token=os.environ['APIFY_TOKEN'])

# In-memory dedup. Use Redis or a DB in production.
seen: set[str] = set()

@app.post('/apify-webhook')
async def apify_webhook(
    request: Request,
    x_webhook_secret: str | None = Header(default=None),
):
    # 1. Verify the shared secret.
    if x_webhook_secret != WEBHOOK_SECRET:
        raise HTTPException(status_code=401, detail='unauthorized')

    body = await request.json()
    run_id = body.get('eventData', {}).get('actorRunId')

    # 2. Idempotency — Apify retries on 5xx.
    if run_id in seen:
        return {'status': 'already processed'}
    seen.add(run_id)

    # 3. Pull the dataset and deliver it.
    dataset_id = body.get('resource', {}).get('defaultDatasetId')
    items = client.dataset(dataset_id).list_items().items
    await deliver(items)

    return {'status': 'ok'}

async def deliver(items: list[dict]) -> None:
    """Post to Slack / append to Google Sheets / upload to S3."""
    ...
