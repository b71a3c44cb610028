//! Tests of the program and the component in it, over HTTP. One program, because each further one
//! would be linked on its own.

mod arithmetic;
mod contract;
mod fetched_keys;
mod full_disk;
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
