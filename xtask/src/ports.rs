//! Checks loopback ports before anything is built for them.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use anyhow::{Context as _, Result, bail};

/// A port, the service that listens on it, and the option that chooses another.
pub(crate) struct Wanted {
    pub(crate) port: u16,
    pub(crate) service: &'static str,
    pub(crate) option: &'static str,
}

/// Fails unless every port is free.
pub(crate) fn ensure_free(wanted: &[Wanted]) -> Result<()> {
    for (index, this) in wanted.iter().enumerate() {
        if let Some(other) = wanted.iter().take(index).find(|other| other.port == this.port) {
            bail!(
                "port {} cannot serve both the {} and the {}: choose another with {}",
                this.port,
                other.service,
                this.service,
                this.option
            );
        }
        if let Err(error) = listen(this.port) {
            let reason = match error.kind() {
                io::ErrorKind::AddrInUse => {
                    "is in use: stop the program that listens there".to_owned()
                }
                io::ErrorKind::PermissionDenied => {
                    "is reserved for root: use one from 1024 on".to_owned()
                }
                _ => format!("cannot be listened on ({error})"),
            };
            bail!(
                "port {} (for the {}) {reason}, or choose another with {}",
                this.port,
                this.service,
                this.option
            );
        }
    }
    Ok(())
}

/// Returns distinct free ports.
pub(crate) fn free<const COUNT: usize>() -> Result<[u16; COUNT]> {
    // Listeners are kept until the last port is chosen, so that the ports differ.
    let mut listeners = Vec::new();
    let mut ports = [0; COUNT];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .context("no free port on the loopback address")?;
        *port = listener.local_addr().context("a listener has an address")?.port();
        listeners.push(listener);
    }
    Ok(ports)
}

/// Binds both loopback addresses: a browser may resolve `localhost` to either, and would reach
/// another program there.
fn listen(port: u16) -> io::Result<()> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(error),
        // A machine without IPv6.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(port: u16, service: &'static str, option: &'static str) -> Wanted {
        Wanted { port, service, option }
    }

    #[test]
    fn a_busy_port_is_named_with_the_option_that_chooses_another() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback is there");
        let port = listener.local_addr().expect("it is bound").port();
        let error = ensure_free(&[wanted(port, "issuer", "--issuer-port")])
            .expect_err("it is busy")
            .to_string();
        for part in [&port.to_string(), "in use", "issuer", "--issuer-port"] {
            assert!(error.contains(part), "{error}");
        }
        drop(listener);
        ensure_free(&[wanted(port, "issuer", "--issuer-port")]).expect("it is free again");
    }

    #[test]
    fn one_port_does_not_serve_two() {
        let [port] = free().expect("loopback is there");
        let error = ensure_free(&[
            wanted(port, "issuer", "--issuer-port"),
            wanted(port, "edge", "--edge-port"),
        ])
        .expect_err("the same port twice");
        assert!(error.to_string().contains("--edge-port"), "{error}");
    }

    #[test]
    fn free_ports_differ_and_can_be_listened_on() {
        let ports = free::<3>().expect("loopback is there");
        let [a, b, c] = ports;
        assert!(a != b && b != c && a != c, "{ports:?}");
        for port in ports {
            listen(port).expect("it is free");
        }
    }
}
