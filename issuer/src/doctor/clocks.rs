//! Clocks: a service whose clock is behind rejects new tokens; where it is ahead, tokens expire
//! early.

use chrono::TimeDelta;
use verifier_core::DEFAULT_FUTURE_LEEWAY_SECONDS;

use super::client::Response;
use super::finding::Finding;

/// `Date` has whole seconds, and servers update it once a second.
const RESOLUTION: TimeDelta = TimeDelta::seconds(2);
/// Largest tolerable loss of a token's lifetime.
const TOLERABLE: TimeDelta = TimeDelta::seconds(60);
/// How far another clock may be ahead for a verifier with the default policy.
const ACCEPTED: TimeDelta = TimeDelta::seconds(DEFAULT_FUTURE_LEEWAY_SECONDS.cast_signed());
const ADVICE: &str = "synchronize it by NTP";
const ADVICE_BEHIND: &str =
    "synchronize it by NTP; until then, raise the edge's setting `future_leeway`";
const ADVICE_AHEAD: &str = "synchronize it by NTP; until then, raise the edge's setting `leeway`";

/// Bounds of the difference between a clock and the clock of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Offset {
    least: TimeDelta,
    most: TimeDelta,
}

impl Offset {
    fn of(response: &Response) -> Option<Self> {
        let date = response.date()?;
        Some(Self {
            least: date - response.received_at,
            most: date + RESOLUTION - response.sent_at,
        })
    }

    /// Returns the smallest possible difference to `other`, positive when ahead.
    fn from(self, other: Self) -> TimeDelta {
        if self.least > other.most {
            self.least - other.most
        } else if self.most < other.least {
            self.most - other.least
        } else {
            TimeDelta::zero()
        }
    }
}

const HERE: Offset = Offset { least: TimeDelta::zero(), most: TimeDelta::zero() };

/// Compares the clocks of this machine, the issuer and the edge, by a response of each.
pub(super) fn compare(
    issuer: Option<&Response>,
    edge: Option<&Response>,
    findings: &mut Vec<Finding>,
) {
    let (issuer, edge) = (issuer.map(Offset::of), edge.map(Offset::of));
    match issuer {
        Some(Some(issuer)) => findings.push(here(issuer.from(HERE))),
        Some(None) => {
            findings.push(Finding::skipped("issuer_clock", "the issuer's responses have no Date"))
        }
        None => {}
    }
    match (edge, issuer) {
        (Some(Some(edge)), Some(Some(issuer))) => {
            findings.push(edge_against(edge.from(issuer), "issuer"))
        }
        (Some(Some(edge)), _) => {
            findings.push(edge_against(edge.from(HERE), "clock of this machine"))
        }
        (Some(None), _) => {
            findings.push(Finding::skipped("edge_clock", "the edge's responses have no Date"))
        }
        (None, _) => {}
    }
}

fn here(ahead: TimeDelta) -> Finding {
    const CHECK: &str = "issuer_clock";
    match ahead.num_seconds() {
        0 => Finding::ok(CHECK, "the issuer's clock agrees with this machine, to two seconds"),
        seconds @ 1.. => Finding::warning(
            CHECK,
            format!("the issuer's clock is at least {seconds} s ahead of this machine"),
            ADVICE,
        ),
        seconds => Finding::warning(
            CHECK,
            format!("the issuer's clock is at least {} s behind this machine", -seconds),
            ADVICE,
        ),
    }
}

fn edge_against(ahead: TimeDelta, what: &str) -> Finding {
    const CHECK: &str = "edge_clock";
    let seconds = ahead.num_seconds();
    if ahead < TimeDelta::seconds(-1) {
        let behind = format!("the edge is at least {} s behind the {what}", -seconds);
        if -ahead > ACCEPTED {
            return Finding::problem(
                CHECK,
                format!("{behind}: it rejects new tokens for that long"),
                ADVICE_BEHIND,
            );
        }
        let text = format!("{behind}: without a future leeway it rejects new tokens for that long");
        Finding::warning(CHECK, text, ADVICE_BEHIND)
    } else if ahead > TOLERABLE {
        let text = format!(
            "the edge is at least {seconds} s ahead of the {what}: tokens expire there that much \
             earlier"
        );
        Finding::problem(CHECK, text, ADVICE_AHEAD)
    } else if ahead >= TimeDelta::seconds(1) {
        let text = format!(
            "the edge is at least {seconds} s ahead of the {what}: tokens expire there that much \
             earlier"
        );
        Finding::warning(CHECK, text, ADVICE_AHEAD)
    } else {
        Finding::ok(CHECK, format!("the edge and the {what} agree, to two seconds"))
    }
}
