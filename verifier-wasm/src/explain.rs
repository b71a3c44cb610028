//! The step-by-step verdict, in the module of `@dojang/verifier/explain` only: the plain one stays as small as it is.

use alloc::string::String;
use verifier_core::{Explanation, Outcome};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::answer::{self, push, push_text};
use crate::{TokenVerifier, unix_time};

#[wasm_bindgen]
impl TokenVerifier {
    /// The verdict on `token` with what led to it, as a JSON array: an [`answer`], how many checks were passed, and the
    /// unverified texts of header and payload (null when the token has none).
    #[must_use]
    pub fn explain(&self, token: &str, now: f64) -> String {
        match &self.verifier {
            Ok(verifier) => explanation(&verifier.explain(token, unix_time(now))),
            Err(error) => answer::unusable(error),
        }
    }
}

/// Checks are passed in their order up to the one that fails, so their number says which.
fn explanation(explanation: &Explanation) -> String {
    let passed = explanation.steps.iter().take_while(|step| step.outcome == Outcome::Passed).count();
    let mut json = String::from("[");
    json.push_str(&answer::verdict(&explanation.verdict));
    push(&mut json, b',');
    answer::push_number(&mut json, passed as u64);
    for text in [&explanation.untrusted_header, &explanation.untrusted_payload] {
        push(&mut json, b',');
        match text {
            Some(text) => push_text(&mut json, text),
            None => json.push_str("null"),
        }
    }
    push(&mut json, b']');
    json
}
