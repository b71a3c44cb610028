//! Starts and stops the whole system: issuer, edge resource and demo page.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::process::{self, Interrupted, ProcessGroup};
use crate::progress::{log_file, minutes, note};
use crate::toolchain::spin::EdgeServer;
use crate::workspace::Workspace;

/// How long a service may take until it responds.
const READY: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);
/// Seconds for which the edge caches the list of revoked tokens: short, so that a logout takes
/// effect soon.
const STATUS_LIST_TTL: u32 = 5;
/// What the protected resources show without a token.
const GATE_RULES: &str =
    r#"[{"path": "/", "public": true}, {"path": "/openapi.json", "public": true}]"#;
pub(crate) const DATABASE: &str = "sqlite://issuer.sqlite3";

/// The parts of a system.
pub(crate) struct Setup<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) edge_server: EdgeServer,
    pub(crate) component: &'a Path,
    /// The gate in front of the component.
    pub(crate) gate: Option<&'a Path>,
    /// The directory of a built demo page.
    pub(crate) page: &'a Path,
    pub(crate) addresses: &'a Addresses,
    pub(crate) keys: &'a Path,
    /// The directory of the database, the edge's state and the logs.
    pub(crate) state: &'a Path,
}

/// The URLs of the services for a browser on this machine.
#[derive(Clone)]
pub(crate) struct Addresses {
    issuer_port: u16,
    edge_port: u16,
    www_port: u16,
    pub(crate) issuer: String,
    pub(crate) edge: String,
    pub(crate) www: String,
}

impl Addresses {
    pub(crate) fn new(issuer_port: u16, edge_port: u16, www_port: u16) -> Self {
        let url = |port| format!("http://localhost:{port}");
        Self {
            issuer_port,
            edge_port,
            www_port,
            issuer: url(issuer_port),
            edge: url(edge_port),
            www: url(www_port),
        }
    }

    /// Returns the allowed CORS origins: the demo page and the usual ports of development servers.
    fn origins(&self) -> String {
        [
            "http://localhost:3000",
            "http://localhost:5173",
            &self.www,
            &format!("http://127.0.0.1:{}", self.www_port),
        ]
        .join(",")
    }
}

/// The source of the user's password.
pub(crate) enum Password<'a> {
    /// The issuer generates and prints it.
    Generated,
    Given(&'a str),
}

