//! Token Status Lists (draft-ietf-oauth-status-list): one bit for each session, compressed and
//! signed.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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

use super::status_lists::{LIST_SIZE, MAX_LISTS, StatusLists};
use crate::clock::Clock;
use crate::keys::{self, LiveKeys, SignError};
use crate::storage::{RevocationStore, StorageError};

/// Cached lists; others are built again on request.
const MAX_CACHED: usize = 64;
/// How long a list is served without reading the database again.
const FRESH: Duration = Duration::from_secs(1);
/// A list expires after this many times its `ttl`.
const TTLS_TO_EXPIRY: u32 = 10;

/// A list cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The list could not be compressed.
    #[error("a status list could not be compressed: {0}")]
    Compression(#[from] io::Error),
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

struct CachedList {
    jwt: Arc<str>,
    etag: Arc<str>,
    bits_digest: Vec<u8>,
    kid: String,
    issued_at: i64,
    /// When the database was last read, by the monotonic clock; `None` to read it again.
    checked_at: Option<Duration>,
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

/// Builds and caches the lists.
pub struct StatusListService {
    lists: StatusLists,
    ttl: u32,
    keys: Arc<LiveKeys>,
    store: Arc<dyn RevocationStore>,
    clock: Arc<dyn Clock>,
    cache: Mutex<HashMap<i64, CachedList>>,
    is_stale: AtomicBool,
}

impl StatusListService {
    /// Creates a service whose lists may be cached for `ttl` seconds.
    #[must_use]
    pub fn new(
        lists: StatusLists,
        ttl: u32,
        keys: Arc<LiveKeys>,
        store: Arc<dyn RevocationStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (cache, is_stale) = (Mutex::default(), AtomicBool::new(false));
        Self { lists, ttl, keys, store, clock, cache, is_stale }
    }

    /// Makes the next request for each list read the database.
    pub fn invalidate(&self) {
        self.is_stale.store(true, Ordering::Release);
    }

    /// Returns the list with this number; `None` if it contains no session. Builds one list at a
    /// time, however many requests wait for it.
    ///
    /// # Errors
    /// See [`ListError`].
    pub async fn list(&self, number: i64) -> Result<Option<ListToken>, ListError> {
        if !(0..i64::from(MAX_LISTS)).contains(&number) {
            return Ok(None);
        }
        let mut cache = self.cache.lock().await;
        if self.is_stale.swap(false, Ordering::AcqRel) {
            for list in cache.values_mut() {
                list.checked_at = None;
            }
        }
        let now = self.clock.now().timestamp();
        let monotonic = self.clock.monotonic();
        let keys = self.keys.current();
        let is_fresh = |list: &CachedList| {
            list.checked_at.is_some_and(|checked_at| monotonic.saturating_sub(checked_at) < FRESH)
        };
        if let Some(list) = cache.get(&number)
            && is_fresh(list)
            && self.is_valid(list, now, keys.signing.kid())
        {
            return Ok(Some(self.token(list, now)));
        }
        let Some(revoked) = self.store.revoked_in_list(number).await? else {
            cache.remove(&number);
            return Ok(None);
        };
        let bits = bits(&revoked);
        let bits_digest = digest(&SHA256, &bits).as_ref().to_vec();
        // An unchanged list keeps its text, so that readers who have it get a 304.
        if let Some(list) = cache.get_mut(&number)
            && list.bits_digest == bits_digest
            && self.is_valid(list, now, keys.signing.kid())
        {
            list.checked_at = Some(monotonic);
            return Ok(Some(self.token(list, now)));
        }
        let jwt = self.sign(number, &bits, now)?;
        let hash = digest(&SHA256, jwt.as_bytes());
        let list = CachedList {
            etag: format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])).into(),
            jwt: jwt.into(),
            bits_digest,
            kid: keys.signing.kid().to_owned(),
            issued_at: now,
            checked_at: Some(monotonic),
        };
        let token = self.token(&list, now);
        if cache.len() >= MAX_CACHED
            && let Some(oldest) =
                cache.iter().min_by_key(|(_, list)| list.issued_at).map(|(number, _)| *number)
        {
            cache.remove(&oldest);
        }
        cache.insert(number, list);
        Ok(Some(token))
    }

    /// Returns whether a list may still be served: until half of its `ttl`, and only with the key
    /// that signs now.
    fn is_valid(&self, list: &CachedList, now: i64, kid: &str) -> bool {
        list.kid == kid
            && (list.issued_at..=list.issued_at + i64::from(self.ttl / 2)).contains(&now)
    }

    fn token(&self, list: &CachedList, now: i64) -> ListToken {
        let max_age = list.issued_at + i64::from(self.ttl) - now;
        ListToken { jwt: Arc::clone(&list.jwt), etag: Arc::clone(&list.etag), max_age }
    }

    fn sign(&self, number: i64, bits: &[u8], now: i64) -> Result<String, ListError> {
        let lst = BASE64_URL_SAFE_NO_PAD.encode(compress(bits)?);
        let mut claims = Claims::new(ListClaims {
            sub: self.lists.uri(number),
            ttl: self.ttl,
            status_list: Lst { bits: 1, lst },
        });
        let lifetime = i64::from(self.ttl) * i64::from(TTLS_TO_EXPIRY);
        claims.issued_at = DateTime::from_timestamp(now, 0);
        claims.expiration = DateTime::from_timestamp(now + lifetime, 0);
        Ok(keys::sign("statuslist+jwt", &claims, &self.keys.current().signing)?)
    }
}

/// Sets one bit for each index, the least significant of a byte first; 1 is INVALID.
fn bits(revoked: &[i64]) -> Vec<u8> {
    let mut bytes = vec![0_u8; LIST_SIZE as usize / 8];
    for index in revoked.iter().filter_map(|index| usize::try_from(*index).ok()) {
        if let Some(byte) = bytes.get_mut(index / 8) {
            *byte |= 1 << (index % 8);
        }
    }
    bytes
}

/// Compresses with DEFLATE in the ZLIB format (RFC 1950).
fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
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
        let outside = [-1, i64::from(LIST_SIZE), i64::MAX];
        assert_eq!(bits(&outside), bits(&[]), "indices outside the list are ignored");
    }

    #[test]
    fn the_stream_is_zlib() {
        let bytes = compress(&[0xb9, 0xa3]).expect("memory does not fail");
        assert_eq!(bytes[0] & 0x0f, 8, "the compression method of RFC 1950");
        assert_eq!(u16::from_be_bytes([bytes[0], bytes[1]]) % 31, 0, "its check");
    }
}
