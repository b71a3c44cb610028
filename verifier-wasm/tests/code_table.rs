//! The tables of the core that JavaScript needs are written as TypeScript and kept in git:
//! `cargo xtask generate` writes them after a change.

use std::fmt::Write as _;
use std::path::Path;

use verifier_core::{
    Check, ClaimName, Code, JsonFault, JwkFault, KeyMember, Lang, PemFault, Stage, Unsuitable,
};

const NOTICE: &str = "// Written from the tables of verifier-core by `cargo xtask generate`.\n";

/// An array of names, and the union type of them.
fn names(
    constant: &str,
    union: &str,
    doc: &str,
    names: impl Iterator<Item = &'static str>,
) -> String {
    let list: String = names.map(|name| format!("  {},\n", quoted(name))).collect();
    format!(
        "\nexport const {constant} = [\n{list}] as const;\n\n/** {doc} */\nexport type {union} = (typeof {constant})[number];\n"
    )
}

fn codes() -> String {
    let all = Code::ALL.iter().map(|code| code.as_str());
    let mut text = format!(
        "{NOTICE}{}",
        names("codes", "Code", "Every code that a refused token or key can have.", all)
    );
    let of_keys: Vec<String> = Code::ALL
        .iter()
        .filter(|code| code.stage() == Stage::KeyLoad)
        .map(|code| quoted(code.as_str()))
        .collect();
    write!(
        text,
        "\n/** The codes of keys that cannot be used. */\nexport type KeyCode =\n  | {};\n",
        of_keys.join("\n  | ")
    )
    .expect("writing to a String");
    text
}

fn reasons() -> String {
    [
        NOTICE.to_owned(),
        names(
            "pemFaults",
            "PemFault",
            "Why a text is not a public key in PEM.",
            PemFault::ALL.iter().map(|fault| fault.as_str()),
        ),
        names(
            "jwkFaults",
            "JwkFault",
            "Why a JSON text is neither a JWK nor a JWKS.",
            JwkFault::ALL.iter().map(|fault| fault.as_str()),
        ),
        names(
            "unsuitables",
            "Unsuitable",
            "What makes a public key unfit for verifying RS256.",
            Unsuitable::ALL.iter().map(|why| why.as_str()),
        ),
        names(
            "keyMembers",
            "KeyMember",
            "A member of a JWK that is missing or malformed.",
            KeyMember::ALL.iter().map(|member| member.as_str()),
        ),
        names(
            "claimNames",
            "ClaimName",
            "A claim that has a rule.",
            ClaimName::ALL.iter().map(|name| name.as_str()),
        ),
    ]
    .concat()
}

fn checks() -> String {
    let all = Check::ALL.into_iter().map(Check::as_str);
    let of_codes: String = Code::ALL
        .iter()
        .filter_map(|code| {
            Check::of(*code)
                .map(|check| format!("  {}: {},\n", code.as_str(), quoted(check.as_str())))
        })
        .collect();
    format!(
        "{NOTICE}\nimport type {{ Code }} from \"./codes.js\";\n{}\n\
         /** The check that refuses with a code; those that are missing name their claim, or are no verdict on a token. */\n\
         export const checkOf: {{ readonly [C in Code]?: Check }} = {{\n{of_codes}}};\n",
        names(
            "checks",
            "Check",
            "A check on the way of a token: a stage, or the claim it is about.",
            all
        )
    )
}

fn texts() -> String {
    let mut text = format!(
        "{NOTICE}\nimport type {{ Code }} from \"./codes.js\";\n\n\
         /** What each code means, in a sentence for people. */\n\
         export const codeTexts: Readonly<Record<Code, Readonly<Record<\"ko\" | \"en\", string>>>> = {{\n"
    );
    for code in Code::ALL {
        writeln!(
            text,
            "  {}: {{\n    ko: {},\n    en: {},\n  }},",
            code.as_str(),
            quoted(code.text(Lang::Ko)),
            quoted(code.text(Lang::En)),
        )
        .expect("writing to a String");
    }
    text.push_str("};\n");
    text
}

/// The texts are printable, so escaping quotes and backslashes makes a JavaScript string of them.
fn quoted(text: &str) -> String {
    assert!(!text.contains(char::is_control), "{text:?} has a control character");
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn written_equals(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("js").join(file);
    if std::env::var_os("DOJANG_GENERATE").is_some() {
        std::fs::write(&path, expected).expect("js/ of this crate can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == expected, "js/{file} is stale: run `cargo xtask generate`");
}

#[test]
fn the_codes_of_the_package_are_those_of_the_core() {
    written_equals("codes.ts", &codes());
}

#[test]
fn the_reasons_of_the_package_are_those_of_the_core() {
    written_equals("reasons.ts", &reasons());
}

#[test]
fn the_checks_of_the_package_are_those_of_the_core() {
    written_equals("checks.ts", &checks());
}

#[test]
fn the_texts_of_the_package_are_those_of_the_core() {
    written_equals("texts.ts", &texts());
}

#[test]
fn a_number_on_the_wire_is_the_place_in_the_table() {
    for (place, code) in Code::ALL.iter().enumerate() {
        assert_eq!(*code as usize, place, "{code}");
    }
    let reasons = [
        PemFault::ALL.iter().map(|fault| *fault as usize).collect::<Vec<_>>(),
        JwkFault::ALL.iter().map(|fault| *fault as usize).collect(),
        Unsuitable::ALL.iter().map(|why| *why as usize).collect(),
        KeyMember::ALL.iter().map(|member| *member as usize).collect(),
        ClaimName::ALL.iter().map(|name| *name as usize).collect(),
        [JsonFault::NotUtf8, JsonFault::NotJson, JsonFault::NotAnObject]
            .map(|fault| fault as usize)
            .into(),
    ];
    for numbers in reasons {
        assert_eq!(numbers, (0..numbers.len()).collect::<Vec<_>>());
    }
}
