//! Token Status Lists (draft-ietf-oauth-status-list): one bit for each session, compressed and
//! signed.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::DateTime;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use jwt_compact::Claims;
use serde::Serialize;
use tokio::sync::Mutex;

use super::Records;
use crate::base_url::BaseUrl;
use crate::clock::Clock;
use crate::keys::{self, LiveKeys, SignError};
use crate::random::{Random, RandomError};
use crate::storage::StorageError;

/// Sessions in one list: 16 KiB before compression.
pub const LIST_SIZE: u32 = 1 << 17;
/// Lists beyond this number are not made: place for 134 million sessions at once.
const MAX_LISTS: u32 = 1_024;
/// Random places tried in a list before the next one is. A list that is nine tenths full is left
/// by two thirds.
const TRIES_IN_A_LIST: u32 = 4;
/// Lists tried for one session.
const LISTS_TRIED: u32 = 8;
/// Built lists that are kept; more are built again when asked for.
const KEPT: usize = 64;
/// A list that was built is served for so long before the database is asked again.
const FRESH: Duration = Duration::from_secs(1);
/// A list expires after so many times its `ttl`.
const LIVES: u32 = 10;

/// Names lists and finds places in them.
#[derive(Debug, Clone)]
pub struct StatusLists {
    base: BaseUrl,
}

impl StatusLists {
    /// Lists that are fetched below this URL.
    #[must_use]
    pub fn new(base: BaseUrl) -> Self {
        Self { base }
    }

    /// The URI of a list: the `sub` of the list, and the `uri` of the tokens that name it.
    #[must_use]
    pub fn uri(&self, list: i64) -> String {
        self.base.at(&format!("/api/token/status/{list}"))
    }

    /// List and index to try; `None` when this attempt is one too many. Indices are random, so
    /// that they say nothing about order and number of logins.
    pub(crate) fn place(
        &self,
        attempt: u32,
        random: &dyn Random,
    ) -> Result<Option<(i64, i64)>, RandomError> {
        let list = match attempt / TRIES_IN_A_LIST {
            list @ 0..LISTS_TRIED => list,
            LISTS_TRIED => {
                // Those are crowded: one anywhere.
                let mut bytes = [0; 4];
                random.fill(&mut bytes)?;
                u32::from_be_bytes(bytes) % MAX_LISTS
            }
            _ => return Ok(None),
        };
        let mut bytes = [0; 4];
        random.fill(&mut bytes)?;
        // The size is a power of two: no index is likelier than another.
        Ok(Some((i64::from(list), i64::from(u32::from_be_bytes(bytes) % LIST_SIZE))))
    }
}

