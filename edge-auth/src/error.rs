//! The errors of this crate, one for each boundary: a request, the keys, a setting.

use std::borrow::Cow;
use std::fmt;

use http::StatusCode;
use verifier_core::{Code, Lang};

use crate::fetch::DENIED;
use crate::language::Text;

/// The 401 of every refused token but an expired one.
const TOKEN_INVALID: Text<'static> =
    Text { ko: "유효하지 않은 토큰입니다", en: "The token is not valid" };
/// The 403 of a verified token that the request is not allowed for.
const FORBIDDEN: Text<'static> = Text { ko: "권한이 없습니다", en: "Permission denied" };

/// Why a request is not authorized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthError {
    /// No `Authorization` header, another scheme than `Bearer`, or no token: 401,
    /// `not_authenticated`.
    CredentialsMissing,
    /// More than one `Authorization` header: 401, `bad_authorization_header`.
    CredentialsAmbiguous,
    /// The token breaks a rule of the verifier or is revoked: 401 with this code.
    TokenRefused(Code),
    /// The required role is not the token's: 403, `role_missing`.
    RoleMissing,
    /// The token lacks one of these scopes, separated by spaces: 403, `scope_missing`.
    ScopeMissing(String),
    /// A required claim does not have the required value: 403, `claim_not_granted`.
    ClaimNotGranted,
    /// The source of revocations is unavailable: 503, `revocation_unknown`.
    RevocationUnknown,
    /// No key can verify the token: 503 with the code of the [`KeysError`].
    Keys(KeysError),
}

impl AuthError {
    /// Returns the HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::CredentialsMissing | Self::CredentialsAmbiguous | Self::TokenRefused(_) => {
                StatusCode::UNAUTHORIZED
            }
            Self::RoleMissing | Self::ScopeMissing(_) | Self::ClaimNotGranted => {
                StatusCode::FORBIDDEN
            }
            Self::RevocationUnknown | Self::Keys(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Returns the stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::CredentialsMissing => "not_authenticated",
            Self::CredentialsAmbiguous => "bad_authorization_header",
            Self::TokenRefused(code) => code.as_str(),
            Self::RoleMissing => "role_missing",
            Self::ScopeMissing(_) => "scope_missing",
            Self::ClaimNotGranted => "claim_not_granted",
            Self::RevocationUnknown => Code::RevocationUnknown.as_str(),
            Self::Keys(error) => error.code(),
        }
    }

    /// Returns the text for people. It distinguishes only expired tokens from other refused ones;
    /// the code names the rule.
    #[must_use]
    pub fn text(&self, lang: Lang) -> Cow<'static, str> {
        match self {
            // The wire contract has this text in English alone.
            Self::CredentialsMissing | Self::CredentialsAmbiguous => "Not authenticated".into(),
            Self::TokenRefused(Code::TokenExpired) => Code::TokenExpired.text(lang).into(),
            Self::TokenRefused(_) => TOKEN_INVALID.lang(lang).into(),
            Self::RoleMissing | Self::ScopeMissing(_) | Self::ClaimNotGranted => {
                FORBIDDEN.lang(lang).into()
            }
            Self::RevocationUnknown => Code::RevocationUnknown.text(lang).into(),
            Self::Keys(error) => error.text(lang).into(),
        }
    }

    /// Returns whether the text depends on the client's language.
    #[must_use]
    pub const fn is_localized(&self) -> bool {
        !matches!(self, Self::CredentialsMissing | Self::CredentialsAmbiguous)
    }

    /// Returns the `WWW-Authenticate` header of a 401 or 403 (RFC 6750, section 3). A request
    /// without a token gets no error code (section 3.1).
    #[must_use]
    pub fn challenge(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::CredentialsMissing | Self::CredentialsAmbiguous => Some("Bearer".into()),
            Self::TokenRefused(_) => Some("Bearer error=\"invalid_token\"".into()),
            Self::RoleMissing | Self::ClaimNotGranted => {
                Some("Bearer error=\"insufficient_scope\"".into())
            }
            Self::ScopeMissing(scopes) => {
                Some(format!("Bearer error=\"insufficient_scope\", scope=\"{scopes}\"").into())
            }
            Self::RevocationUnknown | Self::Keys(_) => None,
        }
    }
}

