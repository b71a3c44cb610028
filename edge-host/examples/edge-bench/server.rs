//! Starts `edge-host` with the component.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::processes::Running;

/// The arguments of a start.
pub(crate) struct Server {
    pub(crate) program: PathBuf,
    pub(crate) component: PathBuf,
    pub(crate) gate: Option<PathBuf>,
    /// Text of the variable `public_key`, or `jwt_gate_public_key` with a gate.
    pub(crate) public_key: String,
}

/// A running `edge-host`.
pub(crate) struct Listening {
    pub(crate) process: Running,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts the program, and waits until it listens.
    pub(crate) fn start(&self, state: &impl AsRef<Path>) -> Listening {
        self.start_with(state, &[], &[])
    }

    /// Starts it with more variables and allowed origins.
    pub(crate) fn start_with(
        &self,
        state: &impl AsRef<Path>,
        variables: &[String],
        origins: &[String],
    ) -> Listening {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .arg(&self.component)
            .args(["--listen", "127.0.0.1:0", "--state-dir"])
            .arg(state.as_ref());
        let name = match &self.gate {
            Some(gate) => {
                command.arg("--gate").arg(gate);
                "jwt_gate_public_key"
            }
            None => "public_key",
        };
        command.args(["--variable", &format!("{name}={}", self.public_key)]).stdout(Stdio::piped());
        for variable in variables {
            command.args(["--variable", variable]);
        }
        for origin in origins {
            command.args(["--allow-outbound", origin]);
        }
        let mut process = Running::start(&mut command).unwrap_or_else(|error| {
            panic!("{}: {error}; build it for release first", self.program.display())
        });
        let mut line = String::new();
        let mut stdout = BufReader::new(process.child().stdout.take().expect("piped"));
        stdout.read_line(&mut line).expect("its first line");
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .and_then(|address| address.parse().ok());
        Listening { process, address: address.expect("an address; is the component built?") }
    }
}
