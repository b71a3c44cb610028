//! One pass over a JSON text that checks grammar, nesting and duplicate names, and collects the
//! requested members of the outermost object.

use super::error::{JsonError, JsonErrorKind, MAX_DEPTH};
use super::names::any_twice;
use super::text::{NO_CODE_UNIT, Text, code_unit};
use super::value::Value;
use alloc::vec::Vec;

/// Validates a text of one JSON object, and returns its members with these names, in their order.
///
/// # Errors
/// The first violation of strict JSON.
pub(crate) fn read_members<'a, const N: usize>(
    text: &'a [u8],
    names: &[&str; N],
) -> Result<[Option<Value<'a>>; N], JsonError> {
    let mut values = [None; N];
    read_members_into(text, names, &mut values)?;
    Ok(values)
}

/// As [`read_members`], with the values in a slice as long as `names`.
///
/// # Errors
/// The first violation of strict JSON.
pub(crate) fn read_members_into<'a>(
    text: &'a [u8],
    names: &[&str],
    values: &mut [Option<Value<'a>>],
) -> Result<(), JsonError> {
    if let Err(error) = core::str::from_utf8(text) {
        return Err(JsonError { kind: JsonErrorKind::NotUtf8, offset: error.valid_up_to() });
    }
    let mut reader = Reader { names, values, ..Reader::new(text) };
    reader.document().map_err(|kind| JsonError { kind, offset: reader.at })
}

/// Returns the elements of an array in a validated text, and none of another value.
pub(crate) fn elements(array: Value<'_>) -> Elements<'_, '_> {
    let mut reader = Reader::new(if array.is_array() { array.raw() } else { &[] });
    reader.at = 1;
    Elements { reader }
}

/// Iterator over the elements of an array.
pub(crate) struct Elements<'a, 'w> {
    reader: Reader<'a, 'w>,
}

impl<'a> Iterator for Elements<'a, '_> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        self.reader.took_next(b',');
        self.reader.skip_white_space();
        let start = self.reader.at;
        // Fails at the closing bracket.
        self.reader.value(1).ok()?;
        Some(self.reader.value_since(start))
    }
}

/// A position in a text, and the members collected so far.
struct Reader<'a, 'w> {
    text: &'a [u8],
    /// Offset of the next byte; after an error, the offset to report.
    at: usize,
    /// The names of all open objects, the outermost first.
    open: Vec<Text<'a>>,
    /// The requested members, and their values.
    names: &'w [&'w str],
    values: &'w mut [Option<Value<'a>>],
}

type Read = Result<(), JsonErrorKind>;