impl From<KeysError> for AuthError {
    fn from(error: KeysError) -> Self {
        Self::Keys(error)
    }
}

/// Why there is no key to verify with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysError {
    /// Neither `public_key` nor `jwks_url` is set, nor is `issuer` one address:
    /// `keys_not_configured`.
    NotConfigured,
    /// A variable has an invalid value: `setting_invalid`.
    Setting(SettingError),
    /// The variables cannot be read, for this reason: `variables_unavailable`.
    VariablesUnavailable(String),
    /// `public_key` holds no usable key; with the verifier's code and reason.
    Unreadable(Code, String),
    /// The address in this variable, `jwks_url` or `issuer`, leads to no usable key:
    /// `keys_unavailable`.
    Unavailable {
        /// The variable.
        variable: &'static str,
        /// Why.
        reason: String,
    },
}

impl KeysError {
    /// Returns the stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotConfigured => "keys_not_configured",
            Self::Setting(_) => "setting_invalid",
            Self::VariablesUnavailable(_) => "variables_unavailable",
            Self::Unreadable(code, _) => code.as_str(),
            Self::Unavailable { .. } => "keys_unavailable",
        }
    }

    /// Returns the text for people. The parentheses are for the operator and always English.
    fn text(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.to_string(),
            Lang::Ko => self.korean(),
        }
    }

    fn korean(&self) -> String {
        match self {
            Self::NotConfigured => {
                "검증할 키가 없습니다. 변수 `public_key`(PEM, JWK 또는 JWKS 텍스트), `jwks_url`(발급 서버의 JWKS 주소), \
                 `issuer`(발급 서버의 주소) 중 하나를 설정하세요"
                    .to_owned()
            }
            Self::Setting(error) => {
                format!("변수 `{}`의 값이 올바르지 않습니다({error})", error.variable)
            }
            Self::VariablesUnavailable(reason) => {
                format!("서비스의 변수를 읽을 수 없습니다({reason})")
            }
            Self::Unreadable(code, reason) => {
                let text = code.text(Lang::Ko);
                format!("변수 `public_key`에 쓸 수 있는 키가 없습니다. {text}({reason})")
            }
            Self::Unavailable { variable, reason } if reason == DENIED => format!(
                "변수 `{variable}`의 주소로 나가는 요청을 호스트가 허용하지 않습니다({reason})"
            ),
            Self::Unavailable { variable, reason } => {
                format!("변수 `{variable}`의 주소에서 쓸 수 있는 키를 얻지 못했습니다({reason})")
            }
        }
    }
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConfigured => f.write_str(
                "no verification key: set the variable `public_key` (PEM, JWK or JWKS text), \
                 `jwks_url` (the issuer's JWKS address), or `issuer` (the issuer's address)",
            ),
            Self::Setting(error) => write!(f, "{error}"),
            Self::VariablesUnavailable(reason) => f.write_str(reason),
            Self::Unreadable(_, reason) => write!(
                f,
                "the variable `public_key` holds no usable key ({reason}): set it to the issuer's \
                 public key as PEM, JWK or JWKS text"
            ),
            // The host refuses the call, so the issuer's state does not matter.
            Self::Unavailable { variable, reason } if reason == DENIED => {
                write!(f, "the address in the variable `{variable}`: {DENIED}")
            }
            Self::Unavailable { variable, reason } => write!(
                f,
                "the variable `{variable}` leads to no usable key ({reason}): is the issuer \
                 running, and may it be reached?"
            ),
        }
    }
}

impl std::error::Error for KeysError {}

/// A variable with an invalid value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    /// The variable's name.
    pub variable: &'static str,
    /// The rest of a sentence that begins with the variable.
    pub reason: String,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the variable `{}` {}", self.variable, self.reason)
    }
}

impl std::error::Error for SettingError {}
