//! Which keys are valid now, and the verdict they give.

pub mod remote;

use std::fmt;
use std::sync::Arc;

use verifier_core::{
    Code, KeySet, Lang, Policy, RejectedToken, StatusList, UnixTime, VerifiedToken, Verifier,
};

use crate::health::KeyStatus;
use crate::host::{DENIED, Host};
use crate::settings::{KeySource, SettingError};
use remote::RemoteKeys;

/// The keys of an instance.
pub struct Keys(Source);

enum Source {
    /// There will never be any until the operator changes a variable.
    Unusable(NoKeys),
    /// From the variable `public_key`, for as long as the instance lives.
    Fixed(Verifier),
    /// From the address in `jwks_url`.
    Remote(Box<RemoteKeys>),
}

/// Why a token was not accepted.
#[derive(Debug)]
pub enum Denied {
    /// It is not a good token.
    Token(RejectedToken),
    /// Nobody can tell.
    NoKeys(NoKeys),
}

/// Why no token can be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoKeys {
    /// Neither variable is set.
    NotConfigured,
    /// A variable has a value that makes no sense.
    Setting(SettingError),
    /// The text of `public_key` holds no usable key; with the verifier's code and reason.
    Unreadable(Code, String),
    /// The address in `jwks_url` gives none; with the reason.
    Unavailable(String),
}

impl NoKeys {
    /// The code of the response.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotConfigured => "keys_not_configured",
            Self::Setting(_) => "setting_invalid",
            Self::Unreadable(code, _) => code.as_str(),
            Self::Unavailable(_) => "keys_unavailable",
        }
    }

    /// What it says in Korean; English, for the log too, is its `Display`. What is in parentheses
    /// is for the operator, and English.
    #[must_use]
    pub fn korean(&self) -> String {
        match self {
            Self::NotConfigured => {
                "검증할 키가 없습니다. 변수 `public_key`(PEM, JWK 또는 JWKS 텍스트)나 `jwks_url`(발급 서버의 JWKS 주소)을 설정하세요"
                    .to_owned()
            }
            Self::Setting(error) => format!("변수 `{}`의 값이 올바르지 않습니다({error})", error.variable),
            Self::Unreadable(code, reason) => {
                let text = code.text(Lang::Ko);
                format!("변수 `public_key`에 쓸 수 있는 키가 없습니다. {text}({reason})")
            }
            Self::Unavailable(reason) if reason == DENIED => {
                format!("변수 `jwks_url`의 주소로 나가는 요청을 호스트가 허용하지 않습니다({reason})")
            }
            Self::Unavailable(reason) => {
                format!("변수 `jwks_url`의 주소에서 쓸 수 있는 키를 얻지 못했습니다({reason})")
            }
        }
    }
}

impl fmt::Display for NoKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConfigured => f.write_str(
                "no verification key: set the variable `public_key` (PEM, JWK or JWKS text) or `jwks_url` (the issuer's JWKS address)",
            ),
            Self::Setting(error) => write!(f, "{error}"),
            Self::Unreadable(_, reason) => write!(
                f,
                "the variable `public_key` holds no usable key ({reason}): set it to the issuer's public key as PEM, JWK or JWKS text"
            ),
            // The issuer has nothing to do with it.
            Self::Unavailable(reason) if reason == DENIED => write!(f, "the address in the variable `jwks_url`: {DENIED}"),
            Self::Unavailable(reason) => {
                write!(f, "the variable `jwks_url` leads to no usable key ({reason}): is the issuer running, and may it be reached?")
            }
        }
    }
}

impl std::error::Error for NoKeys {}

impl Keys {
    /// Reads the key text, or prepares to fetch. Does no I/O.
    #[must_use]
    pub fn new(source: KeySource, policy: Policy) -> Self {
        Self(match source {
            KeySource::None => Source::Unusable(NoKeys::NotConfigured),
            KeySource::Text(text) => match KeySet::parse(&text) {
                Ok(keys) => Source::Fixed(Verifier::new(keys, policy)),
                Err(error) => Source::Unusable(NoKeys::Unreadable(error.code(), error.to_string())),
            },
            KeySource::Url(url) => Source::Remote(Box::new(RemoteKeys::new(url, policy))),
        })
    }

