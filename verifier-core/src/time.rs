//! Instants.

/// An instant since 1970-01-01T00:00:00Z, in seconds and nanoseconds, without leap seconds (RFC
/// 7519, `NumericDate`).
///
/// The verifier reads no clock: the caller passes `now`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime {
    secs: u64,
    nanos: u32,
}

const NANOS_PER_SEC: u32 = 1_000_000_000;

impl UnixTime {
    /// The last instant. Larger values of a token saturate here and are never reached.
    pub const MAX: Self = Self { secs: u64::MAX, nanos: NANOS_PER_SEC - 1 };

    /// Creates an instant at a whole second.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self { secs, nanos: 0 }
    }

    /// Creates an instant. `nanos` of a second or more saturate at the last nanosecond of `secs`.
    #[must_use]
    pub const fn new(secs: u64, nanos: u32) -> Self {
        let nanos = if nanos < NANOS_PER_SEC { nanos } else { NANOS_PER_SEC - 1 };
        Self { secs, nanos }
    }

    /// Returns the whole seconds since 1970.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.secs
    }

    /// Returns the nanoseconds within the second.
    #[must_use]
    pub const fn subsec_nanos(self) -> u32 {
        self.nanos
    }

    /// Returns the instant `secs` seconds later, saturating.
    #[must_use]
    pub const fn saturating_add_secs(self, secs: u64) -> Self {
        match self.secs.checked_add(secs) {
            Some(secs) => Self { secs, ..self },
            None => Self::MAX,
        }
    }

    /// Returns the instant `secs` seconds earlier, or `None` before 1970.
    #[must_use]
    pub const fn checked_sub_secs(self, secs: u64) -> Option<Self> {
        match self.secs.checked_sub(secs) {
            Some(secs) => Some(Self { secs, ..self }),
            None => None,
        }
    }

    /// Returns the next nanosecond, saturating, when `condition` holds, and otherwise `self`.
    pub(crate) const fn plus_nanosecond_if(self, condition: bool) -> Self {
        if !condition {
            self
        } else if self.nanos + 1 < NANOS_PER_SEC {
            Self { nanos: self.nanos + 1, ..self }
        } else {
            match self.secs.checked_add(1) {
                Some(secs) => Self { secs, nanos: 0 },
                None => Self::MAX,
            }
        }
    }
}

impl From<core::time::Duration> for UnixTime {
    /// Returns the instant `since_epoch` after 1970-01-01T00:00:00Z.
    fn from(since_epoch: core::time::Duration) -> Self {
        Self::new(since_epoch.as_secs(), since_epoch.subsec_nanos())
    }
}

impl core::fmt::Display for UnixTime {
    /// Writes Unix seconds, with a fraction when it is not zero.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.nanos == 0 {
            write!(f, "{}", self.secs)
        } else {
            write!(f, "{}.{:09}", self.secs, self.nanos)
        }
    }
}
