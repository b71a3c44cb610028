//! Output of commands. When the reader closes the pipe, as `head` does, a command finishes its work
//! silently; the macros of the standard library would panic.

use std::fmt::Display;
use std::io::{self, Write as _};

use super::failure::Failure;

/// Prints a line: `say!("..")?`.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::cli::output::text(&format!("{}\n", format_args!($($text)*)))
    };
}
pub(super) use say;

/// Writes to standard output. A full disk is an error, a closed pipe is not.
pub(super) fn text(text: &str) -> Result<(), Failure> {
    to_reader(text).map(drop)
}

/// Writes to standard output, and returns whether the pipe is still open.
pub(super) fn to_reader(text: &str) -> Result<bool, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(format!("cannot write to standard output: {error}").into()),
    }
}

/// Prints a generated password. A closed pipe is an error here, which ends with `advice`: the
/// password is lost.
pub(super) fn password(password: &str, advice: &str) -> Result<(), Failure> {
    match to_reader(&format!("password: {password}\n")) {
        Ok(true) => Ok(()),
        Ok(false) => {
            Err(format!("standard output is closed, so the password is lost; {advice}").into())
        }
        Err(error) => Err(format!("{error}, so the password is lost; {advice}").into()),
    }
}

/// Writes to standard error. A failure there cannot be reported.
pub(super) fn complain(text: impl Display) {
    let _ = write!(io::stderr().lock(), "{text}");
}