/// A list could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The list could not be compressed.
    #[error("a status list could not be compressed: {0}")]
    Compression(#[from] std::io::Error),
    /// The list could not be signed.
    #[error("a status list could not be signed: {0}")]
    Signing(#[from] SignError),
}

/// A Status List Token as it is served.
#[derive(Debug, Clone)]
pub struct ListToken {
    /// The JWT.
    pub jwt: Arc<str>,
    /// A strong entity tag, quotes included.
    pub etag: Arc<str>,
    /// Seconds for which it may still be cached.
    pub max_age: i64,
}

struct Built {
    jwt: Arc<str>,
    etag: Arc<str>,
    bits_digest: Vec<u8>,
    kid: String,
    issued_at: i64,
    /// When the database was asked last, by the monotonic clock; `None`: ask it again.
    looked_at: Option<Duration>,
}

#[derive(Serialize)]
struct ListClaims {
    sub: String,
    ttl: u32,
    status_list: Lst,
}

#[derive(Serialize)]
struct Lst {
    bits: u8,
    lst: String,
}

/// Makes and keeps the lists that are served.
pub struct StatusListService {
    lists: StatusLists,
    ttl: u32,
    keys: Arc<LiveKeys>,
    storage: Records,
    clock: Arc<dyn Clock>,
    built: Mutex<HashMap<i64, Built>>,
    stale: std::sync::atomic::AtomicBool,
}

impl StatusListService {
    /// Lists that readers may keep for `ttl` seconds.
    #[must_use]
    pub fn new(
        lists: StatusLists,
        ttl: u32,
        keys: Arc<LiveKeys>,
        storage: Records,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            lists,
            ttl,
            keys,
            storage,
            clock,
            built: Mutex::new(HashMap::new()),
            stale: false.into(),
        }
    }

    /// Asks the database again at the next request.
    pub fn look_again(&self) {
        self.stale.store(true, std::sync::atomic::Ordering::Release);
    }

    /// The list of this number; `None` when no session is in it.
    ///
    /// One at a time is made, however many ask.
    ///
    /// # Errors
    /// When the database or the signer fails.
    pub async fn list(&self, number: i64) -> Result<Option<ListToken>, ListError> {
        if !(0..i64::from(MAX_LISTS)).contains(&number) {
            return Ok(None);
        }
        let mut built = self.built.lock().await;
        if self.stale.swap(false, std::sync::atomic::Ordering::AcqRel) {
            for list in built.values_mut() {
                list.looked_at = None;
            }
        }
        let now = self.clock.now().timestamp();
        let monotonic = self.clock.monotonic();
        let keys = self.keys.current();
        if let Some(list) = built.get(&number)
            && list.looked_at.is_some_and(|looked_at| monotonic.saturating_sub(looked_at) < FRESH)
            && self.serves(list, now, keys.signing.kid())
        {
            return Ok(Some(self.token(list, now)));
        }
        let Some(revoked) = self.storage.revoked_in_list(number).await? else {
            built.remove(&number);
            return Ok(None);
        };
        let bits = bits(&revoked);
        let bits_digest = digest(&SHA256, &bits).as_ref().to_vec();
        // The same list is the same text, so that readers who know it are not sent it again.
        if let Some(list) = built.get_mut(&number)
            && list.bits_digest == bits_digest
            && self.serves(list, now, keys.signing.kid())
        {
            list.looked_at = Some(monotonic);
            return Ok(Some(self.token(list, now)));
        }
        let jwt = self.sign(number, &bits, now)?;
        let hash = digest(&SHA256, jwt.as_bytes());
        let list = Built {
            etag: format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])).into(),
            jwt: jwt.into(),
            bits_digest,
            kid: keys.signing.kid().to_owned(),
            issued_at: now,
            looked_at: Some(monotonic),
        };
        let token = self.token(&list, now);
        if built.len() >= KEPT
            && let Some(oldest) =
                built.iter().min_by_key(|(_, list)| list.issued_at).map(|(number, _)| *number)
        {
            built.remove(&oldest);
        }
        built.insert(number, list);
        Ok(Some(token))
    }

    /// Half of its time, then there is a newer one; never one of another key.
    fn serves(&self, list: &Built, now: i64, kid: &str) -> bool {
        list.kid == kid
            && (list.issued_at..=list.issued_at + i64::from(self.ttl / 2)).contains(&now)
    }

    fn token(&self, list: &Built, now: i64) -> ListToken {
        let max_age = list.issued_at + i64::from(self.ttl) - now;
        ListToken { jwt: Arc::clone(&list.jwt), etag: Arc::clone(&list.etag), max_age }
    }

    fn sign(&self, number: i64, bits: &[u8], now: i64) -> Result<String, ListError> {
        let lst = BASE64_URL_SAFE_NO_PAD.encode(compressed(bits)?);
        let claims = ListClaims {
            sub: self.lists.uri(number),
            ttl: self.ttl,
            status_list: Lst { bits: 1, lst },
        };
        let mut claims = Claims::new(claims);
        claims.issued_at = DateTime::from_timestamp(now, 0);
        claims.expiration =
            DateTime::from_timestamp(now + i64::from(self.ttl) * i64::from(LIVES), 0);
        Ok(keys::sign("statuslist+jwt", &claims, &self.keys.current().signing)?)
    }
}

/// One bit for each index, least significant first within a byte; 1: INVALID.
fn bits(revoked: &[i64]) -> Vec<u8> {
    let mut bytes = vec![0_u8; LIST_SIZE as usize / 8];
    for idx in revoked.iter().filter_map(|idx| usize::try_from(*idx).ok()) {
        if let Some(byte) = bytes.get_mut(idx / 8) {
            *byte |= 1 << (idx % 8);
        }
    }
    bytes
}

/// DEFLATE in the ZLIB format (RFC 1950).
fn compressed(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_from_the_least_significant_one() {
        // The first example of the draft's section "Status List": 0xB9, 0xA3.
        let bytes = bits(&[0, 3, 4, 5, 7, 8, 9, 13, 15]);
        assert_eq!((bytes[..2].to_vec(), bytes.len()), (vec![0xb9, 0xa3], 16 * 1024));
        assert!(bytes[2..].iter().all(|&byte| byte == 0));
        assert_eq!(
            bits(&[-1, i64::from(LIST_SIZE), i64::MAX]),
            bits(&[]),
            "no index leads out of the list"
        );
    }

    #[test]
    fn the_stream_is_zlib() {
        let bytes = compressed(&[0xb9, 0xa3]).expect("memory does not fail");
        assert_eq!(bytes[0] & 0x0f, 8, "the compression method of RFC 1950");
        assert_eq!(u16::from_be_bytes([bytes[0], bytes[1]]) % 31, 0, "its check");
    }

    #[test]
    fn a_list_is_below_the_public_url() {
        for (text, uri) in [
            ("https://a.example", "https://a.example/api/token/status/3"),
            ("https://a.example/", "https://a.example/api/token/status/3"),
            ("http://127.0.0.1:8000/auth/", "http://127.0.0.1:8000/auth/api/token/status/3"),
        ] {
            assert_eq!(StatusLists::new(text.parse().expect(text)).uri(3), uri);
        }
    }
}
