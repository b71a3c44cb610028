//! Token Status Lists (IETF draft-ietf-oauth-status-list): fetched from the issuer, verified with
//! its keys, kept for their `ttl` in the instance and shared with the others through the key-value
//! store.
//!
//! - One fetch of a list at a time, of all instances; requests that need its outcome wait for it.
//! - A list in use is fetched again in the background when a quarter of its time is left.
//! - A list whose time is over says nothing good any more: while the issuer cannot be reached, it
//!   only still refuses. So does the copy in the store, however old, for an instance that never had
//!   the list, or no longer has it.
//! - What is kept is bounded: [`MAX_LISTS`] lists, each within [`list::MAX_BYTES`].

pub mod list;
pub mod reference;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use verifier_core::{MAX_STATUS_LIST_BYTES, StatusList, UnixTime};

use crate::attempts::{Attempt, Attempts, Claim, FIRST_LOOK, Failure, LAST_LOOK, NEXT_LOOK, Wish};
use crate::fetching::{Fetching, Freshness, LOOK_AGAIN, Shown, is_due};
use crate::health::ListStatus;
use crate::host::{Document, FetchError, FetchLimits, Host};
use crate::keys::Keys;
use crate::shared::{Entry, STATUS_LIST};
use list::Statuses;
use reference::{AllowedAddresses, ListAddress};

/// Lists that an instance keeps; the one that was not used for the longest time makes room.
pub const MAX_LISTS: usize = 8;

/// How long a list is kept that does not say it.
pub const DEFAULT_TTL: Duration = Duration::from_secs(60);

/// How long a list is kept at most, whatever it says.
pub const MAX_TTL: Duration = Duration::from_secs(3600);

/// Pause after a failed fetch.
pub const RETRY_AFTER: Duration = Duration::from_secs(5);

/// How much longer than its time the attempt of another instance is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The key in the store with the address of the list that was fetched last, for `GET /`.
const LATEST: &str = "latest/status-list";

/// What one fetch may take.
const LIMITS: FetchLimits =
    FetchLimits { time: Duration::from_secs(5), body: MAX_STATUS_LIST_BYTES };

/// What a place in a list says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The status; 0 is a token that counts.
    Status(u8),
    /// The list has no such place.
    OutOfRange,
    /// There is no list now, or only one whose time is over: with its status, when it has one.
    Unknown(Option<u8>),
}

/// The lists of an instance.
#[derive(Debug)]
pub struct StatusLists {
    slots: Mutex<Vec<Slot>>,
    attempts: Attempts,
}

impl Default for StatusLists {
    fn default() -> Self {
        Self { slots: Mutex::default(), attempts: Attempts::new(STATUS_LIST) }
    }
}

/// One address and what is known of it.
#[derive(Debug)]
struct Slot {
    address: ListAddress,
    known: Option<Known>,
    /// Until when no attempt is made, and why the last one failed; cleared by the next success.
    failure: Option<(Duration, String)>,
    fetching: Arc<AtomicBool>,
    used_at: Duration,
    /// Whether it was looked up since it was fetched: only such lists are fetched in the
    /// background.
    is_used: bool,
}

#[derive(Clone, Debug)]
struct Known {
    statuses: Arc<Statuses>,
    fetched_at: u64,
    freshness: Freshness,
}

/// What a request has to do next.
enum Next {
    Use(Arc<Statuses>),
    Down(Option<Arc<Statuses>>),
    Wait,
    Fetch,
}

impl StatusLists {
    /// Looks a place up, in a list that is fetched if need be.
    pub async fn look_up(
        &self,
        address: &ListAddress,
        index: u64,
        keys: &Keys,
        host: &impl Host,
    ) -> Lookup {
        loop {
            match self.next(address, host.uptime()) {
                Next::Use(statuses) => {
                    return statuses.get(index).map_or(Lookup::OutOfRange, Lookup::Status);
                }
                Next::Down(old) => return Lookup::Unknown(old.and_then(|old| old.get(index))),
                Next::Wait => host.sleep(LOOK_AGAIN).await,
                Next::Fetch => self.fetch(address, false, keys, host).await,
            }
        }
    }

    /// Whether [`Self::refresh`] has something to do.
    pub fn is_due(&self, host: &impl Host) -> bool {
        let now = host.uptime();
        self.slots().iter().any(|slot| slot.is_due(now))
    }

    /// Fetches a list that is in use and due, while requests go on using what there is.
    pub async fn refresh(&self, keys: &Keys, host: &impl Host) {
        let now = host.uptime();
        let due =
            self.slots().iter().find(|slot| slot.is_due(now)).map(|slot| slot.address.clone());
        if let Some(address) = due {
            self.fetch(&address, true, keys, host).await;
        }
    }

