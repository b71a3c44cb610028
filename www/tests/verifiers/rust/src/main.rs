//! A resource server on loopback: `GET /jsonwebtoken/protected` verifies the bearer token with
//! jsonwebtoken.

mod key_set;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use clap::Parser;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;

use key_set::KeySet;

#[derive(Parser)]
struct Settings {
    #[arg(long, env)]
    port: u16,
    #[arg(long, env)]
    jwks_url: String,
    /// Required `iss`.
    #[arg(long, env)]
    issuer: Option<String>,
    /// Required `aud`.
    #[arg(long, env)]
    audience: Option<String>,
    /// Seconds for which the key set may be cached: the max-age of the issuer's responses.
    #[arg(long, env, default_value_t = 300)]
    jwks_max_age: u64,
}

#[derive(Deserialize)]
struct Claims {
    token_type: String,
    username: String,
}

struct Verifier {
    keys: KeySet,
    validation: Validation,
}

impl Verifier {
    fn new(settings: &Settings) -> Self {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.leeway = 0;
        validation.validate_nbf = true;
        let mut required = vec!["exp"];
        if let Some(issuer) = &settings.issuer {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        if let Some(audience) = &settings.audience {
            validation.set_audience(&[audience]);
            required.push("aud");
        }
        validation.set_required_spec_claims(&required);
        let max_age = Duration::from_secs(settings.jwks_max_age);
        Self { keys: KeySet::new(settings.jwks_url.clone(), max_age), validation }
    }

    async fn verify(&self, token: &str) -> Result<Claims> {
        let kid = decode_header(token)?.kid.context("kid is missing")?;
        let key = self.keys.key(&kid).await?;
        let claims = decode::<Claims>(token, &key, &self.validation)?.claims;
        // The issuer signs refresh tokens with the same keys.
        ensure!(claims.token_type == "access", "token_type is {}", claims.token_type);
        Ok(claims)
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then_some(token)
}

async fn protected(State(verifier): State<Arc<Verifier>>, headers: HeaderMap) -> Response {
    let verified = match bearer(&headers) {
        Some(token) => verifier.verify(token).await,
        None => Err(anyhow::anyhow!("no bearer token")),
    };
    match verified {
        Ok(claims) => Json(json!({ "username": claims.username })).into_response(),
        Err(error) => {
            let body = Json(json!({ "detail": format!("{error:#}") }));
            (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")], body).into_response()
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let settings = Settings::parse();
    let routes = Router::new()
        .route("/", get(|| async { Json(json!({ "libraries": ["jsonwebtoken"] })) }))
        .route("/jsonwebtoken/protected", get(protected))
        .with_state(Arc::new(Verifier::new(&settings)));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port)).await?;
    axum::serve(listener, routes).await?;
    Ok(())
}
