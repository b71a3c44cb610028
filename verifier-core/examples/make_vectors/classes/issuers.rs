//! Tokens and key sets in the shapes that other issuers document, see `docs/issuers.md`: names,
//! values and keys are made up.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use test_support::claims::NOW;
use test_support::signer::Signer;

use super::Signers;
use crate::rows::{ACCEPT, Rows};

const SHAPES: &str = include_str!("../../../vectors/issuers.json");

/// The shape of one kind of token of one issuer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Shape {
    name: String,
    header: Value,
    claims: Value,
    /// JSON pointers to the claims that are seconds from now.
    instants: Vec<String>,
    /// The members of its keys, and the values of those that are not the key's own.
    key_members: Vec<String>,
    key_values: Map<String, Value>,
    /// Number of RS256 keys in its set.
    signing_keys: usize,
    other_keys: Vec<OtherKey>,
    /// The options that verify it.
    options: Value,
}

/// A key of the set that is not for RS256.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OtherKey {
    members: Vec<String>,
    values: Map<String, Value>,
}

pub fn write(rows: &mut Rows, signers: &Signers) {
    rows.class("issuers");
    let shapes: Vec<Shape> = serde_json::from_str(SHAPES).expect("the shapes are of this form");
    for shape in &shapes {
        let token = signers.main.token_with_header(&shape.header, &shape.claims());
        let set = shape.key_set(&signers.main, [&signers.other, &signers.rsa3072]);
        let theirs = shape.key_set(&signers.other, [&signers.rsa3072, &signers.rsa4096]);
        let name = |suffix: &str| -> &'static str { format!("{}-{suffix}", shape.name).leak() };
        rows.keys(name("set"), set);
        rows.keys(name("other-set"), theirs);
        let mut add = |what: &str, set: &'static str, expected, options: Value| {
            rows.add_under(
                format!("{}, {what}", shape.name),
                token.clone(),
                set,
                expected,
                options,
            );
        };
        let with = |changes: Value| {
            let mut options = shape.options.clone();
            for (name, value) in changes.as_object().expect("options are an object") {
                options[name] = value.clone();
            }
            options
        };
        let mut other_audience = with(json!({"audience": "other"}));
        other_audience.as_object_mut().expect("options are an object").remove("anyAudience");
        let own = name("set");
        add("its options", own, ACCEPT, shape.options.clone());
        add("the default options", own, "token_type_mismatch", json!({}));
        let issuer = json!({"issuer": "https://other.example"});
        add("another issuer", own, "issuer_mismatch", with(issuer));
        add("another audience", own, "audience_mismatch", other_audience);
        add(
            "a required claim missing",
            own,
            "claim_missing",
            with(json!({"requiredClaims": ["absent"]})),
        );
        add("another key", name("other-set"), "signature_invalid", shape.options.clone());
    }
}

impl Shape {
    fn claims(&self) -> Value {
        let mut claims = self.claims.clone();
        for pointer in &self.instants {
            let instant = claims.pointer_mut(pointer).expect("the claim is there");
            let seconds = instant.as_i64().expect("seconds from now");
            *instant = json!(NOW.checked_add_signed(seconds).expect("after 1970"));
        }
        claims
    }

    /// A set in which `own` has the `kid` of the token.
    fn key_set(&self, own: &Signer, others: [&Signer; 2]) -> String {
        let kid = &self.header["kid"];
        let mut keys: Vec<Value> = Vec::new();
        for other in &self.other_keys {
            keys.push(key(others[0], &other.members, &other.values, &json!("another")));
        }
        for (index, signer) in others.iter().take(self.signing_keys - 1).enumerate() {
            let kid = json!(format!("other-{index}"));
            keys.push(key(signer, &self.key_members, &self.key_values, &kid));
        }
        keys.push(key(own, &self.key_members, &self.key_values, kid));
        json!({"keys": keys}).to_string()
    }
}

/// A key with these members.
fn key(signer: &Signer, members: &[String], values: &Map<String, Value>, kid: &Value) -> Value {
    let jwk = signer.jwk();
    let value = |name: &str| match name {
        "kid" => kid.clone(),
        "use" => json!("sig"),
        "alg" => json!("RS256"),
        "kty" | "n" | "e" => jwk[name].clone(),
        "x5c" => json!(["AAAA"]),
        // Thumbprints, coordinates.
        _ => json!("AAAA"),
    };
    let members = members
        .iter()
        .map(|name| (name.clone(), values.get(name).cloned().unwrap_or_else(|| value(name))));
    members.collect::<Map<_, _>>().into()
}
