//! Tests of the program with the component, over HTTP. One test program, because linking takes
//! long.

mod arithmetic;
mod contract;
mod fetched_keys;
mod full_disk;
mod gate;
mod gate_bodies;
mod gate_wasi;
mod gated_examples;
mod health;
mod instances;
mod log_lines;
mod odd_requests;
mod program;
mod revocation;
mod slow_clients;
mod status_lists;
mod support;
mod uploads;
mod verdicts;
