//! The server's TLS certificate and key, and their replacement while it runs.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::key_file::{self, KeyFileError};

/// Time between two checks of the files.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Paths of certificate and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate and its intermediates, in this order, as PEM.
    pub certificates: PathBuf,
    /// The private key of the server's certificate, as PEM: PKCS#8, PKCS#1 or SEC 1, unencrypted.
    pub key: PathBuf,
}

/// Certificate and key cannot be used. Every message is one line with advice.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is missing.
    #[error("the TLS file {} is missing: correct --tls-cert and --tls-key", .0.display())]
    Missing(PathBuf),
    /// A file cannot be read.
    #[error("cannot read {}: {source}; check its owner and mode", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// Other users can access the private key.
    #[error(
        "the private key {} is open to other users (mode {mode:04o}): run `chmod 600 {}` \
         (0640 is accepted where root owns it and its group is one of the issuer's)",
        .path.display(),
        .path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file has other content.
    #[error("{} cannot be used: expected {expected}", .path.display())]
    Unexpected {
        /// The file.
        path: PathBuf,
        /// The expected content.
        expected: &'static str,
    },
    /// The certificate is not for the key, or rustls rejects one of them.
    #[error(
        "the certificate {} and the key {} cannot be used: {reason}",
        .files.certificates.display(),
        .files.key.display()
    )]
    Pair {
        /// Both files.
        files: TlsFiles,
        /// The reason.
        reason: String,
    },
}

const CERTIFICATES: &str = "certificates as PEM, the server's first";
const KEY: &str = "one private key as PEM (PKCS#8, PKCS#1 or SEC 1), not encrypted";

/// Certificate and key of a running server. Handshakes use the last valid ones.
#[derive(Debug, Clone)]
pub struct Tls {
    files: TlsFiles,
    config: RustlsConfig,
    /// Version of the files that were loaded first.
    version: Option<Version>,
}

/// Device, inode and change time of both files: differs after a write, a replacement or a new mode.
type Version = [(u64, u64, i64, i64); 2];

impl Tls {
    /// Loads both files.
    ///
    /// # Errors
    /// [`TlsError`] for the first error.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let version = version(&files);
        let config = RustlsConfig::from_config(server_config(&files)?);
        Ok(Self { files, config, version })
    }

    /// Returns the configuration of the server's acceptor.
    pub(super) fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Reloads changed files within seconds, while the server runs. Unusable files are logged and
    /// change nothing; open connections continue.
    pub async fn follow(self) {
        let mut rounds = tokio::time::interval(POLL_INTERVAL);
        let mut known = self.version;
        loop {
            rounds.tick().await;
            let this = self.clone();
            known = tokio::task::spawn_blocking(move || this.reload_if_changed(known))
                .await
                .unwrap_or(known);
        }
    }

    fn reload_if_changed(&self, known: Option<Version>) -> Option<Version> {
        let version = version(&self.files);
        if version != known {
            match server_config(&self.files) {
                Ok(config) => {
                    self.config.reload_from_config(config);
                    tracing::info!("reloaded the TLS certificate");
                }
                Err(error) => {
                    tracing::error!(%error, "cannot use the new TLS files; keeping the previous \
                         ones")
                }
            }
        }
        version
    }
}

fn version(files: &TlsFiles) -> Option<Version> {
    let of = |path: &Path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec()))
    };
    Some([of(&files.certificates)?, of(&files.key)?])
}

/// Configures TLS 1.2 and 1.3, and HTTP/1.1 in ALPN: the server has no HTTP/2.
fn server_config(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let certificates = read(&files.certificates, false)?;
    let unexpected =
        |path: &Path, expected| TlsError::Unexpected { path: path.to_owned(), expected };
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(certificates.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| unexpected(&files.certificates, CERTIFICATES))?;
    if certificates.is_empty() {
        return Err(unexpected(&files.certificates, CERTIFICATES));
    }
    let key = read(&files.key, true)?;
    let mut keys = PrivateKeyDer::pem_slice_iter(key.as_bytes());
    let (Some(Ok(key)), None) = (keys.next(), keys.next()) else {
        return Err(unexpected(&files.key, KEY));
    };
    let pair = |error: rustls::Error| TlsError::Pair {
        files: files.clone(),
        reason: match error {
            rustls::Error::InconsistentKeys(_) => "they do not belong together".into(),
            error => error.to_string(),
        },
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn read(path: &Path, secret: bool) -> Result<zeroize::Zeroizing<String>, TlsError> {
    key_file::read(path, secret).map_err(|error| match error {
        KeyFileError::Missing => TlsError::Missing(path.to_owned()),
        KeyFileError::Unreadable(source) => TlsError::Read { path: path.to_owned(), source },
        KeyFileError::Exposed(mode) => TlsError::Exposed { path: path.to_owned(), mode },
        KeyFileError::TooLarge => TlsError::Unexpected {
            path: path.to_owned(),
            expected: if secret { KEY } else { CERTIFICATES },
        },
    })
}
