//! The values that a new user's record may hold: Django's limits, so that records can move both
//! ways.

use unicode_normalization::UnicodeNormalization as _;

use super::chosen::broken_rule;
use super::{DEFAULT_ROLE, PasswordHash};

/// A record to be stored; checked when made.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) password_hash: PasswordHash,
    pub(crate) role: String,
    pub(crate) premium: bool,
    pub(crate) is_active: bool,
    /// Unix seconds.
    pub(crate) created_at: i64,
}

impl NewUser {
    /// The same record of somebody who may not log in, as imported ones may be.
    #[must_use]
    pub fn inactive(self) -> Self {
        Self { is_active: false, ..self }
    }
}

/// Why a value cannot be stored; one line that says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}")]
pub struct InvalidUser {
    /// The field, by its name in requests.
    pub field: &'static str,
    /// What would be right.
    pub rule: &'static str,
}

/// Why a record cannot be stored: everything that is wrong with it, on one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", one_line(.0))]
pub struct InvalidRecord(Vec<InvalidUser>);

fn one_line(faults: &[InvalidUser]) -> String {
    faults.iter().map(|fault| fault.rule).collect::<Vec<_>>().join("; ")
}

impl InvalidRecord {
    /// What is wrong, in the order of the fields; never nothing.
    #[must_use]
    pub fn faults(&self) -> &[InvalidUser] {
        &self.0
    }
}

/// Checks the values of a record that are given.
pub(super) fn check_values(
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

fn broken(rules: &[Rule]) -> impl Iterator<Item = InvalidUser> {
    rules.iter().filter(|(_, holds, _)| !holds).map(|(field, _, rule)| InvalidUser { field, rule })
}

fn all_hold(rules: &[Rule]) -> Result<(), InvalidRecord> {
    let faults: Vec<_> = broken(rules).collect();
    if faults.is_empty() { Ok(()) } else { Err(InvalidRecord(faults)) }
}

/// What a new user's record is made from, as typed.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Name to log in with; required.
    pub username: String,
    /// Email address, or nothing.
    pub email: String,
    /// First name, or nothing.
    pub first_name: String,
    /// Last name, or nothing.
    pub last_name: String,
    /// The claim `role`.
    pub role: String,
    /// The claim `premium`.
    pub premium: bool,
}

impl Profile {
    /// A user of this name, with the document's role and premium and nothing else.
    #[must_use]
    pub fn new(username: impl Into<String>) -> Self {
        let (username, role) = (username.into(), DEFAULT_ROLE.to_owned());
        let (email, first_name, last_name) = (String::new(), String::new(), String::new());
        Self { username, email, first_name, last_name, role, premium: true }
    }
}

impl Profile {
    /// Normalises and checks the values.
    ///
    /// # Errors
    /// Names every rule that is broken.
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

    /// [`Self::checked`] together with [`check_password`], so that whoever chose both hears of all
    /// faults at once.
    ///
    /// # Errors
    /// Names every rule that is broken, of the password the first.
    pub fn checked_with(self, password: &str) -> Result<Self, InvalidRecord> {
        let password = check_password(password, self.password_owner()).err();
        match (self.checked(), password) {
            (Ok(profile), None) => Ok(profile),
            (Ok(_), Some(fault)) => Err(InvalidRecord(vec![fault])),
            (Err(InvalidRecord(mut faults)), password) => {
                faults.extend(password);
                Err(InvalidRecord(faults))
            }
        }
    }

    /// The values that a password of this user must not resemble.
    #[must_use]
    pub fn password_owner(&self) -> PasswordOwner<'_> {
        let Self { username, email, first_name, last_name, .. } = self;
        PasswordOwner { username, email, first_name, last_name }
    }

    /// The record to store, of an active user; `created_at` in Unix seconds.
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

/// The values of a record that a password of its owner must not resemble.
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

/// Checks a password that somebody chose. It is kept as typed: nothing is stripped.
///
/// # Errors
/// Names the first rule that is broken.
pub fn check_password(password: &str, owner: PasswordOwner<'_>) -> Result<(), InvalidUser> {
    let rule = broken_rule(
        password,
        [
            (owner.username, "a password is not similar to the username"),
            (owner.email, "a password is not similar to the email address"),
            (owner.first_name, "a password is not similar to the first name"),
            (owner.last_name, "a password is not similar to the last name"),
        ],
    );
    rule.map_or(Ok(()), |rule| Err(InvalidUser { field: "password", rule }))
}

/// The form in which usernames are stored and looked up: NFKC, so that a name typed on another
/// keyboard or system, as Hangul syllables or as single letters, is the same name.
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
    fn every_fault_of_a_record_is_named() {
        let mut profile = profile("two words");
        profile.role = String::new();
        let faults = profile.checked_with("short").expect_err("three faults");
        let fields: Vec<_> = faults.faults().iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["username", "role", "password"]);
        let line = faults.to_string();
        assert!(
            line.starts_with("a username has")
                && line.ends_with("; a password has at least 8 characters"),
            "{line}"
        );
        let faults = check_values(Some("a"), None, Some("\n"), None).expect_err("two");
        let fields: Vec<_> = faults.faults().iter().map(|fault| fault.field).collect();
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
