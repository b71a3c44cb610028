//! Every row of the verdict table, over HTTP against the built component in the real program.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{
    Connection, Edge, Response, component, component_with_wide_arithmetic, gate, gate_app,
};
use test_support::vectors::{OneOrMore, Row, RowPolicy, Vectors};

/// Number of programs at a time.
const AT_A_TIME: usize = 3;

/// Least number of rows, so that a truncated file fails.
const LEAST_ROWS: usize = 1000;

/// A row, and how it is sent.
struct Request {
    row: Row,
    delivery: Delivery,
}

/// How a row is sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Delivery {
    /// With a token in the `Authorization` header of a program with this setup.
    Header(Setup),
    /// The resource lacks the setting, and responds with 503 and this code.
    Refused(Setup, &'static str),
    /// The token cannot be sent in a header unchanged.
    NotExpressible,
}

/// The settings of one of the programs that the table needs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Setup {
    now: u64,
    variables: Vec<(&'static str, String)>,
}

#[derive(Default)]
struct Counts {
    accepted: u32,
    refused: u32,
    not_applicable: u32,
    not_expressible: u32,
}

/// Where the tokens are sent.
struct Target {
    component: PathBuf,
    /// A gate in front of the component, which reads variables with a prefix.
    gate: Option<PathBuf>,
}

#[test]
fn every_row_of_the_verdict_table_gets_its_verdict_and_code_over_http() {
    if let Some(component) = component() {
        every_row_gets_its_verdict_and_code(&Target { component, gate: None });
    }
}

#[test]
fn so_does_every_row_with_wide_arithmetic() {
    if let Some(component) = component_with_wide_arithmetic() {
        every_row_gets_its_verdict_and_code(&Target { component, gate: None });
    }
}

#[test]
fn so_does_every_row_at_a_gate_in_front_of_a_component_that_accepts_everything() {
    if let (Some(gate), Some(component)) = (gate(), gate_app()) {
        every_row_gets_its_verdict_and_code(&Target { component, gate: Some(gate) });
    }
}

fn every_row_gets_its_verdict_and_code(target: &Target) {
    let requests = requests();
    assert!(requests.len() >= LEAST_ROWS, "{} rows", requests.len());

    let mut classes: BTreeMap<&str, Counts> = BTreeMap::new();
    let mut work: BTreeMap<&Setup, Vec<&Request>> = BTreeMap::new();
    for request in &requests {
        let counts = classes.entry(&request.row.class).or_default();
        match (&request.delivery, &request.row.code) {
            (Delivery::Header(setup), code) => {
                work.entry(setup).or_default().push(request);
                *if code.is_none() { &mut counts.accepted } else { &mut counts.refused } += 1;
            }
            (Delivery::Refused(setup, _), _) => {
                work.entry(setup).or_default().push(request);
                counts.not_applicable += 1;
            }
            (Delivery::NotExpressible, _) => counts.not_expressible += 1,
        }
    }

    let wrong = Mutex::new(Vec::new());
    let sent = AtomicUsize::new(0);
    let programs = work.len();
    let work = Mutex::new(work.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let next = work.lock().expect("not poisoned").next();
                    let Some((setup, requests)) = next else { return };
                    let edge = start(target, setup);
                    let mut connection = edge.connect();
                    for request in requests {
                        sent.fetch_add(1, Ordering::Relaxed);
                        let response = ask(&mut connection, &request.row.token);
                        if let Err(difference) = compare(request, &response) {
                            wrong.lock().expect("not poisoned").push(difference);
                        }
                    }
                }
            });
        }
    });

    println!(
        "edge: {:<24} {:>8} {:>8} {:>14} {:>15}",
        "class", "accepted", "refused", "not applicable", "not expressible"
    );
    for (class, Counts { accepted, refused, not_applicable, not_expressible }) in &classes {
        println!(
            "edge: {class:<24} {accepted:>8} {refused:>8} {not_applicable:>14} \
             {not_expressible:>15}"
        );
    }
    let sum = |count: fn(&Counts) -> u32| classes.values().map(count).sum::<u32>();
    let (not_applicable, not_expressible) =
        (sum(|counts| counts.not_applicable), sum(|counts| counts.not_expressible));
    println!(
        "edge: {} rows: {} verdicts by {programs} programs, {not_applicable} for settings the resource does not have, \
         {not_expressible} with tokens that cannot stand in a header",
        requests.len(),
        sum(|counts| counts.accepted + counts.refused),
    );
    for Request { row, delivery } in &requests {
        match delivery {
            Delivery::NotExpressible => println!("edge: not expressible in a header: {}", row.id),
            Delivery::Refused(..) => println!("edge: not applicable: {}", row.id),
            Delivery::Header(_) => {}
        }
    }
    let wrong = wrong.into_inner().expect("not poisoned");
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sent.into_inner() > requests.len() * 9 / 10, "most rows are sent");
}

