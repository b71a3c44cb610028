//! Validation of users by Django's limits, so that records can move both ways.

use unicode_normalization::UnicodeNormalization as _;

use super::password_rules::broken_rule;
use crate::model::{Changes, DEFAULT_ROLE, NewUser, PasswordHash, User};

/// A value breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}")]
pub struct InvalidField {
    /// The field, by its name in requests.
    pub field: &'static str,
    /// The rule, as one line.
    pub rule: &'static str,
}

/// A record breaks rules; the message lists them on one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", one_line(.0))]
pub struct InvalidRecord(Vec<InvalidField>);

fn one_line(fields: &[InvalidField]) -> String {
    fields.iter().map(|invalid| invalid.rule).collect::<Vec<_>>().join("; ")
}

impl InvalidRecord {
    /// Returns the invalid fields, at least one, in the order of the record.
    #[must_use]
    pub fn fields(&self) -> &[InvalidField] {
        &self.0
    }
}

impl Changes {
    /// Validates the values.
    ///
    /// # Errors
    /// Lists every broken rule.
    pub fn checked(self) -> Result<Self, InvalidRecord> {
        check_values(
            self.email.as_deref(),
            self.first_name.as_deref(),
            self.last_name.as_deref(),
            self.role.as_deref(),
        )?;
        Ok(self)
    }
}

/// Validates the values that are `Some`.
fn check_values(
    email: Option<&str>,
    first_name: Option<&str>,
    last_name: Option<&str>,
    role: Option<&str>,
) -> Result<(), InvalidRecord> {
    let holds = |value: Option<&str>, rule: fn(&str) -> bool| value.is_none_or(rule);
    all_hold(&[
        ("email", holds(email, is_email), EMAIL_RULE),
        ("first_name", holds(first_name, is_name), FIRST_NAME_RULE),
        ("last_name", holds(last_name, is_name), LAST_NAME_RULE),
        ("role", holds(role, is_role), ROLE_RULE),
    ])
}

const USERNAME_RULE: &str = "a username has 1 to 150 characters: letters, digits and @ . + - _";
const EMAIL_RULE: &str =
    "an email address looks like name@example.com and has at most 254 characters";
const FIRST_NAME_RULE: &str =
    "a first name has at most 150 characters, none of them a control character";
const LAST_NAME_RULE: &str =
    "a last name has at most 150 characters, none of them a control character";
const ROLE_RULE: &str = "a role has 1 to 64 characters: letters, digits and - _ . :";

/// A field, whether its rule holds, and the rule.
type Rule = (&'static str, bool, &'static str);

fn all_hold(rules: &[Rule]) -> Result<(), InvalidRecord> {
    let broken = rules.iter().filter(|(_, holds, _)| !holds);
    let fields: Vec<_> = broken.map(|(field, _, rule)| InvalidField { field, rule }).collect();
    if fields.is_empty() { Ok(()) } else { Err(InvalidRecord(fields)) }
}

/// The values of a new user, as typed.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Name to log in with; required.
    pub username: String,
    /// Email address; may be empty.
    pub email: String,
    /// First name; may be empty.
    pub first_name: String,
    /// Last name; may be empty.
    pub last_name: String,
    /// The claim `role`.
    pub role: String,
    /// The claim `premium`.
    pub premium: bool,
}

impl Profile {
    /// Creates a profile with this name, the default role and premium.
    #[must_use]
    pub fn new(username: impl Into<String>) -> Self {
        let (username, role) = (username.into(), DEFAULT_ROLE.to_owned());
        let (email, first_name, last_name) = (String::new(), String::new(), String::new());
        Self { username, email, first_name, last_name, role, premium: true }
    }

    /// Normalises and validates the values.
    ///
    /// # Errors
    /// Lists every broken rule.
    pub fn checked(mut self) -> Result<Self, InvalidRecord> {
        self.username = normalised_username(&self.username);
        all_hold(&[
            ("username", is_username(&self.username), USERNAME_RULE),
            ("email", is_email(&self.email), EMAIL_RULE),
            ("first_name", is_name(&self.first_name), FIRST_NAME_RULE),
            ("last_name", is_name(&self.last_name), LAST_NAME_RULE),
            ("role", is_role(&self.role), ROLE_RULE),
        ])?;
        Ok(self)
    }

    /// Validates the values as [`Self::checked`] does, and the password as [`check_password`]
    /// does, so that one error reports both.
    ///
    /// # Errors
    /// Lists every broken rule of the values, and the first of the password.
    pub fn checked_with(self, password: &str) -> Result<Self, InvalidRecord> {
        let password = check_password(password, self.password_owner()).err();
        match (self.checked(), password) {
            (Ok(profile), None) => Ok(profile),
            (Ok(_), Some(invalid)) => Err(InvalidRecord(vec![invalid])),
            (Err(InvalidRecord(mut fields)), password) => {
                fields.extend(password);
                Err(InvalidRecord(fields))
            }
        }
    }

