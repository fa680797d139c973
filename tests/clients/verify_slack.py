"""Verifies signed messages of the profile `slack-like` with PyPI's `slack_sdk`.

Reads one JSON object per line, {"secret", "headers", "body_base64"}, and answers each with a line,
"ok" or "rejected: <why>".
"""

import base64
import json
import sys

from slack_sdk.signature import SignatureVerifier

for line in sys.stdin:
    message = json.loads(line)
    body = base64.b64decode(message["body_base64"])
    taken = SignatureVerifier(message["secret"]).is_valid_request(body, message["headers"])
    print("ok" if taken else "rejected: the signature is another body's")
