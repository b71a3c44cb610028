"""Signs and checks tokens with PyJWT, as SimpleJWT and the reference resource server do.

Reads one JSON object on standard input and prints one on standard output:
  {"do": "verify", "token": ..., "key": PEM}
  {"do": "sign", "claims": {...}, "headers": {...}, "private_key": PATH or null for a new key}
  {"do": "sign_hs256", "claims": {...}, "headers": {...}, "secret": TEXT}
"""

import base64
import hashlib
import hmac
import json
import sys

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa


def verify(request):
    try:
        return {"ok": True, "claims": jwt.decode(request["token"], request["key"], algorithms=["RS256"])}
    except jwt.InvalidTokenError as error:
        return {"ok": False, "code": type(error).__name__}


def sign(request):
    if request["private_key"] is None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        with open(request["private_key"], encoding="ascii") as file:
            key = file.read()
    return {"token": jwt.encode(request["claims"], key, algorithm="RS256", headers=request["headers"])}


def sign_hs256(request):
    """PyJWT itself refuses a PEM as a secret; an attacker does not."""

    def segment(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    header = {"alg": "HS256", "typ": "JWT", **request["headers"]}
    signing_input = b".".join(segment(json.dumps(part).encode()) for part in (header, request["claims"]))
    signature = hmac.new(request["secret"].encode(), signing_input, hashlib.sha256).digest()
    return {"token": (signing_input + b"." + segment(signature)).decode()}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    print(json.dumps({"verify": verify, "sign": sign, "sign_hs256": sign_hs256}[asked["do"]](asked)))
