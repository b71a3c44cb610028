//! Tests of the public API, in one program: each further test program would be linked on its own.

mod allocations;
mod code_table;
mod key_texts;
mod laws;
mod published_vectors;
mod pyjwt;
mod standards;
mod status_lists;
mod vectors;
mod verdicts;

use verifier_core::{Policy, PolicyOptions};

fn policy(options: PolicyOptions) -> Policy {
    Policy::new(options).expect("the options make a policy")
}
