//! The report as text.

use std::fmt::{self, Write as _};

use verifier_core::{Check, Lang, Outcome};

use super::{Members, Reason, Report, escaped, words};

/// Claims that are times (RFC 7519 section 4.1).
const TIMES: [&str; 3] = ["exp", "nbf", "iat"];

impl Report<'_> {
    /// Returns lines for a terminal.
    pub(in crate::cli) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out).expect("a String takes everything");
        out
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        let reason = self.reason().map(line);
        match &reason {
            None => writeln!(out, "{}", self.say("토큰을 받아들입니다", "ACCEPTED"))?,
            Some(reason) => {
                writeln!(out, "{}: {reason}", self.say("토큰을 거부합니다", "REFUSED"))?;
            }
        }
        writeln!(out, "\n{}", self.say("검사", "Checks"))?;
        for step in &self.explanation.steps {
            let name = step.check.as_str();
            match &step.outcome {
                Outcome::Passed => {
                    let word = self.say("통과  ", "passed     ");
                    writeln!(out, "  {word}  {name:<10}  {}", self.rule(step.check))?;
                }
                Outcome::Failed(_) => {
                    let word = self.say("실패  ", "FAILED     ");
                    let reason = reason.as_deref().unwrap_or_default();
                    writeln!(out, "  {word}  {name:<10}  {reason}")?;
                }
                Outcome::NotReached => {
                    let word = self.say("미도달", "not reached");
                    writeln!(out, "  {word}  {name:<10}  {}", self.rule(step.check))?;
                }
            }
        }
        self.object(out, self.say("헤더", "Header"), self.explanation.untrusted_header())?;
        self.object(out, self.say("클레임", "Claims"), self.explanation.untrusted_payload())
    }

    fn object(&self, out: &mut String, title: &str, text: Option<&str>) -> fmt::Result {
        let label = if self.explanation.verdict.is_ok() {
            self.say("검증됨", "verified")
        } else {
            self.say("검증되지 않음: 믿지 마세요", "NOT VERIFIED: do not rely on it")
        };
        writeln!(out, "\n{title} ({label})")?;
        let Some(text) = text else {
            return writeln!(out, "  {}", self.say("읽을 수 없습니다", "cannot be read"));
        };
        let Some(Members(members)) = Members::read(text) else {
            return writeln!(out, "  {}", escaped(text));
        };
        for (name, value) in members {
            write!(out, "  {}: {}", escaped(&name), escaped(value.get()))?;
            if TIMES.contains(&name.as_str())
                && let Some(words) = words::instant(value.get(), self.now, self.lang)
            {
                write!(out, "  ({words})")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn say<'t>(&self, ko: &'t str, en: &'t str) -> &'t str {
        match self.lang {
            Lang::Ko => ko,
            Lang::En => en,
        }
    }

    fn rule(&self, check: Check) -> &'static str {
        let (ko, en) = match check {
            Check::Shape => {
                ("크기, 세 부분, 엄격한 base64url", "its size, three segments, strict base64url")
            }
            Check::Header => (
                "엄격한 JSON, alg는 RS256, typ, crit, b64",
                "strict JSON, alg RS256, typ, crit, b64",
            ),
            Check::Key => ("토큰의 키가 키 집합에 있음", "the key set contains the token's key"),
            Check::Signature => ("그 키의 RS256 서명", "an RS256 signature of that key"),
            Check::Payload => ("엄격한 JSON 객체", "a strict JSON object"),
            Check::ExpiresAt => ("만료되지 않음", "not expired"),
            Check::NotBefore => ("사용 시작 시각이 지남", "already valid"),
            Check::IssuedAt => ("발급 시각이 미래가 아님", "not issued in the future"),
            Check::TokenType => ("요구된 토큰 종류", "the required type"),
            Check::Issuer => ("발급자 (설정된 경우)", "the issuer, if one is configured"),
            Check::Audience => {
                ("대상 (없으면 토큰에도 없어야 함)", "the audience; absent if none is configured")
            }
            Check::TokenId => ("비어 있지 않은 문자열, 있으면", "a non-empty string, if present"),
            Check::UserId => ("숫자 또는 문자열, 있으면", "a number or a string, if present"),
            Check::RequiredClaims => ("요구된 다른 클레임이 있음", "the other required claims"),
        };
        self.say(ko, en)
    }
}

fn line(Reason { code, text, detail }: Reason) -> String {
    format!("{code}: {text} ({})", escaped(&detail))
}
