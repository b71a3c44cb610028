//! Token Status Lists, in the module of `@dojang/verifier/status` only.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::{TokenVerifier, take, unix_time};

#[wasm_bindgen]
impl TokenVerifier {
    /// The verdict on the status list in the room, `bytes` bytes long, of the address behind it, `uri` bytes long, at `now`;
    /// returns as [`Self::verify`] does, and the payload of an accepted list says what it lists.
    pub fn status_list(&mut self, bytes: usize, uri: i32, now: f64) -> usize {
        // A list may be 64 times as long as a token: the room does not stay that large.
        let text = core::mem::take(&mut self.text);
        let (Some(verifier), Some((list, mut rest))) = (&self.verifier, text.split_at_checked(bytes)) else {
            return self.no_verdict();
        };
        let Some(uri) = take(&mut rest, uri) else { return self.no_verdict() };
        let verdict = verifier.verify_status_list_in(&mut self.segments, list, &uri, unix_time(now));
        self.answered(verdict.map(drop))
    }
}
