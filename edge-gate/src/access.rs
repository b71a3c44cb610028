//! What each path requires: the operator's rules, compared with the path of a request.

use edge_auth::{AccessRule, Condition};
use http::Method;

use crate::path::Segments;

/// The rules. A request to which none applies requires a token.
#[derive(Debug, Default)]
pub(crate) struct AccessRules {
    rules: Vec<Rule>,
    /// Whether a rule depends on the path.
    compares_paths: bool,
}

/// What a request requires.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Access<'r> {
    /// No token.
    Public,
    /// A token that meets these conditions.
    Token(Vec<&'r Condition>),
    /// Nothing suffices: servers may disagree on what the path means.
    Ambiguous,
}

#[derive(Debug)]
struct Rule {
    rule: AccessRule,
    path: Segments,
    /// Whether it also applies to all paths below.
    is_prefix: bool,
}

impl AccessRules {
    /// Compiles the rules.
    ///
    /// # Errors
    /// The reason why a rule can never apply, or contradicts another, for a
    /// [`edge_auth::SettingError`].
    pub(crate) fn new(rules: Vec<AccessRule>) -> Result<Self, String> {
        let compares_paths = rules.iter().any(|rule| rule.path() != "/*");
        let rules: Vec<Rule> = rules.into_iter().map(Rule::new).collect::<Result<_, _>>()?;
        for public in rules.iter().filter(|rule| rule.is_public()) {
            let contradicts = |other: &&Rule| !other.is_public() && public.ties_with(other);
            if let Some(other) = rules.iter().find(contradicts) {
                let (public, other) = (&public.rule, &other.rule);
                return Err(format!("makes {public} public, but another rule restricts {other}"));
            }
        }
        Ok(Self { rules, compares_paths })
    }

    /// Returns what a request requires. Conditions apply to every spelling of their path; a path is
    /// public only in the spelling of the rule, and so is a method. A public path counts unless a
    /// rule for a narrower one has a condition.
    pub(crate) fn access(&self, method: &Method, path: &str) -> Access<'_> {
        let segments = Segments::of(path);
        if self.compares_paths && segments.is_none() {
            return Access::Ambiguous;
        }
        // Without a rule that compares paths, all apply to all of them.
        let is_restricted_by =
            |rule: &&Rule| segments.as_ref().is_none_or(|segments| rule.restricts(segments));
        let restricting: Vec<&Rule> = self
            .rules
            .iter()
            .filter(|rule| !rule.is_public() && rule.restricts_method(method))
            .filter(is_restricted_by)
            .collect();
        let is_public = self
            .rules
            .iter()
            .filter(|rule| rule.is_public() && rule.opens_method(method) && rule.opens(path))
            .any(|public| restricting.iter().all(|other| public.narrowness() > other.narrowness()));
        if is_public {
            return Access::Public;
        }
        Access::Token(restricting.into_iter().filter_map(Rule::condition).collect())
    }
}

impl Rule {
    fn new(rule: AccessRule) -> Result<Self, String> {
        let is_prefix = rule.path().ends_with("/*");
        let text = if is_prefix { rule.path().trim_end_matches('*') } else { rule.path() };
        let is_literal = !text.contains(['*', '{', '}', '?', '#', ';']);
        let Some(path) = Segments::of(text).filter(|_| is_literal) else {
            return Err(format!(
                "has a rule for {rule}, which is no path: one such as /a/b, or /a/* for all below"
            ));
        };
        if rule.method().is_some_and(|method| !is_method(method)) {
            return Err(format!("has a rule for {rule}: no such method is registered"));
        }
        Ok(Self { rule, path, is_prefix })
    }

    const fn is_public(&self) -> bool {
        self.rule.condition().is_none()
    }

    const fn condition(&self) -> Option<&Condition> {
        self.rule.condition()
    }

    /// Returns whether a condition of this rule applies to a method, however it is spelt: methods
    /// are case-sensitive (RFC 9110, section 9.1), but many frameworks fold their case. `GET` and
    /// `HEAD` are one.
    fn restricts_method(&self, method: &Method) -> bool {
        let fold = |text: &str| {
            if text.eq_ignore_ascii_case("HEAD") { "GET".to_owned() } else { text.to_uppercase() }
        };
        self.rule.method().is_none_or(|expected| fold(expected) == fold(method.as_str()))
    }

