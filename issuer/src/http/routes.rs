//! Every route of the issuer: method, path, who may call it, and its handler.

use utoipa::openapi::path::HttpMethod::{Delete, Get, Patch, Post};
use utoipa_axum::routes as handler;

use super::access::Access::{Administrator, Anyone, IntrospectionClient, User};
use super::handlers::{account, discovery, docs, health, keys, oauth, status_list, tokens, users};
use super::route_table::RouteTable;
use crate::base_url::BaseUrl;

const SERVER_METADATA: &str = "/.well-known/oauth-authorization-server";
const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";

/// Operations on tokens and users: never cached, and for web pages of the configured origins.
#[rustfmt::skip]
pub(super) fn api() -> RouteTable {
    RouteTable::default()
        .add(Post,   "/api/token/",               Anyone,        handler!(tokens::obtain))
        .add(Post,   "/api/token/refresh/",       Anyone,        handler!(tokens::refresh))
        .add(Post,   "/api/token/verify/",        Anyone,        handler!(tokens::verify))
        .add(Post,   "/api/token/blacklist/",     Anyone,        handler!(tokens::blacklist))
        .add(Post,   "/api/token/blacklist/all/", User,          handler!(tokens::blacklist_all))
        .add(Post,   "/oauth/revoke",             Anyone,        handler!(oauth::revoke))
        .add(Post,   "/oauth/introspect",         IntrospectionClient, handler!(oauth::introspect))
        .add(Get,    "/api/users/me/",            User,          handler!(account::me))
        .add(Post,   "/api/users/me/password/",   User,          handler!(account::change_password))
        .add(Get,    "/api/users/",               Administrator, handler!(users::list))
        .add(Post,   "/api/users/",               Administrator, handler!(users::create))
        .add(Get,    "/api/users/{id}/",          Administrator, handler!(users::show))
        .add(Patch,  "/api/users/{id}/",          Administrator, handler!(users::change))
        .add(Delete, "/api/users/{id}/",          Administrator, handler!(users::delete))
        .add(Post,   "/api/users/{id}/password/", Administrator, handler!(users::set_password))
}

/// Published data: cacheable, and for every web page. `public_url` is that of the issuer.
#[rustfmt::skip]
pub(super) fn public(public_url: Option<&BaseUrl>) -> RouteTable {
    let issuer_path = public_url.map_or("", BaseUrl::path);
    RouteTable::default()
        .add(Get,    SERVER_METADATA,             Anyone, handler!(discovery::server_metadata))
        // RFC 8414 section 3.1 inserts the well-known path before the path of the issuer.
        .also_at(SERVER_METADATA, issuer_path,   handler!(discovery::server_metadata))
        .add(Get,    OPENID_CONFIGURATION,        Anyone, handler!(discovery::openid_configuration))
        .add(Get,    "/.well-known/jwks.json",    Anyone, handler!(keys::jwks))
        .add(Get,    "/public.pem",               Anyone, handler!(keys::public_pem))
        .add(Get,    "/api/token/status/{list}",  Anyone, handler!(status_list::status_list))
        .add(Get,    "/healthz",                  Anyone, handler!(health::healthz))
        .add(Get,    "/readyz",                   Anyone, handler!(health::readyz))
        .add(Get,    "/openapi.json",             Anyone, handler!(docs::openapi))
        .add(Get,    "/docs/",                    Anyone, handler!(docs::page))
        .add(Get,    "/docs/{file}",              Anyone, handler!(docs::part))
}
