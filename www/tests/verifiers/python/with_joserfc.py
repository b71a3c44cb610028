"""joserfc."""

from joserfc import jwt
from joserfc.jwk import KeySet

import settings
from key_set import RemoteKeySet

_keys = RemoteKeySet(settings.JWKS_URL, settings.JWKS_MAX_AGE, KeySet.import_key_set)
_options = {"exp": {"essential": True}}
if settings.ISSUER is not None:
    _options["iss"] = {"essential": True, "value": settings.ISSUER}
if settings.AUDIENCE is not None:
    _options["aud"] = {"essential": True, "value": settings.AUDIENCE}


def verify(token: str) -> dict:
    claims = jwt.decode(token, _keys.get(), algorithms=["RS256"]).claims
    # The registry reads the clock when it is made.
    jwt.JWTClaimsRegistry(**_options).validate(claims)
    return claims
