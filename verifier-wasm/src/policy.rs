//! The policy that JavaScript writes into the buffer, in the layout of [`wire`](crate::wire).

use alloc::string::String;
use alloc::vec::Vec;

use crate::wire::{ANY_AUDIENCE, REQUIRE_AT_JWT};
use verifier_core::{Audience, Policy, PolicyOptions};

/// Reads a policy. Returns `None` for another layout, and for options that make no policy, which
/// `js/options.ts` has refused.
pub(crate) fn read(text: &[u8]) -> Option<Policy> {
    let mut fields = Fields { rest: text, is_cut: false };
    let leeway_seconds = fields.number().into();
    let future_leeway_seconds = fields.number().into();
    let flags = fields.number();
    let token_type = fields.list().pop();
    let issuers = fields.list();
    let audiences = fields.list();
    let required_claims = fields.list();
    let options = PolicyOptions {
        leeway_seconds,
        future_leeway_seconds,
        token_type,
        issuer: Some(issuers).filter(|issuers| !issuers.is_empty()),
        audience: match (flags & ANY_AUDIENCE != 0, audiences.is_empty()) {
            (true, _) => Audience::Any,
            (false, true) => Audience::Absent,
            (false, false) => Audience::OneOf(audiences),
        },
        require_at_jwt: flags & REQUIRE_AT_JWT != 0,
        required_claims,
    };
    if fields.is_cut { None } else { Policy::new(options).ok() }
}

/// The fields that are still to be read. A field that is cut off is empty, which costs less than
/// an error at each of them.
struct Fields<'a> {
    rest: &'a [u8],
    is_cut: bool,
}

impl<'a> Fields<'a> {
    fn number(&mut self) -> u32 {
        self.take(4).first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }

    fn list(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        for _ in 0..self.number() {
            let length = self.number();
            let text = self.take(length as usize);
            if self.is_cut {
                break;
            }
            texts.push(core::str::from_utf8(text).unwrap_or_default().into());
        }
        texts
    }

    fn take(&mut self, bytes: usize) -> &'a [u8] {
        let Some((field, rest)) = self.rest.split_at_checked(bytes) else {
            self.is_cut = true;
            return &[];
        };
        self.rest = rest;
        field
    }
}