impl<'a> Reader<'a, '_> {
    fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, open: Vec::new(), names: &[], values: &mut [] }
    }

    fn document(&mut self) -> Read {
        self.skip_white_space();
        let start = self.at;
        let is_object = self.peek() == b'{';
        self.value(1)?;
        self.skip_white_space();
        if self.at < self.text.len() {
            return Err(JsonErrorKind::Syntax);
        }
        if !is_object {
            return self.fail_at(start, JsonErrorKind::NotAnObject);
        }
        Ok(())
    }

    /// Returns the next byte, or 0 at the end: the grammar allows 0 nowhere.
    #[cfg_attr(target_family = "wasm", inline(never))]
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    #[cfg_attr(target_family = "wasm", inline(never))]
    fn took(&mut self, byte: u8) -> bool {
        let there = self.peek() == byte;
        self.at += usize::from(there);
        there
    }

    #[cfg_attr(target_family = "wasm", inline(never))]
    fn take(&mut self, byte: u8) -> Read {
        if self.took(byte) { Ok(()) } else { Err(JsonErrorKind::Syntax) }
    }

    const fn fail_at(&mut self, at: usize, kind: JsonErrorKind) -> Read {
        self.at = at;
        Err(kind)
    }

    fn value_since(&self, start: usize) -> Value<'a> {
        Value::new(self.text.get(start..self.at).unwrap_or_default(), start)
    }

    #[cfg_attr(target_family = "wasm", inline(never))]
    fn skip_white_space(&mut self) {
        while let b' ' | b'\t' | b'\n' | b'\r' = self.peek() {
            self.at += 1;
        }
    }

    /// Skips white space, then as [`Self::took`].
    #[cfg_attr(target_family = "wasm", inline(never))]
    fn took_next(&mut self, byte: u8) -> bool {
        self.skip_white_space();
        self.took(byte)
    }

    #[cfg_attr(target_family = "wasm", inline(never))]
    fn value(&mut self, depth: u32) -> Read {
        match self.peek() {
            b'"' => self.string(),
            b'{' => self.container(depth, b'}'),
            b'[' => self.container(depth, b']'),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => self.number(),
        }
    }

    /// Reads the object or array that begins here and ends with `close`.
    #[cfg_attr(target_family = "wasm", inline(never))]
    fn container(&mut self, depth: u32, close: u8) -> Read {
        if depth > MAX_DEPTH {
            return Err(JsonErrorKind::TooDeep);
        }
        let start = self.at;
        let names_before = self.open.len();
        self.at += 1;
        if !self.took_next(close) {
            loop {
                self.skip_white_space();
                if close == b'}' {
                    self.name()?;
                }
                let value = self.at;
                self.value(depth + 1)?;
                if depth == 1 {
                    self.collect(value);
                }
                if !self.took_next(b',') {
                    break;
                }
            }
            self.take(close)?;
        }
        if any_twice(self.open.get_mut(names_before..).unwrap_or_default()) {
            return self.fail_at(start, JsonErrorKind::DuplicateMember);
        }
        self.open.truncate(names_before);
        Ok(())
    }

    /// Reads a member's name and the colon.
    fn name(&mut self) -> Read {
        let start = self.at;
        self.string()?;
        self.open.push(Text::new(self.text.get(start + 1..self.at - 1).unwrap_or_default()));
        self.skip_white_space();
        self.take(b':')?;
        self.skip_white_space();
        Ok(())
    }

    /// Collects the value that began at `start`, if the member named last is requested.
    fn collect(&mut self, start: usize) {
        let value = self.value_since(start);
        let Some(name) = self.open.last() else { return };
        for (requested, slot) in self.names.iter().zip(self.values.iter_mut()) {
            if name.is(requested.as_bytes()) {
                *slot = Some(value);
            }
        }
    }

    #[cfg_attr(target_family = "wasm", inline(never))]
    fn literal(&mut self, word: &str) -> Read {
        for byte in word.bytes() {
            self.take(byte)?;
        }
        Ok(())
    }

    /// Reads a string (RFC 8259 section 7). Surrogates must be paired.
    #[cfg_attr(target_family = "wasm", inline(never))]
    fn string(&mut self) -> Read {
        self.take(b'"')?;
        loop {
            match self.text.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                // Control characters must be escaped.
                None | Some(0..=0x1f) => return Err(JsonErrorKind::Syntax),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        Ok(())
    }

    fn escape(&mut self) -> Read {
        let start = self.at;
        self.at += 1;
        if let b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' = self.peek() {
            self.at += 1;
            return Ok(());
        }
        let is_pair = match self.code_unit()? {
            0xd800..=0xdbff => self.took(b'\\') && matches!(self.code_unit()?, 0xdc00..=0xdfff),
            0xdc00..=0xdfff => false,
            _ => true,
        };
        if is_pair { Ok(()) } else { self.fail_at(start, JsonErrorKind::Syntax) }
    }

    /// Reads `u` and four hexadecimal digits.
    fn code_unit(&mut self) -> Result<u32, JsonErrorKind> {
        self.take(b'u')?;
        match code_unit(self.text, &mut self.at) {
            NO_CODE_UNIT => Err(JsonErrorKind::Syntax),
            unit => Ok(unit),
        }
    }

    /// Reads a number (RFC 8259 section 6).
    fn number(&mut self) -> Read {
        self.took(b'-');
        if !self.took(b'0') {
            self.digits()?;
        }
        if self.took(b'.') {
            self.digits()?;
        }
        if self.took(b'e') || self.took(b'E') {
            let _ = self.took(b'+') || self.took(b'-');
            self.digits()?;
        }
        Ok(())
    }

    /// Reads one digit or more.
    #[cfg_attr(target_family = "wasm", inline(never))]
    fn digits(&mut self) -> Read {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start { Err(JsonErrorKind::Syntax) } else { Ok(()) }
    }
}
