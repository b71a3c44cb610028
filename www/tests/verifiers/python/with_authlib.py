"""Authlib. Version 1 warns that joserfc succeeds its `authlib.jose`."""

import warnings

from authlib.deprecate import AuthlibDeprecationWarning

import settings
from key_set import RemoteKeySet

with warnings.catch_warnings():
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.jose import JsonWebKey, JsonWebToken

_keys = RemoteKeySet(settings.JWKS_URL, settings.JWKS_MAX_AGE, JsonWebKey.import_key_set)
_jwt = JsonWebToken(["RS256"])
_options = {"exp": {"essential": True}}
if settings.ISSUER is not None:
    _options["iss"] = {"essential": True, "value": settings.ISSUER}
if settings.AUDIENCE is not None:
    _options["aud"] = {"essential": True, "value": settings.AUDIENCE}


def verify(token: str) -> dict:
    claims = _jwt.decode(token, _keys.get(), claims_options=_options)
    claims.validate()
    return claims
