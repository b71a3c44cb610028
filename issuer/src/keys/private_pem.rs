//! PEM private keys of an operator, read in the forms in which the verifier reads public keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::error::InvalidKey;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
const BYTE_ORDER_MARK: char = '\u{feff}';

/// An unencrypted private key (DER).
#[derive(Debug)]
pub(super) enum PrivateKeyDer {
    /// `PRIVATE KEY` (RFC 7468 section 10).
    Pkcs8(Zeroizing<Vec<u8>>),
    /// `RSA PRIVATE KEY` (RFC 8017 appendix A.1.2).
    Pkcs1(Zeroizing<Vec<u8>>),
}

/// Reads a text of one private key.
///
/// A byte order mark, quotation marks around the text, and text before or after the block are
/// ignored (RFC 7468 section 2). Line breaks may be written as `\n`, replaced by spaces, or lost,
/// as happens in environment variables.
///
/// # Errors
/// [`InvalidKey`], which names what the text contains instead.
pub(super) fn read(text: &str) -> Result<PrivateKeyDer, InvalidKey> {
    let text = content(text);
    if text.starts_with('{') {
        return Err(InvalidKey::Json);
    }
    let mut blocks = blocks(text);
    let Block { label, body } = match (blocks.next().ok_or(InvalidKey::NotPem)?, blocks.count()) {
        (block, 0) => block?,
        (_, others) => return Err(InvalidKey::SeveralBlocks(others + 1)),
    };
    let is_pkcs8 = match label {
        _ if body.contains("Proc-Type: 4,ENCRYPTED") => return Err(InvalidKey::Encrypted),
        "ENCRYPTED PRIVATE KEY" => return Err(InvalidKey::Encrypted),
        "PRIVATE KEY" => true,
        "RSA PRIVATE KEY" => false,
        "PUBLIC KEY" | "RSA PUBLIC KEY" => return Err(InvalidKey::PublicKey),
        "OPENSSH PRIVATE KEY" => return Err(InvalidKey::OpenSsh),
        other if other.ends_with("CERTIFICATE") => return Err(InvalidKey::Certificate),
        other => return Err(InvalidKey::OtherPem(other.chars().take(40).collect())),
    };
    let der = decode(body).ok_or(InvalidKey::Base64)?;
    Ok(if is_pkcs8 { PrivateKeyDer::Pkcs8(der) } else { PrivateKeyDer::Pkcs1(der) })
}

/// Removes the byte order mark, quotation marks and white space around a text.
fn content(text: &str) -> &str {
    let text = text.trim();
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).trim_start();
    let unquoted = ['"', '\''].into_iter().find_map(|mark| {
        let inside = text.strip_prefix(mark)?;
        inside.strip_suffix(mark)
    });
    unquoted.unwrap_or(text).trim()
}

struct Block<'a> {
    label: &'a str,
    body: &'a str,
}

/// Returns the PEM blocks of a text. After an incomplete one there are no more.
fn blocks(text: &str) -> impl Iterator<Item = Result<Block<'_>, InvalidKey>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(BEGIN)?;
        rest = "";
        let block = || {
            let (label, after) = after.split_once(DASHES)?;
            let (body, after) = after.split_once(END)?;
            let (end, after) = after.split_once(DASHES)?;
            (label == end).then_some((Block { label, body }, after))
        };
        Some(match block() {
            Some((block, after)) => {
                rest = after;
                Ok(block)
            }
            None => Err(InvalidKey::CutOff),
        })
    })
}

/// Decodes standard base64 between white space and written line breaks.
fn decode(body: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    // A backslash is in no base64, so that the letter after it belongs to a written line break.
    for (index, part) in body.split('\\').enumerate() {
        let part = if index == 0 { part } else { part.strip_prefix(['n', 'r'])? };
        base64.extend(part.split_ascii_whitespace());
    }
    STANDARD.decode(base64.as_bytes()).ok().map(Zeroizing::new)
}