impl Setup<'_> {
    /// Creates the state directory and a key pair, unless they exist.
    pub(crate) fn prepare(&self) -> Result<()> {
        fs::create_dir_all(self.state)
            .with_context(|| format!("cannot make {}", self.state.display()))?;
        let mut command = self.issuer();
        command.args(["keys", "generate", "--if-missing"]);
        let printed = output_of("issuer keys generate", command)?;
        printed.lines().for_each(note);
        Ok(())
    }

    /// Creates a user unless the name exists, and returns the issuer's output.
    pub(crate) fn create_user(&self, username: &str, password: &Password<'_>) -> Result<String> {
        let mut command = self.issuer();
        command.args(["users", "create", "--if-missing", "--username", username]);
        command.args([
            "--email",
            "test@example.com",
            "--first-name",
            "Test",
            "--last-name",
            "User",
        ]);
        let Password::Given(password) = password else {
            command.arg("--generate-password");
            return output_of("issuer users create", command);
        };
        command.arg("--password-stdin");
        let log = self.state.join("logs").join("users-create.log");
        let (out, err) = log_file(&log)?;
        command.stdout(out).stderr(err);
        let status = ProcessGroup::spawn_with_input(command, password.as_bytes())?
            .wait(minutes(1), || {})?;
        let printed = fs::read_to_string(&log).unwrap_or_default();
        if !status.success() {
            bail!("issuer users create: {}", without_prefix(&printed));
        }
        Ok(printed)
    }

    /// Starts all services and waits until each responds.
    pub(crate) fn start(&self) -> Result<System> {
        let mut system = System { services: Vec::new() };
        let addresses = self.addresses;
        let mut issuer = self.issuer();
        issuer
            .arg("serve")
            .args(["--listen", &format!("127.0.0.1:{}", addresses.issuer_port)])
            .args(["--cors-origins", &addresses.origins()])
            .args(["--public-url", &addresses.issuer])
            .args(["--status-list-ttl", &STATUS_LIST_TTL.to_string()]);
        system.start(
            "issuer",
            issuer,
            &self.log("issuer"),
            &format!("{}/healthz", loopback(addresses.issuer_port)),
        )?;
        system.start(
            "edge",
            self.edge()?,
            &self.log("edge"),
            &format!("{}/", loopback(addresses.edge_port)),
        )?;
        if let (Some(edge), Some(file)) =
            (system.services.last_mut(), self.edge_server.component_log())
        {
            edge.component_log = Some(self.state.join("logs").join(file));
        }
        system.start(
            "demo page",
            self.www(),
            &self.log("www"),
            &format!("{}/", loopback(addresses.www_port)),
        )?;
        system.wait_until_ready()?;
        Ok(system)
    }

    pub(crate) fn log(&self, service: &str) -> PathBuf {
        self.state.join("logs").join(format!("{service}.log"))
    }

    /// Returns an issuer command. It runs in the state directory, because the database URL could
    /// not hold every path.
    fn issuer(&self) -> Command {
        let mut command = service(self.workspace.program("issuer"));
        command
            .current_dir(self.state)
            .env("DATABASE_URL", DATABASE)
            .env("ISSUER_KEYS_DIR", self.keys);
        command
    }

    fn edge(&self) -> Result<Command> {
        let public_pem = self.keys.join("public.pem");
        let public_key = fs::read_to_string(&public_pem).with_context(|| {
            format!("cannot read the issuer's public key {}", public_pem.display())
        })?;
        let listen = format!("127.0.0.1:{}", self.addresses.edge_port);
        let state = self.state.join("edge");
        let mut command = match self.edge_server {
            EdgeServer::Spin(_) => {
                let mut spin = service("spin");
                spin.args(["up", "--quiet", "--from"])
                    .arg(self.workspace.root.join("edge-resource"))
                    .args(["--listen", &listen, "--state-dir"])
                    .arg(&state)
                    .arg("--log-dir")
                    .arg(self.state.join("logs"))
                    // A variable of the manifest; edge-host has --allow-outbound and rejects
                    // variables that the component does not read.
                    .env("SPIN_VARIABLE_ISSUER_URL", &self.addresses.issuer);
                spin
            }
            EdgeServer::EdgeHost(_) | EdgeServer::GatedEdgeHost => {
                let mut host = service(self.workspace.program("edge-host"));
                host.arg(self.component).args(["--listen", &listen, "--state-dir"]).arg(&state);
                host.args(["--allow-outbound", &self.addresses.issuer]);
                host
            }
        };
        command.current_dir(self.state);
        let mut set = |prefix: &str| {
            let lists = format!("{}/api/token/status", self.addresses.issuer);
            let variables = [
                ("PUBLIC_KEY", public_key.clone()),
                // Accept tokens of other programs with these keys, which name no status list.
                ("REVOCATION", "status_list_if_named".to_owned()),
                ("STATUS_LIST_URL", lists),
                ("CORS_ORIGINS", self.addresses.origins()),
            ];
            for (name, value) in variables {
                command.env(format!("SPIN_VARIABLE_{prefix}{name}"), value);
            }
        };
        set("");
        if let Some(gate) = self.gate {
            set("JWT_GATE_");
            command.env("SPIN_VARIABLE_JWT_GATE_ACCESS_RULES", GATE_RULES).arg("--gate").arg(gate);
        }
        Ok(command)
    }

    fn www(&self) -> Command {
        let mut command = process::command("npm");
        command
            .current_dir(self.workspace.root.join("www"))
            .env("NO_UPDATE_NOTIFIER", "1")
            .args([
                "run",
                "preview",
                "--",
                "--strictPort",
                "--port",
                &self.addresses.www_port.to_string(),
                "--outDir",
            ])
            .arg(self.page)
            .env("ISSUER_URL", &self.addresses.issuer)
            .env("EDGE_URL", &self.addresses.edge);
        command
    }
}

/// Services that run until this is dropped.
pub(crate) struct System {
    services: Vec<Service>,
}

struct Service {
    name: &'static str,
    group: ProcessGroup,
    log: PathBuf,
    /// The log of the component, if it is another file.
    component_log: Option<PathBuf>,
    ready_url: String,
}

