//! The log writer of both servers: each event is one line without control characters, and writing
//! never fails.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

/// How control and format characters are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escapes {
    /// As in Rust: `\u{9b}`. ESC is left alone when the formatter writes colours, because it then
    /// escapes ESC in messages itself.
    Text {
        /// Whether the formatter writes colours.
        colours: bool,
    },
    /// As in JSON: `\u009b`.
    Json,
}

/// Standard error, one event for each call of [`Write::write_all`].
///
/// Writing never fails: a full disk or a closed pipe (`2>&1 | head -1`) must not end the program.
#[derive(Clone, Copy, Debug)]
pub struct LogWriter(Escapes);

impl LogWriter {
    /// Creates a writer that escapes in this form.
    #[must_use]
    pub const fn new(escapes: Escapes) -> Self {
        Self(escapes)
    }
}

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let _ = io::stderr().lock().write_all(escaped(&text, self.0).as_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = io::stderr().lock().flush();
        Ok(())
    }
}

/// Returns the event as one line. A line break at its end is kept.
fn escaped(event: &str, escapes: Escapes) -> Cow<'_, str> {
    let (line, end) = event.strip_suffix('\n').map_or((event, ""), |line| (line, "\n"));
    let is_plain = |c: char| {
        (!c.is_control() && !is_format(c))
            || (c == '\u{1b}' && escapes == Escapes::Text { colours: true })
    };
    if line.chars().all(is_plain) {
        return Cow::Borrowed(event);
    }
    let mut text = String::with_capacity(event.len() + 16);
    for c in line.chars() {
        match escapes {
            _ if is_plain(c) => text.push(c),
            Escapes::Text { .. } => text.extend(c.escape_default()),
            Escapes::Json => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing into a string cannot fail.
                    let _ = write!(text, "\\u{unit:04x}");
                }
            }
        }
    }
    text.push_str(end);
    Cow::Owned(text)
}

/// Whether a character is invisible or changes the direction of text, and could disguise a line.
const fn is_format(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_without_control_characters() {
        let event = "a \u{9b}31m 도장 \u{202e}x\u{7f}\r\nnext \u{e0041}\n";
        assert_eq!(
            escaped(event, Escapes::Text { colours: true }),
            "a \\u{9b}31m 도장 \\u{202e}x\\u{7f}\\r\\nnext \\u{e0041}\n"
        );
        assert_eq!(
            escaped(event, Escapes::Json),
            "a \\u009b31m 도장 \\u202ex\\u007f\\u000d\\u000anext \\udb40\\udc41\n"
        );
    }

    #[test]
    fn a_plain_event_is_not_copied_and_keeps_its_colours() {
        for event in ["INFO \u{1b}[2m도장\u{1b}[0m\n", "no line break", "\n", ""] {
            let text = escaped(event, Escapes::Text { colours: true });
            assert!(matches!(text, Cow::Borrowed(text) if text == event), "{event:?}");
        }
        assert_eq!(escaped("\u{1b}[2J\n", Escapes::Json), "\\u001b[2J\n");
        assert_eq!(escaped("\u{1b}[2J\n", Escapes::Text { colours: false }), "\\u{1b}[2J\n");
    }
}
