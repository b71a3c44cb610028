//! Rules for new passwords, modelled on Django's validators.

use std::collections::HashMap;

use zxcvbn::zxcvbn;

use super::password::MAX_PASSWORD_BYTES;

const MIN_CHARS: usize = 8;
/// Share of common characters from which a password resembles a value: Django's default.
const MAX_SIMILARITY: f64 = 0.7;
/// Guesses within which an attacker must not find a password: Django's list of common passwords has
/// 20,000.
const MIN_GUESSES: u64 = 20_000;
/// Longest password whose guesses are estimated, in characters. The time grows with the length.
const MAX_ESTIMATED_CHARS: usize = 24;
/// Characters that zxcvbn tries as substitutes of letters.
const SUBSTITUTES: &str = "4@8({[<3691!|70$5+%2";
/// Most different ones in a password whose guesses are estimated. zxcvbn tries every combination:
/// eight take up to 6 ms, all twenty 65 ms.
const MAX_SUBSTITUTES: usize = 8;
/// Common passwords that zxcvbn does not know, in lower case and sorted: default credentials,
/// seasons with a year, names of products, and Korean words typed on an English keyboard.
const MORE_COMMON: &str = include_str!("more_common_passwords.txt");

/// Returns the first rule that a password breaks. `owner` lists the values that it must not
/// resemble, each with its rule.
pub(super) fn broken_rule<'a>(
    password: &str,
    owner: impl IntoIterator<Item = (&'a str, &'static str)>,
) -> Option<&'static str> {
    let lower = password.to_lowercase();
    let rules = [
        (password.chars().count() >= MIN_CHARS, "a password has at least 8 characters"),
        (password.len() <= MAX_PASSWORD_BYTES, "a password has at most 1024 bytes"),
        (
            !password.contains('\0'),
            "a password cannot contain a NUL character, because logins reject it",
        ),
        (!password.trim().is_empty(), "a password is not white space alone"),
        (!password.chars().all(char::is_numeric), "a password is not digits alone"),
    ];
    if let Some((_, rule)) = rules.into_iter().find(|(holds, _)| !holds) {
        return Some(rule);
    }
    let resembled = owner.into_iter().find(|(value, _)| resembles(&lower, &value.to_lowercase()));
    if let Some((_, rule)) = resembled {
        return Some(rule);
    }
    is_common(lower.trim()).then_some("a password is not one of the most common ones")
}

fn is_common(password: &str) -> bool {
    MORE_COMMON.lines().any(|common| common == password)
        || (is_estimated(password) && zxcvbn(password, &[]).guesses() <= MIN_GUESSES)
}

/// Returns whether the estimate takes bounded time.
fn is_estimated(password: &str) -> bool {
    let substitutes = SUBSTITUTES.chars().filter(|substitute| password.contains(*substitute));
    password.chars().count() <= MAX_ESTIMATED_CHARS && substitutes.count() <= MAX_SUBSTITUTES
}

/// Compares with the value and with each word in it, as Django's
/// `UserAttributeSimilarityValidator` does.
fn resembles(password: &str, value: &str) -> bool {
    let words = value.split(|c: char| !c.is_alphanumeric() && c != '_');
    words
        .chain([value])
        .filter(|part| !part.is_empty())
        .any(|part| similarity(password, part) >= MAX_SIMILARITY)
}

/// Returns the share of characters that two texts have in common in any order, from 0 to 1.
fn similarity(a: &str, b: &str) -> f64 {
    let mut left: HashMap<char, u32> = HashMap::new();
    for c in b.chars() {
        *left.entry(c).or_default() += 1;
    }
    let mut common = 0_u32;
    for c in a.chars() {
        if let Some(count) = left.get_mut(&c).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    let length = a.chars().count() + b.chars().count();
    f64::from(common) * 2.0 / length as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIKE_NAME: &str = "like the name";

    fn rule(password: &str, name: &str) -> Option<&'static str> {
        broken_rule(password, [(name, LIKE_NAME)])
    }

    #[test]
    fn the_list_is_sorted_and_without_passwords_that_other_rules_refuse() {
        let lines: Vec<&str> = MORE_COMMON.lines().collect();
        assert!(lines.is_sorted_by(|a, b| a < b), "sorted, without duplicates");
        for line in lines {
            assert!(
                line.chars().count() >= MIN_CHARS && line == line.to_lowercase().trim(),
                "{line:?}"
            );
            assert!(!line.chars().all(char::is_numeric), "{line} is refused already");
            assert!(zxcvbn(line, &[]).guesses() > MIN_GUESSES, "{line} is known to zxcvbn");
        }
    }

    #[test]
    fn passwords_that_attackers_try_first_are_refused() {
        let common = Some("a password is not one of the most common ones");
        let digits = Some("a password is not digits alone");
        let blank = Some("a password is not white space alone");
        for (password, expected) in [
            ("password", common),
            ("PassWord1", common),
            (" qwertyuiop ", common),
            ("iloveyou", common),
            ("p@ssw0rd", common),
            ("drowssap", common),
            ("abcdefgh", common),
            ("aaaaaaaa", common),
            ("welcome@123", common),
            ("qlalfqjsgh", common),
            ("12345678", digits),
            ("48151623429042", digits),
            ("\u{0661}\u{0662}\u{0663}\u{0664}\u{0665}\u{0666}\u{0667}\u{0668}", digits),
            ("        ", blank),
            ("\u{3000}\t\u{3000}\u{a0}\u{3000}\u{3000}\u{3000}\u{3000}", blank),
            ("correct horse", None),
            ("testpass123", None),
            ("aaaaaaaaaaaaaaaaaaaaaaaaa", None),
        ] {
            assert_eq!(rule(password, ""), expected, "{password:?}");
        }
    }

    #[test]
    fn a_password_whose_estimate_would_take_long_is_not_estimated() {
        for (password, estimated) in [
            ("p@$$w0rd1234", true),
            ("4@8({[<3", true),
            ("4@8({[<36", false),
            ("aaaaaaaaaaaaaaaaaaaaaaaa", true),
            ("aaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(is_estimated(password), estimated, "{password}");
        }
    }

    #[test]
    fn a_password_must_not_resemble_its_owner() {
        // Verdicts of Django's UserAttributeSimilarityValidator.
        for (password, value, similar) in [
            ("testuser", "testuser", true),
            ("TestUser1", "testuser", true),
            ("testuser12", "testuser", true),
            ("resutset", "testuser", true),
            ("testpass123", "testuser", false),
            ("hong.gildong", "hong.gildong@example.com", true),
            ("example1", "hong@example.com", true),
            ("홍길동홍길동홍길", "홍길동", false),
            ("correct horse", "testuser", false),
        ] {
            assert_eq!(rule(password, value) == Some(LIKE_NAME), similar, "{password} for {value}");
        }
    }
}
