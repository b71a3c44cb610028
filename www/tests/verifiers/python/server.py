"""A resource server on loopback: GET /<library>/protected verifies a token with a library."""

import json
import re
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import settings
import with_authlib
import with_joserfc
import with_pyjwt

LIBRARIES = {
    "pyjwt": with_pyjwt.verify,
    "authlib": with_authlib.verify,
    "joserfc": with_joserfc.verify,
}
PROTECTED = re.compile(r"/(\w+)/protected")
BEARER = re.compile(r"Bearer (\S+)", re.IGNORECASE)


def respond(path: str, authorization: str) -> tuple[HTTPStatus, dict]:
    if path == "/":
        return HTTPStatus.OK, {"libraries": list(LIBRARIES)}
    matched = PROTECTED.fullmatch(path)
    verify = LIBRARIES.get(matched[1]) if matched else None
    if verify is None:
        return HTTPStatus.NOT_FOUND, {"detail": "not found"}
    bearer = BEARER.fullmatch(authorization)
    if bearer is None:
        return HTTPStatus.UNAUTHORIZED, {"detail": "no bearer token"}
    try:
        claims = verify(bearer[1])
    except Exception as error:  # The libraries have no common base class.
        return HTTPStatus.UNAUTHORIZED, {"detail": f"{type(error).__name__}: {error}"}
    # The issuer signs refresh tokens with the same keys.
    if claims.get("token_type") != "access":
        return HTTPStatus.UNAUTHORIZED, {"detail": "token_type is not access"}
    return HTTPStatus.OK, {"username": claims["username"]}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = respond(self.path, self.headers.get("Authorization", ""))
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing for each request."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", settings.PORT), Handler).serve_forever()
