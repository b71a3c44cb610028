//! Token Status Lists, only in the module of `@dojang/verifier/status`.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::store::{Store, take_str};
use crate::time::unix_time;
use verifier_core::StatusList;

/// Verifies the status list in the buffer, `bytes` bytes long, followed by its address, `uri` bytes
/// long, at `now`. Returns the address of a reply, as [`verify`](crate::verify) does.
#[wasm_bindgen]
#[must_use]
pub fn status_list(verifier: usize, bytes: usize, uri: usize, now: f64) -> usize {
    let store = &mut *Store::lock();
    // A list can be 64 times as long as a token: release the buffer after the call.
    let text = core::mem::take(&mut store.text);
    let verdict = || {
        let verifier = store.verifier(verifier)?;
        let (list, mut rest) = text.split_at_checked(bytes)?;
        let uri = take_str(&mut rest, uri)?;
        let verdict = verifier.verify_status_list(list, uri, unix_time(now));
        Some(verdict.map(StatusList::into_segments))
    };
    let verdict = verdict();
    store.reply_to(verdict)
}
