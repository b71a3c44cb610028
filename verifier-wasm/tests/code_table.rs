//! The tables of the core in TypeScript are committed; `cargo xtask generate` writes them after a
//! change.

use std::fmt::Write as _;
use std::path::Path;

use verifier_core::{
    Check, ClaimName, Code, JsonErrorKind, JwkError, KeyMember, Lang, MemberError, PemError, Stage,
    Unsuitable,
};
use verifier_wasm::wire;

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
        "\nexport const {constant} = [\n{list}] as const;\n\n/** {doc} */\n\
         export type {union} = (typeof {constant})[number];\n"
    )
}

/// An array of names at the indices of their numbers, with null for retired numbers, and the union
/// type of the names.
fn numbered_names(
    constant: &str,
    union: &str,
    doc: &str,
    names: impl Iterator<Item = (u32, &'static str)>,
) -> String {
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    let mut list = String::new();
    let mut retired = false;
    for (number, name) in names {
        while list.lines().count() < number as usize {
            list.push_str("  null,\n");
            retired = true;
        }
        writeln!(list, "  {},", quoted(name)).expect("writing to a String");
    }
    let names = format!("(typeof {constant})[number]");
    let names = if retired { format!("Exclude<{names}, null>") } else { names };
    format!(
        "\nexport const {constant} = [\n{list}] as const;\n\n/** {doc} */\n\
         export type {union} = {names};\n"
    )
}

fn codes() -> String {
    let all = Code::ALL.iter().map(|code| (wire::code_number(*code) - 1, code.as_str()));
    let mut text = format!(
        "{NOTICE}{}",
        numbered_names("codes", "Code", "Every code that a refused token or key can have.", all)
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
        format!(
            "\n/** Version of the binary interface that this package needs. */\n\
             export const abiVersion = {};\n",
            wire::ABI_VERSION
        ),
        numbered_names(
            "jsonErrors",
            "JsonErrorReason",
            "A violation of strict JSON.",
            JSON_ERRORS.iter().map(|(kind, name)| (wire::json_number(*kind), *name)),
        ),
        numbered_names(
            "pemErrors",
            "PemError",
            "Why a text is not a public key in PEM.",
            PemError::ALL.iter().map(|error| (wire::pem_number(*error), error.as_str())),
        ),
        numbered_names(
            "jwkErrors",
            "JwkError",
            "Why a JSON text is neither a JWK nor a JWKS.",
            JwkError::ALL.iter().map(|error| (wire::jwk_number(*error), error.as_str())),
        ),
        numbered_names(
            "unsuitables",
            "Unsuitable",
            "Why a public key cannot verify RS256.",
            Unsuitable::ALL.iter().map(|why| (wire::unsuitable_number(*why), why.as_str())),
        ),
        numbered_names(
            "keyMembers",
            "KeyMember",
            "A member of a JWK that is missing or malformed.",
            KeyMember::ALL.iter().map(|member| (wire::member_number(*member), member.as_str())),
        ),
        numbered_names(
            "memberErrors",
            "MemberError",
            "What is wrong with a member of a JWK.",
            MemberError::ALL
                .iter()
                .map(|error| (wire::member_error_number(*error), error.as_str())),
        ),
        numbered_names(
            "claimNames",
            "ClaimName",
            "A claim that has a rule.",
            ClaimName::ALL.iter().map(|name| (wire::claim_number(*name), name.as_str())),
        ),
    ]
    .concat()
}

/// The names of the violations in JavaScript.
const JSON_ERRORS: [(JsonErrorKind, &str); 5] = [
    (JsonErrorKind::NotUtf8, "not_utf8"),
    (JsonErrorKind::Syntax, "not_json"),
    (JsonErrorKind::NotAnObject, "not_an_object"),
    (JsonErrorKind::DuplicateMember, "duplicate_member"),
    (JsonErrorKind::TooDeep, "too_deep"),
];

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
         /** The check that fails with a code. The codes that are missing here name their claim, \
         or do not concern a token. */\n\
         export const checkOf: {{ readonly [C in Code]?: Check }} = {{\n{of_codes}}};\n",
        names("checks", "Check", "A check of the pipeline: a stage or a claim.", all)
    )
}

fn texts() -> String {
    let mut text = format!(
        "{NOTICE}\nimport type {{ Code }} from \"./codes.js\";\n\n\
         /** A sentence for people for each code. */\n\
         export const codeTexts: Readonly<Record<Code, Readonly<Record<\"ko\" | \"en\", \
         string>>>> = {{\n"
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
fn no_two_names_have_one_number() {
    let tables = [
        Code::ALL.iter().map(|code| wire::code_number(*code)).collect::<Vec<_>>(),
        JSON_ERRORS.iter().map(|(kind, _)| wire::json_number(*kind)).collect(),
        PemError::ALL.iter().map(|error| wire::pem_number(*error)).collect(),
        JwkError::ALL.iter().map(|error| wire::jwk_number(*error)).collect(),
        Unsuitable::ALL.iter().map(|why| wire::unsuitable_number(*why)).collect(),
        KeyMember::ALL.iter().map(|member| wire::member_number(*member)).collect(),
        MemberError::ALL.iter().map(|error| wire::member_error_number(*error)).collect(),
        ClaimName::ALL.iter().map(|name| wire::claim_number(*name)).collect(),
    ];
    for mut numbers in tables {
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), count, "{numbers:?}");
    }
    assert!(JSON_ERRORS.iter().all(|(kind, _)| wire::json_number(*kind) < wire::JWK_REASONS));
    let is_claim = |name: &ClaimName| wire::claim_number(*name) != wire::REQUIRED_CLAIM;
    assert!(ClaimName::ALL.iter().all(is_claim));
    // 0 is no code: the token was accepted.
    assert!(Code::ALL.iter().all(|code| wire::code_number(*code) > 0));
}
