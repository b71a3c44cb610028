//! The step-by-step verdict, in the module of `@dojang/verifier/explain` only: the plain one stays as small as it is.

use verifier_core::Outcome;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{TokenVerifier, unix_time};

#[wasm_bindgen]
impl TokenVerifier {
    /// How many checks the token in the room passes; they are made in their order up to the one that fails.
    #[must_use]
    pub fn passed(&self, bytes: usize, now: f64) -> usize {
        let (Some(verifier), Some(token)) = (&self.verifier, self.text.get(..bytes)) else { return 0 };
        let explanation = verifier.explain(token, unix_time(now));
        explanation.steps.iter().take_while(|step| step.outcome == Outcome::Passed).count()
    }
}
