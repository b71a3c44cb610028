// A web application without authentication code. The gate in front of it verifies the token and
// passes its claims on in `x-auth-*` headers.

import types from "wasi:http/types@0.3.0";

const { Fields, Request, Response } = types;
const { RESULT_OPTION_OTHER_ERROR_CODE, RESULT_VOID_ERROR_CODE } = wit.Future;
const OK = { tag: "ok", val: null };

export const handler = {
  async handle(request) {
    const headers = request.getHeaders();
    const [path] = (request.getPathWithQuery() ?? "").split("?");
    switch (`${request.getMethod().tag} ${path}`) {
      case "get /":
        return respond(200, { public: true });
      case "get /me":
        return respond(200, {
          user_id: header(headers, "x-auth-user-id"),
          username: header(headers, "x-auth-username"),
          role: header(headers, "x-auth-role"),
          jti: header(headers, "x-auth-jti"),
        });
      case "post /echo":
        return echo(request, headers);
      default:
        return respond(404, { detail: "Not Found" });
    }
  },
};

function header(headers, name) {
  const [value] = headers.get(name);
  try {
    return value === undefined ? null : decode(value);
  } catch {
    return null; // not UTF-8
  }
}

function respond(status, value) {
  const headers = Fields.fromList([["content-type", encode("application/json")]]);
  const body = wit.Stream.from([encode(JSON.stringify(value))], wit.Stream.U8).readable;
  const trailers = wit.Future.from(OK, RESULT_OPTION_OTHER_ERROR_CODE).readable;
  const [response] = Response.new(headers, body, trailers);
  response.setStatusCode(status);
  return response;
}

// Returns the request's body stream as the response's. The host copies the bytes; none of them
// pass through this component's memory.
function echo(request, requestHeaders) {
  const headers = new Fields();
  headers.set("content-type", requestHeaders.get("content-type"));
  const result = wit.Future.from(OK, RESULT_VOID_ERROR_CODE).readable;
  const [body, trailers] = Request.consumeBody(request, result);
  return Response.new(headers, body, trailers)[0];
}

// QuickJS has no TextEncoder and no TextDecoder.
function encode(text) {
  const bytes = unescape(encodeURIComponent(text));
  return Uint8Array.from(bytes, (character) => character.charCodeAt(0));
}

function decode(bytes) {
  return decodeURIComponent(escape(String.fromCharCode(...bytes)));
}
