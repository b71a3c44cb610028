//! TLS of the server itself: its certificate and key, and how they are replaced while it runs.

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

/// Between two looks at the files.
const ROUND: Duration = Duration::from_secs(1);

/// Where certificate and key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate and those between it and its root, in this order, as PEM.
    pub certificates: PathBuf,
    /// The private key of the server's certificate, as PEM: PKCS#8, PKCS#1 or SEC 1, not encrypted.
    pub key: PathBuf,
}

/// Certificate and key cannot be used. Every text fits on a line and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not there.
    #[error("the TLS file {} is missing: correct --tls-cert and --tls-key", .0.display())]
    Missing(PathBuf),
    /// A file cannot be read.
    #[error("cannot read {}: {source}; check its owner and mode", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others than the owner can get at the private key.
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
    /// A file does not hold what it should hold.
    #[error("{} cannot be used: expected {expected}", .path.display())]
    Unexpected {
        /// The file.
        path: PathBuf,
        /// What would be right.
        expected: &'static str,
    },
    /// The two do not belong together, or rustls does not take one of them.
    #[error("the certificate {} and the key {} cannot be used: {reason}", .files.certificates.display(), .files.key.display())]
    Pair {
        /// Both.
        files: TlsFiles,
        /// What is wrong.
        reason: String,
    },
}

const CERTIFICATES: &str = "certificates as PEM, the server's first";
const KEY: &str = "one private key as PEM (PKCS#8, PKCS#1 or SEC 1), not encrypted";

/// Certificate and key of a running server. Handshakes use the ones that were good last.
#[derive(Debug, Clone)]
pub struct Tls {
    files: TlsFiles,
    config: RustlsConfig,
    /// Of the files that were loaded first.
    version: Option<Version>,
}

/// Changes whenever a file was written, replaced, or given another mode: device, inode and time of
/// its last change.
type Version = [(u64, u64, i64, i64); 2];

impl Tls {
    /// Loads both files.
    ///
    /// # Errors
    /// The first thing that is wrong, see [`TlsError`].
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let version = version(&files);
        let config = RustlsConfig::from_config(server_config(&files)?);
        Ok(Self { files, config, version })
    }

    /// What the server's acceptor uses.
    pub(super) fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Takes over other files within seconds, for as long as the server runs. Files that cannot be
    /// used change nothing but the log; connections that exist go on.
    pub async fn follow(self) {
        let mut rounds = tokio::time::interval(ROUND);
        let mut known = self.version;
        loop {
            rounds.tick().await;
            let this = self.clone();
            known = tokio::task::spawn_blocking(move || this.look(known)).await.unwrap_or(known);
        }
    }

    fn look(&self, known: Option<Version>) -> Option<Version> {
        let version = version(&self.files);
        if version != known {
            match server_config(&self.files) {
                Ok(config) => {
                    self.config.reload_from_config(config);
                    tracing::info!("the TLS certificate was read again");
                }
                Err(error) => {
                    tracing::error!(%error, "the new TLS files cannot be used; those before go on")
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

/// TLS 1.2 and 1.3, with HTTP/1.1 alone: the server speaks nothing else.
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
