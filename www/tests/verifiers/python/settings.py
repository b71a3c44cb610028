"""The settings of the resource server, from environment variables."""

import os

PORT = int(os.environ["PORT"])
JWKS_URL = os.environ["JWKS_URL"]
# The required `iss` and `aud`; None for an issuer that sets neither.
ISSUER = os.environ.get("ISSUER")
AUDIENCE = os.environ.get("AUDIENCE")
# Seconds for which the key set may be cached: the max-age of the issuer's responses.
JWKS_MAX_AGE = float(os.environ.get("JWKS_MAX_AGE", "300"))
