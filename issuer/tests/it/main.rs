//! The issuer as its clients and operators meet it: over HTTP, and on the command line.

mod cli;
mod contract;
mod cors;
mod database;
mod django;
mod http;
mod inspect;
mod keys;
mod published;
mod robustness;
mod sessions;
mod support;
mod throttling;
mod tokens;
mod users;
