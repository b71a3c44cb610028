"""python pyjwt.py TOKENS [--quick]: times of PyJWT with cryptography, as JSON.

Measures as harness/src/measure.rs does. The key is parsed once, as a server would keep it.
"""

import json
import math
import platform
import sys
from importlib.metadata import version
from statistics import median
from time import perf_counter

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key

QUICK = sys.argv[2:] == ["--quick"]
WARM_UP_S, BATCH_S, ROUNDS = (0.005, 0.001, 5) if QUICK else (0.1, 0.005, 51)


def accepts(token, key):
    try:
        return jwt.decode(token, key, algorithms=["RS256"])["user_id"] == 1
    except jwt.InvalidTokenError:
        return False


def batch(token, key, count):
    """Returns the seconds for each of `count` verifications."""
    started = perf_counter()
    for _ in range(count):
        if not accepts(token, key):
            raise SystemExit("the valid token was rejected")
    return (perf_counter() - started) / count


def measure(sample):
    key = load_pem_public_key(sample["publicKeyPem"].encode())
    token = sample["token"]
    if not accepts(token, key) or accepts(sample["forged"], key):
        raise SystemExit(f"PyJWT gives a wrong verdict for {sample['bits']} bits")
    started, count = perf_counter(), 0
    while perf_counter() - started < WARM_UP_S:
        batch(token, key, 1)
        count += 1
    size = math.ceil(BATCH_S / ((perf_counter() - started) / count))
    times = [batch(token, key, size) * 1e6 for _ in range(ROUNDS)]
    return {
        "contender": "PyJWT (cryptography)",
        "scope": "token",
        "bits": sample["bits"],
        "medianUs": median(times),
        "minUs": min(times),
    }


with open(sys.argv[1], encoding="utf-8") as file:
    lines = [measure(sample) for sample in json.load(file)]
versions = f"PyJWT {version('PyJWT')}, cryptography {version('cryptography')}"
python = f"Python {platform.python_version()}"
print(json.dumps({"rounds": ROUNDS, "version": f"{python}, {versions}", "lines": lines}))
