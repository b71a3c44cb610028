//! Token Status Lists, in the module of `@dojang/verifier/status` only.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::store::{Store, taken};
use crate::unix_time;

/// The verdict of a verifier on the status list in the room, `bytes` bytes long, of the address
/// behind it, `uri` bytes long, at `now`; returns as [`verify`](crate::verify) does, and the
/// payload of an accepted list says what it lists.
#[wasm_bindgen]
#[must_use]
pub fn status_list(verifier: usize, bytes: usize, uri: i32, now: f64) -> usize {
    Store::answered(|store| {
        // A list may be 64 times as long as a token: the room does not stay that large.
        let text = core::mem::take(&mut store.text);
        let verifier = store.verifiers.get(verifier)?.as_ref()?;
        let (list, mut rest) = text.split_at_checked(bytes)?;
        let uri = taken(&mut rest, uri)??;
        let verdict =
            verifier.verify_status_list_in(&mut store.segments, list, &uri, unix_time(now));
        Some(verdict.map(|_| 0))
    })
}