    /// For `GET /`: the lists that are kept.
    pub fn status(&self, host: &impl Host) -> ListStatus {
        let now = host.uptime();
        let slots = self.slots();
        let known = || slots.iter().filter_map(|slot| slot.known.as_ref());
        ListStatus {
            count: known().count(),
            age_seconds: known().map(|known| known.freshness.age(now).as_secs()).max(),
            stale: known().any(|known| !known.freshness.is_fresh(now)),
            problem: slots.iter().find_map(|slot| {
                slot.failure.as_ref().map(|(_, why)| format!("{}: {why}", Shown(&slot.address.uri)))
            }),
        }
    }

    /// For `GET /` of an instance that has no list: the list in the store that was fetched last, by
    /// any instance, or the reason why it was not.
    pub async fn shared_status(&self, allowed: &AllowedAddresses, host: &impl Host) -> ListStatus {
        let latest =
            host.load(LATEST).await.ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(address) = latest.and_then(|text| allowed.admit(&text)) else {
            return ListStatus::default();
        };
        let copy = Entry::load(STATUS_LIST, &address.uri, host).await;
        let failure = self.attempts.last_failure(&address.uri, host).await;
        ListStatus {
            count: usize::from(copy.is_some()),
            age_seconds: copy.as_ref().map(|copy| copy.age(host).as_secs()),
            stale: copy.is_some_and(|copy| copy.age(host) >= copy.lifetime()),
            problem: failure.map(|failure| format!("{}: {}", Shown(&address.uri), failure.why)),
        }
    }

    fn next(&self, address: &ListAddress, now: Duration) -> Next {
        let mut slots = self.slots();
        let slot = slot_of(&mut slots, address, now);
        slot.used_at = now;
        slot.is_used = true;
        let is_fetching = slot.fetching.load(Ordering::Relaxed);
        if let Some(known) = slot.known.as_ref().filter(|known| known.freshness.is_fresh(now)) {
            return Next::Use(known.statuses.clone());
        }
        match &slot.failure {
            // Only the one request that tries again waits for an issuer that is in trouble.
            Some((until, _)) if is_fetching || now < *until => {
                Next::Down(slot.known.as_ref().map(|known| known.statuses.clone()))
            }
            _ if is_fetching => Next::Wait,
            _ => Next::Fetch,
        }
    }

    async fn fetch(
        &self,
        address: &ListAddress,
        in_background: bool,
        keys: &Keys,
        host: &impl Host,
    ) {
        let flag = slot_of(&mut self.slots(), address, host.uptime()).fetching.clone();
        let Some(_fetching) = Fetching::begin(&flag) else { return };
        let Some(attempt) = self.turn(address, in_background, keys, host).await else { return };
        // What fails here is reported by the probe of the store.
        let _ = host.save(LATEST, address.text.as_bytes()).await;
        match fetch_list(address, keys, host).await {
            Ok((statuses, entry)) => {
                self.adopt(address, statuses, &entry, host);
                entry.save(STATUS_LIST, &address.uri, host).await;
                attempt.succeeded(host).await;
            }
            Err(why) => {
                host.log(format_args!(
                    "warning: status list not fetched from {}: {why}",
                    Shown(&address.uri)
                ));
                attempt.failed(&why, host).await;
                self.note(address, Failure { age: Duration::ZERO, why }, host);
            }
        }
    }

    /// Waits for what other instances do. Returns the attempt that this one is to make; nothing
    /// when it need not or may not fetch.
    async fn turn(
        &self,
        address: &ListAddress,
        in_background: bool,
        keys: &Keys,
        host: &impl Host,
    ) -> Option<Attempt> {
        let (began, mut pause) = (host.uptime(), FIRST_LOOK);
        loop {
            if let Some(copy) = Entry::load(STATUS_LIST, &address.uri, host).await
                && self.take_over(address, &copy, in_background, keys, host).await
            {
                return None;
            }
            let wish = Wish { time: LIMITS.time, pause: RETRY_AFTER, cooldown: None };
            let failure = match self.attempts.claim(&address.uri, wish, host).await {
                Claim::Granted(attempt) => return Some(attempt),
                Claim::Paused(failure) => failure,
                Claim::CoolingDown => return None,
                Claim::Elsewhere(_) if in_background => return None,
                // The issuer is in trouble: only the request that tries again waits for it.
                Claim::Elsewhere(Some(failure)) => {
                    Failure { age: RETRY_AFTER - NEXT_LOOK, ..failure }
                }
                Claim::Elsewhere(None) => {
                    if host.uptime().saturating_sub(began) < LIMITS.time + LONGEST_WAIT {
                        host.sleep(pause).await;
                        pause = (pause * 2).min(LAST_LOOK);
                        continue;
                    }
                    Failure { age: RETRY_AFTER - NEXT_LOOK, why: FetchError::TimedOut.to_string() }
                }
            };
            self.note(address, failure, host);
            return None;
        }
    }

