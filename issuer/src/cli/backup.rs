//! `issuer backup`.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::output::say;
use crate::config::DatabaseArgs;
use crate::storage;

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// New file for the copy
    #[arg(value_name = "FILE")]
    target: PathBuf,
}

pub(super) async fn run(args: BackupArgs) -> Result<(), Failure> {
    storage::backup(&args.database.database_url, &args.target).await?;
    say!("copied the database to {}; the keys directory is not part of it", args.target.display())
}
