"""Verifies signed messages of the profile `square-like` with PyPI's `squareup`.

Reads one JSON object per line, {"secret", "url", "headers", "body_base64"}, and answers each with a
line, "ok" or "rejected: <why>".
"""

import base64
import json
import sys

from square.utils.webhooks_helper import verify_signature

for line in sys.stdin:
    message = json.loads(line)
    taken = verify_signature(
        request_body=base64.b64decode(message["body_base64"]).decode(),
        signature_header=message["headers"]["x-square-hmacsha256-signature"],
        signature_key=message["secret"],
        notification_url=message["url"],
    )
    print("ok" if taken else "rejected: the signature is another body's")
