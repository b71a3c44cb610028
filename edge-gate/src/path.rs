//! Request paths that mean the same to every server.

/// A path in decoded segments, in lower case.
///
/// Rules by path hold only if the component behind the gate reads a path as the gate does. Servers
/// differ in what they decode, collapse, trim and cut off, so a path on whose meaning they may
/// disagree has no segments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Segments(Vec<String>);

impl Segments {
    /// Splits a path. `None` for one with an empty or dot segment, a segment that begins with two
    /// dots or ends in one, or has white space at its ends; with a backslash, a malformed or
    /// repeated percent-encoding, an encoded delimiter of the path, a control character, or text
    /// that is not UTF-8. One slash at the end is ignored, and so are parameters after a semicolon
    /// (RFC 3986, section 3.3): some servers cut them off.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        if path.is_empty() {
            return Some(Self(Vec::new()));
        }
        let path = path.strip_suffix('/').unwrap_or(path);
        path.split('/').map(segment).collect::<Option<_>>().map(Self)
    }

    /// Returns whether this path is `top` or below it.
    pub(crate) fn is_at_or_below(&self, top: &Self) -> bool {
        self.0.starts_with(&top.0)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

fn segment(text: &str) -> Option<String> {
    let decoded = String::from_utf8(decode(text.as_bytes())?).ok()?;
    let is_ambiguous = |c: char| matches!(c, '/' | '\\' | '%' | '?' | '#') || c.is_control();
    let name = decoded.split(';').next().unwrap_or_default();
    let is_plain =
        !name.is_empty() && name.trim() == name && !name.starts_with("..") && !name.ends_with('.');
    (is_plain && !decoded.contains(is_ambiguous)).then(|| name.to_lowercase())
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
            "/a%3f",
            "/a%23",
            "/a%20",
            "/%20a",
            "/a%c2%a0",
            "/a.",
            "/..a",
            "/a%ff",
            "/%c1%a1dmin",
            "/x/..%c0%afadmin",
            "/x/..%ef%bc%8fadmin",
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
            ("/a%20b", "/A%20B"),
            ("/%c3%89", "/é"),
            ("/.well-known/x", "/.Well-Known/x"),
            ("/도장", "/%EB%8F%84%EC%9E%A5"),
        ] {
            assert_eq!(segments(one), segments(other), "{one} {other}");
        }
        for (one, other) in [("/admin", "/"), ("/admin", "/admin2"), ("/admin", "/admin/x")] {
            assert_ne!(segments(one), segments(other), "{one} {other}");
        }
        assert!(segments("/Admin/x").is_at_or_below(&segments("/admin")));
        assert!(!segments("/admins/x").is_at_or_below(&segments("/admin")));
    }
}
