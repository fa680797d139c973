import express from 'express';
import { ApifyClient } from 'apify-client';

const app = express();
app.use(express.json());

const WEBHOOK_SECRET = process.env.WEBHOOK_SECRET;
const APIFY_TOKEN = process.env.APIFY_TOKEN;
const client = new ApifyClient({ token: APIFY_TOKEN });

// In-memory dedup. Use Redis or a DB in production.
const seen = new Set();

app.post('/apify-webhook', async (req, res) => {
  // 1. Verify the shared secret.
  if (req.get('X-Webhook-Secret') !== WEBHOOK_SECRET) {
    return res.status(401).send('unauthorized');
  }

  // 2. Idempotency — Apify retries on 5xx.
  const runId = req.body.eventData?.actorRunId;
  if (seen.has(runId)) return res.status(200).send('already processed');
  seen.add(runId);

  // 3. Acknowledge fast, then do the work async.
  res.status(200).send('ok');

  // 4. Pull the dataset and deliver it.
  const datasetId = req.body.resource?.defaultDatasetId;
  const { items } = await client.dataset(datasetId).listItems();
  await deliver(items);
});

async function deliver(items) {
  // ...post to Slack / append to Google Sheets / upload to S3...
}

app.listen(3000);