    /// Returns the values that the user's password must not resemble.
    #[must_use]
    pub fn password_owner(&self) -> PasswordOwner<'_> {
        let Self { username, email, first_name, last_name, .. } = self;
        PasswordOwner { username, email, first_name, last_name }
    }

    /// Returns an active user to store; `created_at` is in Unix seconds.
    #[must_use]
    pub fn with_password(self, password_hash: PasswordHash, created_at: i64) -> NewUser {
        let Self { username, email, first_name, last_name, role, premium } = self;
        NewUser {
            username,
            email,
            first_name,
            last_name,
            password_hash,
            role,
            premium,
            is_active: true,
            created_at,
        }
    }
}

impl User {
    /// Returns the values that the user's password must not resemble.
    #[must_use]
    pub fn password_owner(&self) -> PasswordOwner<'_> {
        let Self { username, email, first_name, last_name, .. } = self;
        PasswordOwner { username, email, first_name, last_name }
    }
}

/// The values of a user that their password must not resemble.
#[derive(Debug, Clone, Copy)]
pub struct PasswordOwner<'a> {
    /// Name to log in with.
    pub username: &'a str,
    /// Email address.
    pub email: &'a str,
    /// First name.
    pub first_name: &'a str,
    /// Last name.
    pub last_name: &'a str,
}

/// Validates a new password as typed: nothing is stripped.
///
/// # Errors
/// The first broken rule.
pub fn check_password(password: &str, owner: PasswordOwner<'_>) -> Result<(), InvalidField> {
    let rule = broken_rule(
        password,
        [
            (owner.username, "a password is not similar to the username"),
            (owner.email, "a password is not similar to the email address"),
            (owner.first_name, "a password is not similar to the first name"),
            (owner.last_name, "a password is not similar to the last name"),
        ],
    );
    rule.map_or(Ok(()), |rule| Err(InvalidField { field: "password", rule }))
}

/// Returns the form in which usernames are stored and looked up: NFKC, so that a name is the same
/// whether a keyboard sends Hangul syllables or single letters.
#[must_use]
pub fn normalised_username(username: &str) -> String {
    username.nfkc().collect()
}

fn is_username(username: &str) -> bool {
    (1..=150).contains(&username.chars().count())
        && username.chars().all(|c| c.is_alphanumeric() || "@.+-_".contains(c))
}

fn is_role(role: &str) -> bool {
    (1..=64).contains(&role.len())
        && role.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
}

fn is_email(email: &str) -> bool {
    if email.is_empty() {
        return true;
    }
    let plain =
        |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control());
    email.chars().count() <= 254
        && email
            .split_once('@')
            .is_some_and(|(name, domain)| plain(name) && plain(domain) && !domain.contains('@'))
}

fn is_name(name: &str) -> bool {
    name.chars().count() <= 150 && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(username: &str) -> Profile {
        Profile::new(username)
    }

    #[test]
    fn usernames_follow_djangos_rule() {
        let long = "a".repeat(150);
        for good in ["testuser", "a", "user@example.com", "a.b+c-d_e", "홍길동", "Zoë", &long] {
            assert!(profile(good).checked().is_ok(), "{good}");
        }
        let too_long = "a".repeat(151);
        for bad in ["", " ", "a b", "a\0", "a/b", "\u{202e}abc", "a\n", &too_long] {
            assert!(profile(bad).checked().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_korean_name_typed_in_single_letters_is_the_same_name() {
        let decomposed = "\u{1112}\u{1169}\u{11bc}";
        assert_eq!(profile(decomposed).checked().expect("letters").username, "홍");
    }

    #[test]
    fn other_values_are_checked_too() {
        let with = |change: fn(&mut Profile)| {
            let mut profile = profile("a");
            change(&mut profile);
            profile.checked().map(|_| ())
        };
        assert!(with(|p| p.email = "a@example.com".into()).is_ok());
        for bad in [
            (|p| p.email = "a".into()) as fn(&mut Profile),
            |p| p.email = "a@b@c".into(),
            |p| p.email = "a @b".into(),
            |p| p.first_name = "a\u{7}".into(),
            |p| p.last_name = "x".repeat(151),
            |p| p.role = String::new(),
            |p| p.role = "two words".into(),
        ] {
            assert!(with(bad).is_err());
        }
    }

    #[test]
    fn every_invalid_field_of_a_record_is_listed() {
        let mut profile = profile("two words");
        profile.role = String::new();
        let invalid = profile.checked_with("short").expect_err("three invalid fields");
        let fields: Vec<_> = invalid.fields().iter().map(|invalid| invalid.field).collect();
        assert_eq!(fields, ["username", "role", "password"]);
        let line = invalid.to_string();
        assert!(
            line.starts_with("a username has")
                && line.ends_with("; a password has at least 8 characters"),
            "{line}"
        );
        let invalid = check_values(Some("a"), None, Some("\n"), None).expect_err("two");
        let fields: Vec<_> = invalid.fields().iter().map(|invalid| invalid.field).collect();
        assert_eq!(fields, ["email", "last_name"]);
    }

    #[test]
    fn a_password_is_long_enough_bounded_and_free_of_nul() {
        for (password, good) in [
            ("testpass123", true),
            ("        ", false),
            ("testuser1", false),
            ("비밀번호비밀번호", true),
            ("1234567", false),
            ("1234567\0", false),
            (&"x".repeat(1024), true),
            (&"x".repeat(1025), false),
        ] {
            assert_eq!(
                check_password(password, profile("testuser").password_owner()).is_ok(),
                good,
                "{password:?}"
            );
        }
    }
}
