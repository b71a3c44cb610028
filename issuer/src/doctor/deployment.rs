//! The services and files that the checks examine.

use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::base_url::BaseUrl;
use crate::keys::{IssuerKeys, KeyDirectory};
use crate::model::TokenProfile;

/// The source of the edge's public keys.
#[derive(Debug, Clone)]
pub enum EdgeKeys {
    /// The configured file: PEM, JWK or JWKS.
    File(PathBuf),
    /// The URL of the fetched JWKS.
    Url(String),
}

/// Credentials for a real login.
pub struct Login {
    /// The user's name.
    pub username: String,
    /// The user's password.
    pub password: Zeroizing<String>,
}

/// An issuer, its stores, and an edge that accepts its tokens.
pub struct Deployment {
    /// The keys directory; `None` when the keys come from the environment.
    pub directory: Option<KeyDirectory>,
    /// The keys from the environment, or why they are unusable.
    pub keys_from_environment: Option<Result<Arc<IssuerKeys>, String>>,
    /// URL of the database.
    pub database_url: String,
    /// URL of Redis.
    pub redis_url: Option<String>,
    /// The standard claims of tokens, as the settings say.
    pub profile: Option<TokenProfile>,
    /// The running issuer.
    pub issuer: BaseUrl,
    /// The running edge.
    pub edge: Option<BaseUrl>,
    /// A path of the edge that requires an access token; `None` when only `gated_paths` do.
    pub edge_path: Option<String>,
    /// Paths of the edge that a gate in front of another component protects.
    pub gated_paths: Vec<String>,
    /// The edge's public keys.
    pub edge_keys: Option<EdgeKeys>,
    /// Origins of web pages that call issuer and edge.
    pub origins: Vec<String>,
    /// The login to try.
    pub login: Option<Login>,
}
