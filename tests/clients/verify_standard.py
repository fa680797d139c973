"""Verifies signed messages with PyPI's `standardwebhooks`.

Reads one JSON object per line, {"secret", "headers", "body_base64"}, and answers each with a line,
"ok" or "rejected: <why>".
"""

import base64
import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

for line in sys.stdin:
    message = json.loads(line)
    body = base64.b64decode(message["body_base64"])
    try:
        Webhook(message["secret"]).verify(body, message["headers"])
    except WebhookVerificationError as error:
        print(f"rejected: {error}")
    else:
        print("ok")
