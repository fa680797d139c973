"""Verifies job webhooks with the function that the platform's page prints for Python.

Reads one JSON object per line, {"secret", "header", "body_base64"}, and answers each with a line,
"ok" or "rejected".
"""

import base64
import json
import sys

import hmac, hashlib, time, re


def verify(secret: str, header: str, raw_body: bytes) -> bool:
    m = re.match(r"^t=(\d+),v1=([a-f0-9]+)$", header or "")
    if not m: return False
    t, sig = m.group(1), m.group(2)
    if abs(time.time() - int(t)) > 300: return False
    payload = f"{t}.{raw_body.decode('utf-8')}".encode()
    expected = hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()
    return hmac.compare_digest(sig, expected)


for line in sys.stdin:
    message = json.loads(line)
    body = base64.b64decode(message["body_base64"])
    print("ok" if verify(message["secret"], message["header"], body) else "rejected")
