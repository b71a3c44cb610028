//! A web application without authentication code. The gate in front of it verifies the token and
//! passes its claims on in `x-auth-*` headers.

use serde_json::{Value, json};
use wasip3::http::types::{ErrorCode, Fields, Headers, Method, Request, Response};
use wasip3::{spawn, wit_future, wit_stream};

wasip3::http::service::export!(App);

struct App;

impl wasip3::exports::http::handler::Guest for App {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let headers = request.get_headers();
        let target = request.get_path_with_query().unwrap_or_default();
        let path = target.split('?').next().unwrap_or_default();
        Ok(match (request.get_method(), path) {
            (Method::Get, "/") => respond(200, json!({ "public": true })),
            (Method::Get, "/me") => {
                let me = json!({
                    "user_id": header(&headers, "x-auth-user-id"),
                    "username": header(&headers, "x-auth-username"),
                    "role": header(&headers, "x-auth-role"),
                    "jti": header(&headers, "x-auth-jti"),
                });
                respond(200, me)
            }
            (Method::Post, "/echo") => echo(request, &headers),
            _ => respond(404, json!({ "detail": "Not Found" })),
        })
    }
}

fn header(headers: &Headers, name: &str) -> Option<String> {
    String::from_utf8(headers.get(name).into_iter().next()?).ok()
}

fn respond(status: u16, body: Value) -> Response {
    let headers = Fields::new();
    headers.set("content-type", &[b"application/json".to_vec()]).expect("valid header");
    let (mut writer, stream) = wit_stream::new();
    spawn(async move {
        // The rest that it returns is what a client that went away did not read.
        writer.write_all(body.to_string().into_bytes()).await;
    });
    let (_, trailers) = wit_future::new(|| Ok(None));
    let (response, _) = Response::new(headers, Some(stream), trailers);
    response.set_status_code(status).expect("valid status");
    response
}

/// Returns the request's body stream as the response's. The host copies the bytes; none of them
/// pass through this component's memory.
fn echo(request: Request, request_headers: &Headers) -> Response {
    let headers = Fields::new();
    let content_type = request_headers.get("content-type");
    headers.set("content-type", &content_type).expect("valid in the request");
    let (_, result) = wit_future::new(|| Ok(()));
    let (stream, trailers) = Request::consume_body(request, result);
    Response::new(headers, Some(stream), trailers).0
}
