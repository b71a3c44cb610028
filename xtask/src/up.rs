//! `cargo xtask up`: builds and starts the whole system.

use std::env;
use std::path::Path;

use anyhow::{Result, bail};

use crate::build::{Builder, Page};
use crate::cli::{Up, WasmToolchainChoice};
use crate::components::Component;
use crate::ports::{self, Wanted};
use crate::progress::{Runner, note, say};
use crate::system::{Addresses, Password, Setup};
use crate::toolchain::spin::EdgeServer;
use crate::workspace::Workspace;

const USERNAME: &str = "testuser";
/// Sets the demo user's password, for scripts.
const PASSWORD_VARIABLE: &str = "DOJANG_DEMO_PASSWORD";

pub(crate) fn run(workspace: &Workspace, up: &Up, choice: WasmToolchainChoice) -> Result<()> {
    ensure_ports(up)?;
    let edge_server = if up.gated { EdgeServer::GatedEdgeHost } else { EdgeServer::select() };
    let addresses = Addresses::new(up.issuer_port, up.edge_port, up.www_port);
    let page = workspace.target.join("www");

    let mut builder = Builder::new(workspace, Runner::plain(), choice);
    builder.prepare_system()?;
    builder.wasm_tools()?;
    builder.issuer_and_edge_host()?;
    let arithmetic = edge_server.arithmetic();
    let mut components = vec![Component::Resource];
    components.extend(up.gated.then_some(Component::Gate));
    builder.components(&components, arithmetic)?;
    let gate = up.gated.then(|| builder.component_file(Component::Gate, arithmetic));
    let component = builder.component_file(Component::Resource, arithmetic);
    builder.npm_package()?;
    builder.page(&Page {
        issuer_url: &addresses.issuer,
        edge_url: &addresses.edge,
        directory: &page,
    })?;

    let state = workspace.root.join(".dojang");
    let setup = Setup {
        workspace,
        edge_server,
        component: &component,
        gate: gate.as_deref(),
        page: &page,
        addresses: &addresses,
        keys: &workspace.root.join("keys"),
        state: &state,
    };
    say("key pair, database and demo user");
    setup.prepare()?;
    let user = demo_user(&setup)?;
    say(format_args!("starting issuer, edge (served by {edge_server}) and demo page"));
    // Another program may have bound one during the build.
    ensure_ports(up)?;
    let mut system = setup.start()?;
    let issuer = workspace.program("issuer");
    let issuer = issuer.strip_prefix(&workspace.root).unwrap_or(&issuer);
    print!("{}", welcome(&addresses, edge_server, &user, issuer));
    system.serve()?;
    println!("\nstopping");
    drop(system);
    Ok(())
}

fn ensure_ports(up: &Up) -> Result<()> {
    ports::ensure_free(&[
        Wanted { port: up.issuer_port, service: "issuer", option: "--issuer-port" },
        Wanted { port: up.edge_port, service: "edge", option: "--edge-port" },
        Wanted { port: up.www_port, service: "demo page", option: "--www-port" },
    ])
}

/// The state of the demo user's password.
#[derive(Debug, PartialEq, Eq)]
enum DemoUser {
    /// Created by this start, with a generated password unless the environment sets it.
    Created { generated: Option<String> },
    /// Created by an earlier start; only a hash of the password remains.
    Existing,
}

fn demo_user(setup: &Setup<'_>) -> Result<DemoUser> {
    let chosen = match env::var(PASSWORD_VARIABLE) {
        Ok(password) => Some(password),
        Err(env::VarError::NotPresent) => None,
        Err(env::VarError::NotUnicode(_)) => {
            bail!("{PASSWORD_VARIABLE} is not UTF-8 text: choose another password")
        }
    };
    let password = chosen.as_deref().map_or(Password::Generated, Password::Given);
    let printed = setup.create_user(USERNAME, &password)?;
    let generated = printed.lines().find_map(|line| line.strip_prefix("password: "));
    let user = match generated {
        Some(generated) => {
            // Printed now, because the start may still fail and only a hash is stored.
            note(format_args!("created the user {USERNAME} with the password {generated}"));
            DemoUser::Created { generated: Some(generated.to_owned()) }
        }
        None if printed.starts_with("created") => DemoUser::Created { generated: None },
        None => DemoUser::Existing,
    };
    if user == DemoUser::Existing && chosen.is_some() {
        note(format_args!(
            "{USERNAME} keeps the password of the first start: {PASSWORD_VARIABLE} is not used"
        ));
        note("(to choose it anew, stop, remove .dojang and start again)");
    }
    Ok(user)
}

fn welcome(
    addresses: &Addresses,
    edge_server: EdgeServer,
    user: &DemoUser,
    program: &Path,
) -> String {
    let Addresses { issuer, edge, www, .. } = addresses;
    let (shown, typed) = match user {
        DemoUser::Created { generated: Some(password) } => {
            (format!("{USERNAME}, password {password} (shown this once)"), password.as_str())
        }
        DemoUser::Created { generated: None } => {
            (format!("{USERNAME}, password as in {PASSWORD_VARIABLE}"), "<password>")
        }
        DemoUser::Existing => (
            format!("{USERNAME}, password as at the first start (forgotten? remove .dojang)"),
            "<password>",
        ),
    };
    let component_log = edge_server
        .component_log()
        .map_or_else(String::new, |file| format!("; the component's, by Spin, is {file}"));
    format!(
        "
Dojang runs; Ctrl-C stops it. Logs are in .dojang/logs{component_log}.

  demo page   {www}
  issuer      {issuer}
  edge        {edge}   by {edge_server}
  demo user   {shown}

Try:
  curl -X POST {issuer}/api/token/ -H 'Content-Type: application/json' \\
       -d '{{\"username\": \"{USERNAME}\", \"password\": \"{typed}\"}}'
  curl {edge}/protected -H 'Authorization: Bearer <access token>'

The admin page needs the role admin; the next token has it after:
  DATABASE_URL=sqlite://.dojang/issuer.sqlite3 {} users set-role {USERNAME} admin
",
        program.display()
    )
}
