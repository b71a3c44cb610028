//! Texts in two languages, and the one that a client prefers.

use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;
pub use verifier_core::Lang;

/// A text in both languages.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// Korean, the language of the wire contract.
    pub ko: &'a str,
    /// English.
    pub en: &'a str,
}

impl<'a> Text<'a> {
    /// Returns the text in one language.
    #[must_use]
    pub const fn lang(self, lang: Lang) -> &'a str {
        match lang {
            Lang::Ko => self.ko,
            Lang::En => self.en,
        }
    }
}

/// Returns the language that `Accept-Language` prefers (RFC 9110, section 12.5.4); Korean when it
/// prefers neither.
#[must_use]
pub fn preferred(headers: &HeaderMap) -> Lang {
    let mut best = (Lang::Ko, 0.0);
    for range in headers
        .get_all(ACCEPT_LANGUAGE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
    {
        let (tag, parameter) = range.split_once(';').unwrap_or((range, ""));
        let primary = tag.trim().split('-').next().unwrap_or_default();
        let lang = if primary.eq_ignore_ascii_case("en") {
            Lang::En
        } else if primary.eq_ignore_ascii_case("ko") {
            Lang::Ko
        } else {
            continue;
        };
        let weight = match parameter.trim().strip_prefix("q=") {
            Some(weight) => weight.trim().parse().unwrap_or(0.0),
            None => 1.0,
        };
        if weight > best.1 {
            best = (lang, weight);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_is_returned_to_clients_that_prefer_it() {
        for (value, english) in [
            ("en", true),
            ("en-GB", true),
            ("EN;q=0.3", true),
            ("en-US,en;q=0.9,ko;q=0.8", true),
            ("fr, en;q=0.5, ko;q=0.2", true),
            ("ko-KR,ko;q=0.9,en;q=0.8", false),
            ("ko,en", false),
            ("en;q=0", false),
            ("en;q=x", false),
            ("fr", false),
            ("*", false),
            ("", false),
            ("english", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, value.parse().expect("a header value"));
            assert_eq!(matches!(preferred(&headers), Lang::En), english, "{value:?}");
        }
        assert!(matches!(preferred(&HeaderMap::new()), Lang::Ko));
    }
}
