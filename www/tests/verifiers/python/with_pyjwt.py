"""PyJWT, whose PyJWKClient fetches and caches the key set."""

import jwt

import settings

_keys = jwt.PyJWKClient(settings.JWKS_URL, lifespan=settings.JWKS_MAX_AGE)


def verify(token: str) -> dict:
    return jwt.decode(
        token,
        _keys.get_signing_key_from_jwt(token),
        algorithms=["RS256"],
        issuer=settings.ISSUER,
        audience=settings.AUDIENCE,
        options={"require": ["exp"]},
    )
