"""Verifies signed messages (`t=…,v1=…`) with PyPI's `stripe`.

Reads one JSON object per line, {"secret", "headers", "body_base64"}, and answers each with a line,
"ok" or "rejected: <why>". The signature is in the one header whose value begins with "t=".
"""

import base64
import json
import sys

import stripe

for line in sys.stdin:
    message = json.loads(line)
    body = base64.b64decode(message["body_base64"])
    [header] = [value for value in message["headers"].values() if value.startswith("t=")]
    try:
        stripe.WebhookSignature.verify_header(body, header, message["secret"], tolerance=300)
    except stripe.SignatureVerificationError as error:
        print(f"rejected: {error}")
    else:
        print("ok")