    /// Uses the copy in the store if it is newer than what this instance has. Returns whether it is
    /// what is wanted; one whose time is over only goes on refusing.
    async fn take_over(
        &self,
        address: &ListAddress,
        copy: &Entry,
        in_background: bool,
        keys: &Keys,
        host: &impl Host,
    ) -> bool {
        let age = copy.age(host);
        let known = slot_of(&mut self.slots(), address, host.uptime())
            .known
            .as_ref()
            .map(|known| known.fetched_at);
        if known.is_some_and(|known| known >= copy.fetched_at) {
            return false;
        }
        let is_fresh = age < copy.lifetime();
        // An old one is verified as of the time when it was fetched: it was good then.
        let as_of = if is_fresh { host.now() } else { copy.fetch_time() };
        let Ok((statuses, _)) = understand(address, &copy.text, as_of, keys, host).await else {
            return false;
        };
        self.adopt(address, statuses, copy, host);
        if in_background { !is_due(age, copy.lifetime()) } else { is_fresh }
    }

    fn note(&self, address: &ListAddress, failure: Failure, host: &impl Host) {
        let now = host.uptime();
        let until = now + RETRY_AFTER.saturating_sub(failure.age);
        slot_of(&mut self.slots(), address, now).failure = Some((until, failure.why));
    }

    fn adopt(&self, address: &ListAddress, statuses: Statuses, entry: &Entry, host: &impl Host) {
        let now = host.uptime();
        let freshness = Freshness::of(entry, host);
        let mut slots = self.slots();
        let slot = slot_of(&mut slots, address, now);
        slot.known =
            Some(Known { statuses: Arc::new(statuses), fetched_at: entry.fetched_at, freshness });
        if freshness.is_fresh(now) {
            slot.failure = None;
            slot.is_used = false;
        }
    }

    /// Never held across an `.await`.
    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn is_due(&self, now: Duration) -> bool {
        let is_pausing = self.failure.as_ref().is_some_and(|(until, _)| now < *until);
        let is_due = self.known.as_ref().is_some_and(|known| known.freshness.is_due(now));
        is_due && self.is_used && !is_pausing && !self.fetching.load(Ordering::Relaxed)
    }
}

/// The slot of an address, which may take the place of another's.
fn slot_of<'a>(slots: &'a mut Vec<Slot>, address: &ListAddress, now: Duration) -> &'a mut Slot {
    let at = slots.iter().position(|slot| slot.address == *address).unwrap_or_else(|| {
        if slots.len() >= MAX_LISTS
            && let Some((oldest, _)) = slots.iter().enumerate().min_by_key(|(_, slot)| slot.used_at)
        {
            slots.swap_remove(oldest);
        }
        let (address, fetching) = (address.clone(), Arc::default());
        slots.push(Slot {
            address,
            known: None,
            failure: None,
            fetching,
            used_at: now,
            is_used: false,
        });
        slots.len() - 1
    });
    &mut slots[at]
}

async fn fetch_list(
    address: &ListAddress,
    keys: &Keys,
    host: &impl Host,
) -> Result<(Statuses, Entry), String> {
    let fetched = host
        .get(&address.uri, Document::StatusList, LIMITS)
        .await
        .map_err(|error| error.to_string())?;
    let now = host.now();
    let (statuses, lifetime) = understand(address, &fetched.text, now, keys, host).await?;
    Ok((statuses, Entry::new(&address.uri, fetched.text, lifetime, now)))
}

/// Verifies a list as of a time and inflates it; with the time for which it may be kept then,
/// which is at least a second.
async fn understand(
    address: &ListAddress,
    text: &str,
    now: UnixTime,
    keys: &Keys,
    host: &impl Host,
) -> Result<(Statuses, Duration), String> {
    // What surrounds a document is no part of it.
    let list = keys.verify_status_list(text.trim_ascii(), &address.text, now, host).await?;
    let lifetime = lifetime(&list, now);
    if lifetime.is_zero() {
        // Within the leeway, or in its last second. Used, it would be fetched again for every
        // request.
        return Err("the list has expired".to_owned());
    }
    Ok((Statuses::inflate(&list)?, lifetime))
}

/// `ttl`, but never beyond `exp`; both go before what HTTP says of the document (section 8.2).
fn lifetime(list: &StatusList, now: UnixTime) -> Duration {
    let ttl = list.ttl_seconds().map_or(DEFAULT_TTL, Duration::from_secs).min(MAX_TTL);
    let left = list
        .expires_at()
        .map_or(MAX_TTL, |exp| Duration::from_secs(exp.as_secs().saturating_sub(now.as_secs())));
    ttl.min(left)
}

#[cfg(test)]
mod tests;
