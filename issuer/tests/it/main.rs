//! The issuer as its clients and operators meet it: over HTTP, and on the command line.

mod cli;
mod clocks;
mod connections;
mod contract;
mod cors;
mod database;
mod django;
mod doctor;
mod document;
mod edge;
mod http;
mod inspect;
mod interruption;
mod keys;
mod metrics;
mod published;
mod redis;
mod response_checker;
mod robustness;
mod sessions;
mod status_list;
mod support;
mod throttling;
mod tokens;
mod trust;
mod users;