fn requests() -> Vec<Request> {
    let mut table = Vectors::load();
    let rows = std::mem::take(&mut table.rows).into_iter();
    rows.map(|row| Request { delivery: delivery(&row, table.keys(&row)), row }).collect()
}

fn delivery(row: &Row, key: &str) -> Delivery {
    let RowPolicy {
        any_audience,
        audience,
        future_leeway,
        issuer,
        leeway,
        require_at_jwt,
        required_claims,
        token_type,
    } = &row.policy;
    let mut variables = vec![
        ("public_key", key.to_owned()),
        ("leeway", leeway.to_string()),
        ("future_leeway", future_leeway.to_string()),
    ];
    let text = |values: &OneOrMore| match values {
        OneOrMore::One(value) => value.clone(),
        OneOrMore::More(values) => serde_json::to_string(values).expect("texts"),
    };
    variables.extend(issuer.as_ref().map(|issuer| ("issuer", text(issuer))));
    variables.extend(audience.as_ref().map(|audience| ("audience", text(audience))));
    if let Some(token_type) = token_type {
        let value = token_type.clone().unwrap_or_else(|| "none".to_owned());
        variables.push(("token_type", value));
    }
    if !required_claims.is_empty() {
        let names = serde_json::to_string(required_claims).expect("texts");
        variables.push(("required_claims", names));
    }
    for (variable, flag) in [("require_at_jwt", require_at_jwt), ("any_audience", any_audience)] {
        if *flag {
            variables.push((variable, "true".to_owned()));
        }
    }
    let setup = Setup { now: row.now, variables };
    if row.policy.has_leeway_out_of_range() {
        Delivery::Refused(setup, "setting_invalid")
    } else if key.trim().is_empty() {
        // An empty variable counts as not set.
        Delivery::Refused(setup, "keys_not_configured")
    } else if is_field_content(&row.token) {
        Delivery::Header(setup)
    } else {
        Delivery::NotExpressible
    }
}

/// Whether a header transfers this text unchanged (RFC 9110, section 5.5): visible ASCII characters
/// with inner spaces.
fn is_field_content(token: &str) -> bool {
    !token.is_empty()
        && token.trim() == token
        && token.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn start(target: &Target, setup: &Setup) -> Edge {
    let now = setup.now.to_string();
    let prefix = if target.gate.is_some() { "jwt_gate_" } else { "" };
    let variables: Vec<String> =
        setup.variables.iter().map(|(name, value)| format!("{prefix}{name}={value}")).collect();
    let mut arguments = vec!["--wall-clock", now.as_str()];
    arguments.extend(variables.iter().flat_map(|variable| ["--variable", variable.as_str()]));
    if let Some(gate) = &target.gate {
        arguments.extend(["--gate", gate.to_str().expect("UTF-8")]);
    }
    Edge::start(&target.component, &arguments)
}

fn ask(connection: &mut Connection, token: &str) -> Response {
    connection.send("GET", "/protected", &[("Authorization", &format!("Bearer {token}"))], b"")
}

fn compare(request: &Request, response: &Response) -> Result<(), String> {
    let body = response.json();
    let actual = (response.status, body["code"].as_str());
    let expected = match (&request.delivery, request.row.code.as_deref()) {
        (Delivery::Refused(_, code), _) => (503, Some(*code)),
        (_, None) => (200, None),
        // The key does not load, so no token can be verified.
        (_, Some(code)) if is_key_load(code) => (503, Some(code)),
        (_, Some(code)) => (401, Some(code)),
    };
    if actual == expected {
        Ok(())
    } else {
        Err(format!("{}: {actual:?} instead of {expected:?}", request.row.id))
    }
}

fn is_key_load(code: &str) -> bool {
    code.starts_with("key_") && code != "key_not_found"
}
