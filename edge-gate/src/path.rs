//! Request paths that mean the same to every server.

/// A path in decoded segments.
///
/// Rules by path hold only if the component behind the gate reads a path as the gate does. Servers
/// differ in what they decode, collapse and cut off, so a path on whose meaning they may disagree
/// has no segments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Segments(Vec<Vec<u8>>);

impl Segments {
    /// Splits a path. `None` for one with an empty or dot segment, a backslash, a malformed or
    /// repeated percent-encoding, an encoded separator, or a control character. One slash at the
    /// end is ignored, and so are parameters after a semicolon (RFC 3986, section 3.3): some
    /// servers cut them off.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        if path.is_empty() {
            return Some(Self(Vec::new()));
        }
        let path = path.strip_suffix('/').unwrap_or(path);
        path.split('/').map(segment).collect::<Option<_>>().map(Self)
    }

    /// Returns whether a server that ignores case would find the same resource.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.is_below_or_like(other)
    }

    /// Returns whether this path is `top` or below it, ignoring case.
    pub(crate) fn is_below_or_like(&self, top: &Self) -> bool {
        self.0.len() >= top.0.len()
            && top.0.iter().zip(&self.0).all(|(top, own)| top.eq_ignore_ascii_case(own))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

fn segment(text: &str) -> Option<Vec<u8>> {
    let decoded = decode(text.as_bytes())?;
    let is_separator = |byte: &u8| matches!(byte, b'/' | b'\\' | b'%') || byte.is_ascii_control();
    let end = decoded.iter().position(|byte| *byte == b';').unwrap_or(decoded.len());
    let name = decoded.get(..end)?;
    let is_dots = matches!(name, b"" | b"." | b"..");
    (!is_dots && !decoded.iter().any(is_separator)).then(|| name.to_vec())
}

/// Decodes percent-encoded bytes (RFC 3986, section 2.1).
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
                let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            other => *other,
        });
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(path: &str) -> Segments {
        Segments::of(path).expect("an unambiguous path")
    }

    #[test]
    fn paths_on_which_servers_disagree_have_no_segments() {
        for path in [
            "",
            "*",
            "admin",
            "//",
            "//admin",
            "/a//b",
            "/a//",
            "/.",
            "/..",
            "/a/../b",
            "/a/./b",
            "/a/%2e%2E/b",
            "/a/.%2e",
            "/a/..;x/b",
            "/;x",
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "/a%252e",
            "/a%25",
            "/a%",
            "/a%2",
            "/a%zz",
            "/a%00",
            "/a%0d%0a",
            "/a%7f",
            "/a;%2f",
        ] {
            assert_eq!(Segments::of(path), None, "{path:?}");
        }
    }

    #[test]
    fn equal_resources_have_equal_segments() {
        for (one, other) in [
            ("/", "/"),
            ("/admin", "/admin/"),
            ("/admin", "/ADMIN"),
            ("/admin", "/%61dmin"),
            ("/admin", "/admin;x=1"),
            ("/a%20b", "/a%20b"),
            ("/도장", "/%EB%8F%84%EC%9E%A5"),
        ] {
            assert!(segments(one).is_like(&segments(other)), "{one} {other}");
        }
        for (one, other) in [("/admin", "/"), ("/admin", "/admin2"), ("/admin", "/admin/x")] {
            assert!(!segments(one).is_like(&segments(other)), "{one} {other}");
        }
        assert!(segments("/Admin/x").is_below_or_like(&segments("/admin")));
        assert!(!segments("/admins/x").is_below_or_like(&segments("/admin")));
    }
}
