"""Usage: measure.py TOKENS [--quick]: times of PyJWT with cryptography, as JSON."""

import json
import sys
import time

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key

ROUNDS, BATCH = (5, 20) if "--quick" in sys.argv else (51, 200)


def verifier(sample):
    key = load_pem_public_key(sample["publicKeyPem"].encode())
    # The tokens are new, so the clock of PyJWT needs no replacement.
    return lambda token: jwt.decode(token, key, algorithms=["RS256"], leeway=3600)


def measured(sample):
    verify, token = verifier(sample), sample["token"]
    verify(token)
    try:
        verify(sample["forged"])
    except jwt.InvalidSignatureError:
        pass
    else:
        raise SystemExit("PyJWT accepts the forged token")
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(BATCH):
            verify(token)
        times.append((time.perf_counter() - started) / BATCH * 1e6)
    times.sort()
    return {
        "contender": "PyJWT (cryptography)",
        "scope": "token",
        "bits": sample["bits"],
        "medianUs": times[ROUNDS // 2],
        "minUs": times[0],
    }


with open(sys.argv[1], encoding="utf-8") as file:
    samples = json.load(file)
version = f"Python {sys.version.split()[0]}, PyJWT {jwt.__version__}"
print(json.dumps({"rounds": ROUNDS, "version": version, "lines": [measured(sample) for sample in samples]}))
