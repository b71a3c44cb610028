//! `issuer introspection-client`: makes the secret of a service that introspects tokens.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use clap::Args;
use zeroize::Zeroizing;

use super::failure::Failure;
use super::output;
use crate::http::{client_entry, is_client_name};
use crate::random::{Random as _, SystemRandom};

#[derive(Debug, Args)]
pub(super) struct IntrospectionClientArgs {
    /// Name of the service: letters, digits and -._
    #[arg(value_name = "NAME", value_parser = name)]
    name: String,
}

pub(super) fn run(args: &IntrospectionClientArgs) -> Result<(), Failure> {
    let mut random = Zeroizing::new([0_u8; 32]);
    SystemRandom.fill(&mut *random)?;
    let secret = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(*random));
    let entry = client_entry(&args.name, secret.as_bytes());
    let text = Zeroizing::new(format!(
        "name    {}\n\
         secret  {}  (shown only now)\n\
         entry   {entry}  (for --introspection-clients)\n",
        args.name, *secret
    ));
    output::text(&text)
}

fn name(text: &str) -> Result<String, String> {
    if is_client_name(text) {
        Ok(text.to_owned())
    } else {
        Err("a name has letters, digits and -._ only".to_owned())
    }
}
