//! The clocks: a token is refused by a service whose clock is behind, and expires early where it
//! is ahead.

use chrono::TimeDelta;
use verifier_core::DEFAULT_FUTURE_LEEWAY_SECONDS;

use super::Finding;
use super::web::Answer;

/// `Date` has whole seconds, and servers renew it once a second.
const RESOLUTION: TimeDelta = TimeDelta::seconds(2);
/// So much of a token's life may be lost before it is a problem.
const BEARABLE: TimeDelta = TimeDelta::seconds(60);
/// A verifier with the default policy accepts tokens of a clock that is so much ahead of its own.
const FORGIVEN: TimeDelta = TimeDelta::seconds(DEFAULT_FUTURE_LEEWAY_SECONDS.cast_signed());
const ADVICE: &str = "let NTP set it";
const ADVICE_BEHIND: &str =
    "let NTP set it; until then, the edge's setting `future_leeway` forgives more seconds";
const ADVICE_AHEAD: &str =
    "let NTP set it; until then, the edge's setting `leeway` forgives some seconds";

/// What a clock shows: between these, seen from the clock of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Offset {
    least: TimeDelta,
    most: TimeDelta,
}

impl Offset {
    fn of(answer: &Answer) -> Option<Self> {
        let date = answer.date()?;
        Some(Self { least: date - answer.answered, most: date + RESOLUTION - answer.asked })
    }

    /// How far it is from `other` at least, positive when ahead.
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

/// Compares this machine, the issuer and the edge; each is an answer of theirs.
pub(super) fn compare(issuer: Option<&Answer>, edge: Option<&Answer>, findings: &mut Vec<Finding>) {
    let (issuer, edge) = (issuer.map(Offset::of), edge.map(Offset::of));
    match issuer {
        Some(Some(issuer)) => findings.push(here(issuer.from(HERE))),
        Some(None) => {
            findings.push(Finding::skipped("issuer_clock", "the issuer's answers have no Date"))
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
            findings.push(Finding::skipped("edge_clock", "the edge's answers have no Date"))
        }
        (None, _) => {}
    }
}

fn here(ahead: TimeDelta) -> Finding {
    const CHECK: &str = "issuer_clock";
    match ahead.num_seconds() {
        0 => Finding::ok(CHECK, "the issuer's clock is this machine's, to two seconds"),
        seconds @ 1.. => Finding::warning(
            CHECK,
            format!("the issuer's clock is {seconds} s or more ahead of this machine"),
            ADVICE,
        ),
        seconds => Finding::warning(
            CHECK,
            format!("the issuer's clock is {} s or more behind this machine", -seconds),
            ADVICE,
        ),
    }
}

fn edge_against(ahead: TimeDelta, what: &str) -> Finding {
    const CHECK: &str = "edge_clock";
    let seconds = ahead.num_seconds();
    if ahead < TimeDelta::seconds(-1) {
        let behind = format!("the edge is {} s or more behind the {what}", -seconds);
        if -ahead > FORGIVEN {
            return Finding::problem(
                CHECK,
                format!("{behind}: it refuses new tokens so long"),
                ADVICE_BEHIND,
            );
        }
        let text = format!("{behind}: without a future leeway it refuses new tokens so long");
        Finding::warning(CHECK, text, ADVICE_BEHIND)
    } else if ahead > BEARABLE {
        let text = format!(
            "the edge is {seconds} s or more ahead of the {what}: tokens expire there so much earlier"
        );
        Finding::problem(CHECK, text, ADVICE_AHEAD)
    } else if ahead >= TimeDelta::seconds(1) {
        let text = format!(
            "the edge is {seconds} s or more ahead of the {what}: tokens expire there so much earlier"
        );
        Finding::warning(CHECK, text, ADVICE_AHEAD)
    } else {
        Finding::ok(CHECK, format!("the edge and the {what} agree, to two seconds"))
    }
}
