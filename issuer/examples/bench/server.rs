//! The issuer in a separate process: this program again, with the arguments of the `issuer`
//! command.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::Failure;

pub(crate) struct Server {
    child: Child,
    address: String,
    _directory: TempDir,
}

impl Server {
    /// A server on a free port with a new key and an SQLite database; `alice` is active, `bobby`
    /// is not.
    pub(crate) fn start(password: &str) -> Result<Self, Failure> {
        let directory = TempDir::new()?;
        let run = |args: &[&str]| issuer(directory.path(), args, password);
        run(&["keys", "generate"])?;
        for name in ["alice", "bobby"] {
            run(&["users", "create", "--username", name, "--password-stdin"])?;
        }
        run(&["users", "deactivate", "bobby"])?;
        let limits = ["--login-limit-address", "0", "--login-limit-name", "0"];
        let mut child = command(directory.path())?
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(limits)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut log = BufReader::new(child.stderr.take().ok_or("no log")?);
        let mut line = String::new();
        let address = loop {
            line.clear();
            if log.read_line(&mut line)? == 0 {
                return Err("the server did not start".into());
            }
            if let Some((_, address)) = line.trim().rsplit_once("serving on http://") {
                break address.split_whitespace().next().unwrap_or_default().to_owned();
            }
        };
        // A line for each request, as in production; a full pipe would stop the server.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Ok(Self { child, address, _directory: directory })
    }

    pub(crate) fn connect(&self) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Connection { stream, buffer: vec![0; 16 * 1024] })
    }

    /// Milliseconds that all threads of the server have had of a processor, user and system.
    pub(crate) fn cpu_ms(&self) -> Result<f64, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name of the program, in parentheses, may hold spaces: the fields after it are
        // counted, from the third.
        let fields: Vec<&str> =
            stat.rsplit_once(')').ok_or("not a stat file")?.1.split_whitespace().collect();
        let ticks = |index: usize| {
            fields.get(index).ok_or("a short stat file").map(|field| field.parse::<f64>())
        };
        // USER_HZ is 100 on every architecture that Linux has with Rust's standard library but
        // alpha.
        Ok((ticks(11)?? + ticks(12)??) * 10.0)
    }

    /// MiB of memory that the server holds.
    pub(crate) fn rss_mib(&self) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(directory: &Path) -> Result<Command, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    // Settings of the shell that runs this must not change what is measured.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("ISSUER_") || name == "REDIS_URL" {
            command.env_remove(&*name);
        }
    }
    command
        .env("ISSUER_KEYS_DIR", directory.join("keys"))
        .env("DATABASE_URL", format!("sqlite://{}", directory.join("issuer.sqlite3").display()));
    Ok(command)
}

fn issuer(directory: &Path, args: &[&str], stdin: &str) -> Result<(), Failure> {
    let mut child =
        command(directory)?.args(args).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // A command that reads no password may have exited already.
        let _ = writeln!(input, "{stdin}");
    }
    match child.wait()?.success() {
        true => Ok(()),
        false => Err(format!("issuer {} failed", args.join(" ")).into()),
    }
}

/// A keep-alive connection with one request at a time.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Sends `request` and returns the body of the response.
    ///
    /// # Errors
    /// When the status is not `status`.
    pub(crate) fn send(&mut self, request: &[u8], status: u16) -> Result<&str, Failure> {
        self.stream.write_all(request)?;
        let mut end = 0;
        loop {
            let read = self.stream.read(self.buffer.get_mut(end..).ok_or("a full buffer")?)?;
            end += read;
            if read == 0 {
                return Err("the connection was closed, or the response is too long".into());
            }
            if whole(self.buffer.get(..end).unwrap_or_default())? {
                break;
            }
        }
        let response = std::str::from_utf8(self.buffer.get(..end).unwrap_or_default())?;
        if !response.starts_with(&format!("HTTP/1.1 {status} ")) {
            return Err(format!("{status} was expected: {response}").into());
        }
        Ok(response.split_once("\r\n\r\n").map_or("", |(_, body)| body))
    }
}

/// Returns whether a response with `Content-Length` has arrived in full.
fn whole(response: &[u8]) -> Result<bool, Failure> {
    let Some(head) = response.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(false);
    };
    let text = std::str::from_utf8(response.get(..head).unwrap_or_default())?.to_ascii_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .ok_or("no Content-Length")?;
    Ok(response.len() >= head + 4 + length.trim().parse::<usize>()?)
}

pub(crate) fn post(path: &str, body: &serde_json::Value) -> Vec<u8> {
    let body = body.to_string();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

pub(crate) fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n")
        .into_bytes()
}