    /// Returns whether this public rule applies to a method in this very spelling. `GET` includes
    /// `HEAD`, whose response has less.
    fn opens_method(&self, method: &Method) -> bool {
        match self.rule.method() {
            None => true,
            Some("GET") => matches!(*method, Method::GET | Method::HEAD),
            Some(expected) => expected == method.as_str(),
        }
    }

    /// Returns whether a condition of this rule applies to a path, however it is spelt. A rule for
    /// all paths below one includes that one with a slash at its end.
    fn restricts(&self, path: &Segments) -> bool {
        if self.is_prefix { path.is_at_or_below(&self.path) } else { *path == self.path }
    }

    /// Returns whether this public rule applies to a path in this very spelling.
    fn opens(&self, path: &str) -> bool {
        match self.rule.path().strip_suffix('*') {
            Some(front) => path.starts_with(front),
            None => path == self.rule.path(),
        }
    }

    /// Orders rules that apply to one request from wide to narrow: by their path, then by whether
    /// they name a method.
    fn narrowness(&self) -> (bool, usize, bool) {
        (!self.is_prefix, self.path.len(), self.rule.method().is_some())
    }

    /// Returns whether both rules apply to some request, and neither is narrower.
    fn ties_with(&self, other: &Self) -> bool {
        let fold = |method| if method == "HEAD" { "GET" } else { method };
        let share_methods = match (self.rule.method(), other.rule.method()) {
            (Some(one), Some(other)) => fold(one) == fold(other),
            _ => true,
        };
        share_methods && self.narrowness() == other.narrowness() && self.path == other.path
    }
}

