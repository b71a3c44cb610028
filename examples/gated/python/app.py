"""A web application without authentication code.

The gate in front of it verifies the token and passes its claims on in `x-auth-*` headers.
"""

import json
from typing import Any

import componentize_py_async_support
from componentize_py_async_support.streams import ByteStreamWriter
from componentize_py_types import Ok
from wit_world import byte_stream, exports
from wit_world import (
    result_option_wasi_http_types_fields_wasi_http_types_error_code_future as trailers_future,
)
from wit_world import result_unit_wasi_http_types_error_code_future as result_future
from wit_world.imports.wasi_http_types import (
    Fields,
    Method_Get,
    Method_Post,
    Request,
    Response,
)


class Handler(exports.Handler):
    async def handle(self, request: Request) -> Response:
        headers = request.get_headers()
        path = (request.get_path_with_query() or "").partition("?")[0]
        match request.get_method(), path:
            case Method_Get(), "/":
                return respond(200, {"public": True})
            case Method_Get(), "/me":
                me = {
                    "user_id": header(headers, "x-auth-user-id"),
                    "username": header(headers, "x-auth-username"),
                    "role": header(headers, "x-auth-role"),
                    "jti": header(headers, "x-auth-jti"),
                }
                return respond(200, me)
            case Method_Post(), "/echo":
                return echo(request, headers)
        return respond(404, {"detail": "Not Found"})


def header(headers: Fields, name: str) -> str | None:
    try:
        return headers.get(name)[0].decode()
    except (IndexError, UnicodeDecodeError):
        return None


def respond(status: int, value: Any) -> Response:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    writer, stream = byte_stream()
    componentize_py_async_support.spawn(write(writer, text.encode()))
    headers = Fields.from_list([("content-type", b"application/json")])
    _, trailers = trailers_future(lambda: Ok(None))
    response, _ = Response.new(headers, stream, trailers)
    response.set_status_code(status)
    return response


async def write(writer: ByteStreamWriter, body: bytes) -> None:
    with writer:
        await writer.write_all(body)


def echo(request: Request, request_headers: Fields) -> Response:
    """Returns the request's body stream as the response's.

    The host copies the bytes; none of them pass through this component's memory.
    """
    headers = Fields()
    headers.set("content-type", request_headers.get("content-type"))
    _, result = result_future(lambda: Ok(None))
    stream, trailers = Request.consume_body(request, result)
    return Response.new(headers, stream, trailers)[0]
