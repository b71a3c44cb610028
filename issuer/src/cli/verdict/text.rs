//! The report as text.

use std::fmt::{self, Write as _};

use verifier_core::{Check, Lang, Outcome, RejectedToken};

use super::{Members, Report, escaped, words};

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
        let verdict = &self.explanation.verdict;
        match verdict {
            Ok(_) => writeln!(out, "{}", self.say("토큰을 받아들입니다", "ACCEPTED"))?,
            Err(rejected) => writeln!(
                out,
                "{}: {}",
                self.say("토큰을 거부합니다", "REFUSED"),
                self.reason(rejected)
            )?,
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
                    let reason = verdict.as_ref().err().map(|rejected| self.reason(rejected));
                    writeln!(out, "  {word}  {name:<10}  {}", reason.unwrap_or_default())?;
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

    fn reason(&self, rejected: &RejectedToken) -> String {
        let code = rejected.code();
        // The details quote the token.
        format!("{code}: {} ({})", code.text(self.lang), escaped(&rejected.to_string()))
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
            Check::Key => ("토큰의 키가 키 집합에 있음", "a key of the set is the token's"),
            Check::Signature => ("그 키의 RS256 서명", "the RS256 signature is that key's"),
            Check::Payload => ("엄격한 JSON 객체", "a strict JSON object"),
            Check::ExpiresAt => ("만료되지 않음", "not expired"),
            Check::NotBefore => ("사용 시작 시각이 지남", "already valid"),
            Check::IssuedAt => ("발급 시각이 미래가 아님", "not issued in the future"),
            Check::TokenType => ("요구된 토큰 종류", "the type that is asked for"),
            Check::Issuer => ("발급자 (설정된 경우)", "the issuer, when one is configured"),
            Check::Audience => {
                ("대상 (없으면 토큰에도 없어야 함)", "the audience; none when none is configured")
            }
            Check::TokenId => {
                ("비어 있지 않은 문자열, 있으면", "a text that is not empty, when present")
            }
            Check::UserId => ("숫자 또는 문자열, 있으면", "a number or a text, when present"),
        };
        self.say(ko, en)
    }
}
