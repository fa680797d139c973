"""Verifies callbacks with PyJWT through the daemon's list of keys, which is fetched and kept by PyJWT.

Arguments: the list's URL and the issuer. Reads one JSON object per line, {"token", "subject",
"body_base64", "algorithms"}, and answers each with a line, "ok" or "rejected: <why>", at once.
"""

import base64
import hashlib
import json
import sys

import jwt

# An unknown key makes it fetch the list again, once in 30 s unless told; tests rotate more often.
client = jwt.PyJWKClient(sys.argv[1], cooldown_duration=0.5)
for line in sys.stdin:
    message = json.loads(line)
    try:
        key = client.get_signing_key_from_jwt(message["token"])
        claims = jwt.decode(message["token"], key.key, algorithms=message["algorithms"], issuer=sys.argv[2])
        if claims["sub"] != message["subject"]:
            raise jwt.InvalidTokenError("another subject")
        body = base64.b64decode(message["body_base64"])
        if claims["body_sha256"] != hashlib.sha256(body).hexdigest():
            raise jwt.InvalidTokenError("another body")
        print("ok", flush=True)
    except (jwt.InvalidTokenError, jwt.PyJWKClientError) as error:
        print(f"rejected: {error}", flush=True)