impl Service {
    /// Returns the last lines of its logs.
    fn last_lines(&self) -> String {
        let logs = [Some(&self.log), self.component_log.as_ref()];
        let lines = logs.into_iter().flatten().map(|log| process::last_lines(log, 20));
        lines.filter(|lines| !lines.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// Returns the names of its logs.
    fn log_files(&self) -> String {
        let log = self.log.display();
        self.component_log
            .as_ref()
            .map_or_else(|| log.to_string(), |file| format!("{log} and {}", file.display()))
    }
}

impl System {
    fn start(
        &mut self,
        name: &'static str,
        mut command: Command,
        log: &Path,
        ready_url: &str,
    ) -> Result<()> {
        let (out, err) = log_file(log)?;
        command.stdout(out).stderr(err);
        let group = ProcessGroup::spawn(command)?;
        let (log, ready_url) = (log.to_path_buf(), ready_url.to_owned());
        self.services.push(Service { name, group, log, component_log: None, ready_url });
        Ok(())
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let client = client();
        let started = Instant::now();
        let mut waiting: Vec<String> =
            self.services.iter().map(|service| service.ready_url.clone()).collect();
        while !waiting.is_empty() {
            self.check()?;
            // Another program may respond on the port; then ours has ended, and `check` fails.
            waiting.retain(|url| {
                !client.get(url).call().is_ok_and(|response| response.status() == 200)
            });
            if started.elapsed() > READY {
                let late =
                    self.services.iter().find(|service| waiting.contains(&service.ready_url));
                let name = late.map_or("a service", |service| {
                    eprintln!("{}", service.last_lines());
                    service.name
                });
                bail!(
                    "{name} did not respond within {} s; its last log lines are above",
                    READY.as_secs()
                );
            }
            if process::interrupted() {
                return Err(Interrupted.into());
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// Prints the last log lines of a service that has ended, and fails.
    pub(crate) fn check(&mut self) -> Result<()> {
        for service in &mut self.services {
            if let Some(status) = service.group.poll()? {
                let lines = service.last_lines();
                if !lines.is_empty() {
                    eprintln!("{lines}");
                }
                bail!(
                    "{} ended ({status}), so all services were stopped; its log: {}",
                    service.name,
                    service.log_files()
                );
            }
        }
        Ok(())
    }

    /// Waits until the user asks to stop or a service ends.
    pub(crate) fn serve(&mut self) -> Result<()> {
        while !process::interrupted() {
            self.check()?;
            std::thread::sleep(POLL);
        }
        Ok(())
    }
}

impl Drop for System {
    /// Signals all services before waiting, so that they end at the same time.
    fn drop(&mut self) {
        for service in &self.services {
            service.group.terminate();
        }
        for service in &mut self.services {
            service.group.stop();
        }
    }
}

/// Returns a command without inherited settings of the services, which belong to another
/// installation.
fn service(program: impl AsRef<OsStr>) -> Command {
    let mut command = process::command(program);
    for (name, _) in env::vars_os() {
        let configures = name.to_str().is_some_and(|name| {
            ["ISSUER_", "EDGE_", "SPIN_VARIABLE_"].iter().any(|prefix| name.starts_with(prefix))
                || ["DATABASE_URL", "REDIS_URL"].contains(&name)
        });
        if configures {
            command.env_remove(&name);
        }
    }
    command
}

fn loopback(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn client() -> ureq::Agent {
    ureq::Agent::config_builder()
        // A proxy from the environment must not see requests to this machine.
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(5)))
        .http_status_as_error(false)
        .build()
        .into()
}

/// Returns the output of a short command.
///
/// # Errors
/// The command's own message.
fn output_of(what: &str, command: Command) -> Result<String> {
    let (status, printed) = process::run_and_read(command, minutes(2))?;
    if !status.success() {
        bail!("{what}: {}", without_prefix(&printed));
    }
    Ok(printed)
}

/// Returns the last line of an output without the prefix `error: `, which this program adds.
fn without_prefix(printed: &str) -> &str {
    let line =
        printed.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("failed without a message");
    line.strip_prefix("error: ").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(script: &str, ready_url: &str) -> (System, PathBuf) {
        let log = std::env::temp_dir().join(format!(
            "xtask-system-{}-{}.log",
            std::process::id(),
            script.len()
        ));
        let mut command = process::command("sh");
        command.args(["-c", script]);
        let mut system = System { services: Vec::new() };
        system.start("the service", command, &log, ready_url).expect("sh starts");
        (system, log)
    }

    #[test]
    fn a_service_that_ends_before_it_is_ready_is_named() {
        let [port] = crate::ports::free().expect("loopback is there");
        let (mut system, log) = system("echo cannot start >&2; exit 3", &loopback(port));
        let error = system.wait_until_ready().expect_err("it ended").to_string();
        assert!(error.contains("the service ended") && error.contains('3'), "{error}");
        assert_eq!(process::last_lines(&log, 1), "cannot start");
        fs::remove_file(log).expect("the log is ours");
    }

    #[test]
    fn a_failed_service_shows_and_names_both_its_logs() {
        let [port] = crate::ports::free().expect("loopback is there");
        let (mut system, log) = system("echo no port >&2; exit 4", &loopback(port));
        let component_log = log.with_extension("component.txt");
        fs::write(&component_log, "error: no key\n").expect("the log is ours");
        system.services[0].component_log = Some(component_log.clone());
        let error = system.wait_until_ready().expect_err("it ended").to_string();
        assert!(
            error.ends_with(&format!("{} and {}", log.display(), component_log.display())),
            "{error}"
        );
        assert_eq!(system.services[0].last_lines(), "no port\nerror: no key");
        for log in [log, component_log] {
            fs::remove_file(log).expect("the log is ours");
        }
    }

    #[test]
    fn the_demo_page_is_an_allowed_origin_on_any_port_and_by_both_names() {
        let origins = Addresses::new(1, 2, 9999).origins();
        for origin in ["http://localhost:9999", "http://127.0.0.1:9999", "http://localhost:5173"] {
            assert!(origins.split(',').any(|allowed| allowed == origin), "{origins}");
        }
    }

    #[test]
    fn the_error_of_a_program_has_one_prefix() {
        assert_eq!(without_prefix("warning: x\nerror: run chmod 600 k\n\n"), "run chmod 600 k");
        assert_eq!(without_prefix(""), "failed without a message");
    }
}
