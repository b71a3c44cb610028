//! The metadata of the issuer (RFC 8414).

use serde_json::json;

use crate::http::request;
use crate::oauth::CLIENT;
use crate::support::{Options, PASSWORD, TestIssuer};
use crate::tokens::read;

const METADATA: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

fn with_url(public_url: &'static str) -> Options {
    Options { public_url: Some(public_url), ..Options::default() }
}

#[test]
fn metadata_names_the_issuer_of_the_tokens_and_only_what_exists() {
    let issuer = TestIssuer::with(with_url("https://login.example"));
    let response = issuer.send(&request("GET", METADATA));
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    assert_eq!(response.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    let expected = json!({
        "issuer": "https://login.example",
        "jwks_uri": "https://login.example/.well-known/jwks.json",
        "service_documentation": "https://login.example/docs/",
        "response_types_supported": [],
        "grant_types_supported": [],
        "revocation_endpoint": "https://login.example/oauth/revoke",
        "revocation_endpoint_auth_methods_supported": ["none"],
    });
    assert_eq!(response.json(), expected);
    let (_, claims) = read(&issuer, &issuer.login("testuser", PASSWORD).text("access"));
    assert_eq!(claims["iss"], response.json()["issuer"]);
    assert_eq!(issuer.send(&request("GET", OPENID)).status, 404, "it is off by default");
}

#[test]
fn introspection_is_in_the_metadata_when_it_is_on() {
    let issuer = TestIssuer::with(Options {
        introspection_clients: CLIENT.entry,
        ..with_url("https://login.example")
    });
    let metadata = issuer.send(&request("GET", METADATA)).json();
    assert_eq!(metadata["introspection_endpoint"], "https://login.example/oauth/introspect");
    let methods = &metadata["introspection_endpoint_auth_methods_supported"];
    assert_eq!(methods, &json!(["client_secret_basic"]));
}

#[test]
fn without_a_public_url_there_is_no_metadata() {
    let issuer = TestIssuer::with(Options { openid_configuration: true, ..Options::default() });
    for path in [METADATA, OPENID] {
        assert_eq!(issuer.send(&request("GET", path)).status, 404, "{path}");
    }
}

#[test]
fn the_openid_configuration_is_the_same_document() {
    let issuer = TestIssuer::with(Options {
        openid_configuration: true,
        ..with_url("https://login.example")
    });
    let (metadata, openid) =
        (issuer.send(&request("GET", METADATA)), issuer.send(&request("GET", OPENID)));
    assert_eq!((openid.status, openid.json()), (200, metadata.json()));
}

#[test]
fn the_metadata_of_an_issuer_with_a_path_is_where_rfc_8414_puts_it() {
    for (public_url, path) in [
        ("https://example.com/login", "/login"),
        ("https://example.com/a/b/", "/a/b"),
        ("https://example.com/a%20b/{c}", "/a%20b/{c}"),
    ] {
        let issuer = TestIssuer::with(with_url(public_url));
        let inserted = issuer.send(&request("GET", &format!("{METADATA}{path}")));
        assert_eq!(inserted.status, 200, "{path}");
        let base = public_url.trim_end_matches('/');
        assert_eq!(inserted.json()["issuer"], base);
        assert_eq!(inserted.json()["jwks_uri"], format!("{base}/.well-known/jwks.json"));
        // A proxy that removes the path of the public URL.
        assert_eq!(issuer.send(&request("GET", METADATA)).json(), inserted.json());
        assert_eq!(issuer.send(&request("GET", &format!("{METADATA}/other"))).status, 404);
    }
}
