//! The settings of the standard claims. `serve` and `doctor` share them.

use clap::Args;

use super::unset::{non_empty, non_empty_values};
use crate::base_url::{BaseUrl, InvalidBaseUrl};
use crate::model::TokenProfile;

/// The standard claims of tokens.
#[derive(Debug, Clone, Args)]
pub struct ProfileArgs {
    /// URL by which clients reach the issuer; with it, tokens name it as `iss` and the user as
    /// `sub`, and their entry in a status list
    #[arg(long, env = "ISSUER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// `aud` of access tokens: the services that accept them, which must be given the same
    /// audience. Several are repeated or separated by commas. Needs --public-url
    #[arg(long, env = "ISSUER_AUDIENCE", value_name = "AUD", value_delimiter = ',')]
    pub audience: Vec<String>,

    /// Write the `typ` at+jwt into access tokens (RFC 9068), not JWT. Needs --audience
    #[arg(
        long,
        env = "ISSUER_AT_JWT",
        action = clap::ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        value_parser = super::unset::flag
    )]
    pub at_jwt: bool,

    /// `client_id` of access tokens (RFC 9068): the application whose users log in. Needs
    /// --public-url
    #[arg(long, env = "ISSUER_CLIENT_ID", value_name = "ID")]
    pub client_id: Option<String>,
}

/// The settings of the standard claims contradict each other.
#[derive(Debug, thiserror::Error)]
pub enum InvalidProfile {
    /// `--public-url` is not the URL of a service.
    #[error("--public-url: {0}")]
    PublicUrl(#[from] InvalidBaseUrl),
    /// A setting needs `--public-url`.
    #[error("{0} needs --public-url: tokens with it must name their issuer")]
    WithoutPublicUrl(&'static str),
    /// `--at-jwt` needs `--audience`.
    #[error("--at-jwt needs --audience: an at+jwt token must have `aud` (RFC 9068 section 2.2)")]
    WithoutAudience,
    /// `--audience` names the issuer itself.
    #[error(
        "--audience must not be --public-url, which is the `aud` of refresh tokens: a service with \
         this audience could accept them"
    )]
    AudienceIsIssuer,
}

impl ProfileArgs {
    /// Returns the public URL.
    ///
    /// # Errors
    /// [`InvalidProfile::PublicUrl`].
    pub fn public_url(&self) -> Result<Option<BaseUrl>, InvalidProfile> {
        Ok(non_empty(&self.public_url).map(str::parse::<BaseUrl>).transpose()?)
    }

    /// Returns the profile of tokens; `None` without a public URL.
    ///
    /// # Errors
    /// [`InvalidProfile`].
    pub fn profile(&self) -> Result<Option<TokenProfile>, InvalidProfile> {
        let audiences = non_empty_values(&self.audience);
        let client_id = non_empty(&self.client_id).map(str::to_owned);
        let Some(url) = self.public_url()? else {
            let needs_url = [
                ("--audience", !audiences.is_empty()),
                ("--at-jwt", self.at_jwt),
                ("--client-id", client_id.is_some()),
            ];
            return match needs_url.into_iter().find(|(_, is_set)| *is_set) {
                Some((option, _)) => Err(InvalidProfile::WithoutPublicUrl(option)),
                None => Ok(None),
            };
        };
        if self.at_jwt && audiences.is_empty() {
            return Err(InvalidProfile::WithoutAudience);
        }
        let issuer = url.as_str().to_owned();
        if audiences.contains(&issuer) {
            return Err(InvalidProfile::AudienceIsIssuer);
        }
        Ok(Some(TokenProfile { issuer, audiences, is_at_jwt: self.at_jwt, client_id }))
    }
}
