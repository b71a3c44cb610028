//! The protected resources, as one component for Spin and every other WASI 0.3 host.
//!
//! A request goes one way: [`service`] looks its path up in [`routes`], [`credentials`] takes the
//! bearer token out of the header, [`keys`] knows which keys are valid now and lets
//! `verifier-core` give the verdict, [`revocation`] asks whether the token still counts (in Redis,
//! or in the [`status_list`]), [`access`] asks for the role and for what the [`rules`] demand,
//! [`uploads`] keeps files, and [`response`] writes what goes back; [`cors`] adds what a browser
//! wants to see.
//!
//! All of that is plain code over `http` types. What it needs of the machine it runs on is the
//! trait [`host::Host`]; `spin` implements it with the Spin SDK and is the only module that is
//! built for WebAssembly alone.

pub mod access;
pub mod attempts;
pub mod body;
pub mod cors;
pub mod credentials;
pub mod defaults;
pub mod fetching;
pub mod health;
pub mod hex;
pub mod host;
pub mod keys;
pub mod language;
pub mod openapi;
pub mod printable;
pub mod request_id;
pub mod response;
pub mod revocation;
pub mod routes;
pub mod rules;
pub mod service;
pub mod settings;
pub mod shared;
#[cfg(target_family = "wasm")]
mod spin;
pub mod status_list;
pub mod store_probe;
pub mod store_turns;
pub mod uploads;

#[cfg(test)]
mod documents;
#[cfg(test)]
mod testing;