/// Returns whether a method is registered (the HTTP Method Registry of RFC 9110, section 16.1).
fn is_method(text: &str) -> bool {
    const METHODS: [&str; 40] = [
        "ACL",
        "BASELINE-CONTROL",
        "BIND",
        "CHECKIN",
        "CHECKOUT",
        "CONNECT",
        "COPY",
        "DELETE",
        "GET",
        "HEAD",
        "LABEL",
        "LINK",
        "LOCK",
        "MERGE",
        "MKACTIVITY",
        "MKCALENDAR",
        "MKCOL",
        "MKREDIRECTREF",
        "MKWORKSPACE",
        "MOVE",
        "OPTIONS",
        "ORDERPATCH",
        "PATCH",
        "POST",
        "PRI",
        "PROPFIND",
        "PROPPATCH",
        "PUT",
        "QUERY",
        "REBIND",
        "REPORT",
        "SEARCH",
        "TRACE",
        "UNBIND",
        "UNCHECKOUT",
        "UNLINK",
        "UNLOCK",
        "UPDATE",
        "UPDATEREDIRECTREF",
        "VERSION-CONTROL",
    ];
    METHODS.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Result<AccessRules, String> {
        AccessRules::new(AccessRule::parse_list(text).expect("a list of rules"))
    }

    /// Summarizes what a request requires: `public`, `ambiguous`, or the number of
    /// conditions.
    fn access(rules: &AccessRules, method: &Method, path: &str) -> String {
        match rules.access(method, path) {
            Access::Public => "public".to_owned(),
            Access::Ambiguous => "ambiguous".to_owned(),
            Access::Token(conditions) => conditions.len().to_string(),
        }
    }

    #[test]
    fn every_request_requires_a_token_unless_a_rule_makes_it_public() {
        let none = rules("[]").expect("valid");
        for path in ["/", "//", "/a/../b", "", "*"] {
            assert_eq!(access(&none, &Method::GET, path), "0", "{path}");
        }
        let rules = rules(
            r#"[{"path":"/*","role":"member"},
                {"path":"/admin/*","role":"admin"},
                {"path":"/admin/login","public":true},
                {"path":"/assets/*","public":true},
                {"path":"/assets/private/*","role":"admin"},
                {"path":"/items","method":"GET","public":true},
                {"path":"/items","role":"editor"},
                {"path":"/heads","method":"HEAD","public":true},
                {"path":"/files","method":"DELETE","scope":["w"]},
                {"path":"/","public":true}]"#,
        )
        .expect("valid");
        for (method, path, expected) in [
            (Method::GET, "/", "public"),
            (Method::POST, "/", "public"),
            (Method::GET, "/x", "1"),
            (Method::GET, "/admin", "2"),
            (Method::GET, "/admin/", "2"),
            (Method::GET, "/admin/users", "2"),
            (Method::GET, "/ADMIN/users", "2"),
            (Method::GET, "/%61dmin/users", "2"),
            (Method::GET, "/admin;x/users", "2"),
            (Method::GET, "/admin/login", "public"),
            (Method::GET, "/admin/login/", "2"),
            (Method::GET, "/admin/Login", "2"),
            (Method::GET, "/admin/%6cogin", "2"),
            (Method::GET, "/assets/app.js", "public"),
            (Method::GET, "/assets", "1"),
            (Method::GET, "/assets/", "public"),
            (Method::GET, "/Assets/app.js", "1"),
            (Method::GET, "/assets/private/key", "2"),
            (Method::GET, "/assets/Private/key", "2"),
            (Method::GET, "/assets/%70rivate/key", "2"),
            (Method::GET, "/items", "public"),
            (Method::HEAD, "/items", "public"),
            (Method::POST, "/items", "2"),
            (Method::from_bytes(b"get").expect("a method"), "/items", "2"),
            (Method::from_bytes(b"head").expect("a method"), "/items", "2"),
            (Method::PUT, "/heads", "1"),
            (Method::GET, "/heads", "1"),
            (Method::HEAD, "/heads", "public"),
            (Method::DELETE, "/files", "2"),
            (Method::from_bytes(b"delete").expect("a method"), "/files", "2"),
            (Method::from_bytes(b"dElEtE").expect("a method"), "/files", "2"),
            (Method::GET, "/files", "1"),
            (Method::GET, "/assets/../admin/users", "ambiguous"),
            (Method::GET, "/assets/%2e%2e/admin/users", "ambiguous"),
            (Method::GET, "/assets//x", "ambiguous"),
            (Method::GET, "/assets/..;/admin", "ambiguous"),
            (Method::GET, "*", "ambiguous"),
        ] {
            assert_eq!(access(&rules, &method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn rules_for_all_paths_do_not_depend_on_the_path() {
        let rules =
            rules(r#"[{"path":"/*","role":"a"}, {"path":"/*","method":"GET","public":true}]"#)
                .expect("valid");
        assert_eq!(access(&rules, &Method::GET, "/a/../b"), "public");
        assert_eq!(access(&rules, &Method::POST, "/a/../b"), "1");
    }

    #[test]
    fn contradictions_and_rules_that_never_apply_are_refused() {
        for (text, words) in [
            (
                r#"[{"path":"/a","public":true},{"path":"/a","role":"x"}]"#,
                "makes any method of \"/a\" public",
            ),
            (r#"[{"path":"/a/*","public":true},{"path":"/A/*","scope":"x"}]"#, "another rule"),
            (
                r#"[{"path":"/a","method":"HEAD","public":true},
                    {"path":"/a/","method":"GET","role":"x"}]"#,
                "another rule",
            ),
            (r#"[{"path":"a","role":"x"}]"#, "is no path"),
            (r#"[{"path":"","role":"x"}]"#, "is no path"),
            (r#"[{"path":"/a*","role":"x"}]"#, "is no path"),
            (r#"[{"path":"/*/a","role":"x"}]"#, "is no path"),
            (r#"[{"path":"/a/{id}","role":"x"}]"#, "is no path"),
            (r#"[{"path":"/a/../b","role":"x"}]"#, "is no path"),
            (r#"[{"path":"/a//b","role":"x"}]"#, "is no path"),
            (r#"[{"path":"/a?b","role":"x"}]"#, "is no path"),
            (r#"[{"path":"https://a.example/b","role":"x"}]"#, "is no path"),
            (r#"[{"path":"/a","method":"get","role":"x"}]"#, "no such method"),
            (r#"[{"path":"/a","method":"PSOT","role":"x"}]"#, "no such method"),
            (r#"[{"path":"/a","method":"","role":"x"}]"#, "no such method"),
            (r#"[{"path":"/a","method":"GET, POST","role":"x"}]"#, "no such method"),
        ] {
            let error = rules(text).expect_err(text);
            assert!(error.contains(words), "{text}: {error}");
        }
        for text in [
            r#"[{"path":"/a","method":"GET","public":true},
                {"path":"/a","method":"POST","role":"x"}]"#,
            r#"[{"path":"/a","public":true},{"path":"/a","public":true}]"#,
            r#"[{"path":"/a/b","public":true},{"path":"/a/*","role":"x"}]"#,
        ] {
            assert!(rules(text).is_ok(), "{text}");
        }
    }
}
