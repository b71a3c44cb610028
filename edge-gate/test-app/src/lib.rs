//! A component without any checks, which stands behind the gate in tests. It responds to every
//! request with 200:
//!
//! - `/echo`: with the headers, the body and the trailers of the request, all as they arrive;
//! - `/text`: with a short text, whatever the request is;
//! - `/trap`: not at all, since it fails;
//! - any other path: with the request's head as JSON.

#![cfg(target_family = "wasm")]

use serde_json::{Value, json};
use spin_sdk::wasip3::exports::http::handler::Guest;
use spin_sdk::wasip3::http::types::{ErrorCode, Fields, Request, Response, Scheme};
use spin_sdk::wasip3::{wit_future, wit_stream};

struct TestApp;

spin_sdk::wasip3::http::service::export!(TestApp with_types_in spin_sdk::wasip3);

impl Guest for TestApp {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let path = request.get_path_with_query().unwrap_or_default();
        match path.split('?').next() {
            Some("/echo") => Ok(echo(request)),
            Some("/trap") => core::arch::wasm32::unreachable(),
            Some("/text") => respond("text/plain", b"Hello".to_vec()),
            _ => respond("application/json", describe(&request, &path).to_string().into_bytes()),
        }
    }
}

fn echo(request: Request) -> Response {
    let headers = request.get_headers().clone();
    // Of this response, not of that request.
    let _ = headers.delete("expect");
    let (_, outcome) = wit_future::new(|| Ok(()));
    let (body, trailers) = Request::consume_body(request, outcome);
    Response::new(headers, Some(body), trailers).0
}

fn describe(request: &Request, path: &str) -> Value {
    let headers: Vec<Value> = request
        .get_headers()
        .copy_all()
        .into_iter()
        .map(|(name, value)| json!([name, String::from_utf8_lossy(&value)]))
        .collect();
    let scheme = match request.get_scheme() {
        Some(Scheme::Http) => Some("http".to_owned()),
        Some(Scheme::Https) => Some("https".to_owned()),
        Some(Scheme::Other(other)) => Some(other),
        None => None,
    };
    json!({
        "method": format!("{:?}", request.get_method()),
        "scheme": scheme,
        "authority": request.get_authority(),
        "path": path,
        "headers": headers,
    })
}

fn respond(content_type: &str, body: Vec<u8>) -> Result<Response, ErrorCode> {
    let entries = [
        ("content-type".to_owned(), content_type.as_bytes().to_vec()),
        ("content-length".to_owned(), body.len().to_string().into_bytes()),
    ];
    let headers = Fields::from_list(&entries)
        .map_err(|error| ErrorCode::InternalError(Some(error.to_string())))?;
    let (mut writer, contents) = wit_stream::new();
    let (trailers, trailers_of_response) = wit_future::new(|| Ok(None));
    drop(trailers);
    spin_sdk::wasip3::spawn(async move {
        writer.write_all(body).await;
    });
    Ok(Response::new(headers, Some(contents), trailers_of_response).0)
}