    /// Keys of an instance whose settings make no sense.
    #[must_use]
    pub fn misconfigured(error: SettingError) -> Self {
        Self(Source::Unusable(NoKeys::Setting(error)))
    }

    /// The verdict of `verifier-core` with the keys as they are now. A `kid` that is not among
    /// fetched keys makes them be fetched again, within limits, before it counts as unknown.
    ///
    /// # Errors
    /// [`Denied`].
    pub async fn verify(&self, token: &str, host: &impl Host) -> Result<VerifiedToken, Denied> {
        self.decide(|verifier| verifier.verify(token, host.now()), host).await
    }

    /// The verdict on a status list, in the same way, as of `now`.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub async fn verify_status_list(
        &self,
        text: &str,
        uri: &str,
        now: UnixTime,
        host: &impl Host,
    ) -> Result<StatusList, String> {
        let verdict =
            self.decide(|verifier| verifier.verify_status_list(text, uri, now), host).await;
        verdict.map_err(|denied| match denied {
            Denied::Token(refusal) => format!("the list is refused: {refusal}"),
            Denied::NoKeys(problem) => problem.to_string(),
        })
    }

    async fn decide<T>(
        &self,
        verdict: impl Fn(&Verifier) -> Result<T, RejectedToken>,
        host: &impl Host,
    ) -> Result<T, Denied> {
        match &self.0 {
            Source::Unusable(reason) => Err(Denied::NoKeys(reason.clone())),
            Source::Fixed(verifier) => verdict(verifier).map_err(Denied::Token),
            Source::Remote(remote) => {
                let mut verifier = remote.current(host).await.map_err(Denied::NoKeys)?;
                // Newer keys come from the store first, and then from the issuer.
                for _ in 0..2 {
                    match verdict(&verifier) {
                        Err(rejected) if rejected.code() == Code::KeyNotFound => {
                            let Some(newer) = remote.newer_than(&verifier, host).await else {
                                return Err(Denied::Token(rejected));
                            };
                            verifier = newer;
                        }
                        verified => return verified.map_err(Denied::Token),
                    }
                }
                verdict(&verifier).map_err(Denied::Token)
            }
        }
    }

    /// Whether [`Self::refresh`] has something to do.
    pub fn is_due(&self, host: &impl Host) -> bool {
        matches!(&self.0, Source::Remote(remote) if remote.is_due(host))
    }

    /// Fetches keys whose time is nearly over, while requests go on using them.
    pub async fn refresh(&self, host: &impl Host) {
        if let Source::Remote(remote) = &self.0
            && remote.is_due(host)
        {
            remote.refresh(host).await;
        }
    }

    /// Returns what keeps every token from being verified until the operator changes a variable.
    #[must_use]
    pub fn setting_problem(&self) -> Option<String> {
        match &self.0 {
            Source::Unusable(reason) => Some(reason.to_string()),
            _ => None,
        }
    }

    /// For `GET /`; fetches nothing.
    pub async fn status(&self, host: &impl Host) -> KeyStatus {
        match &self.0 {
            Source::Unusable(reason) => KeyStatus {
                source: match reason {
                    NoKeys::Unreadable(..) => "public_key",
                    _ => "none",
                },
                problem: self.setting_problem(),
                ..KeyStatus::default()
            },
            Source::Fixed(verifier) => {
                KeyStatus { source: "public_key", count: count(verifier), ..KeyStatus::default() }
            }
            Source::Remote(remote) => remote.status(host).await,
        }
    }
}

fn count(verifier: &Verifier) -> usize {
    verifier.keys().keys().len()
}

/// A verifier that several requests hold while it may be replaced.
pub type SharedVerifier = Arc<Verifier>;
