//! One pass over a JSON text: grammar, nesting, duplicate names; the members that are asked for
//! are noted on the way.

use super::names::any_twice;
use super::text::{NO_CODE_UNIT, code_unit};
use super::{Text, Value, utf8};
use crate::fault::JsonFault;
use alloc::vec::Vec;

/// The deepest nesting that is read: the outermost object is level 1.
pub const MAX_DEPTH: u32 = 32;

/// Reads one JSON object and nothing after it but white space; its members with these names go to
/// the places of the names.
///
/// # Errors
/// What is wrong, and at which byte of the text.
pub(crate) fn read_members<'a>(
    text: &'a [u8],
    names: &[&str],
    values: &mut [Option<Value<'a>>],
) -> Result<(), (JsonFault, usize)> {
    let valid = utf8::valid_up_to(text);
    if valid < text.len() {
        return Err((JsonFault::NotUtf8, valid));
    }
    let mut reader = Reader { names, values, ..Reader::new(text) };
    reader.document().map_err(|fault| (fault, reader.at))
}

/// The elements of an array in a text that has been read; none of anything else.
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
        // The closing bracket is no value.
        self.reader.value(1).ok()?;
        Some(Value::new(self.reader.since(start)))
    }
}

/// A place in a text, and what is noted of the outermost object.
struct Reader<'a, 'w> {
    text: &'a [u8],
    /// The next byte; when a fault is found, the byte to be told of.
    at: usize,
    /// The names of every object that is open, the outermost first.
    open: Vec<Text<'a>>,
    /// Which members are asked for, and where they go.
    names: &'w [&'w str],
    values: &'w mut [Option<Value<'a>>],
}

type Read = Result<(), JsonFault>;

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
            return Err(JsonFault::NotJson);
        }
        if !is_object {
            return self.fault_at(start, JsonFault::NotAnObject);
        }
        Ok(())
    }

    /// The next byte; 0 at the end, where it fits nowhere either.
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
        if self.took(byte) { Ok(()) } else { Err(JsonFault::NotJson) }
    }

    const fn fault_at(&mut self, at: usize, fault: JsonFault) -> Read {
        self.at = at;
        Err(fault)
    }

    fn since(&self, start: usize) -> &'a [u8] {
        self.text.get(start..self.at).unwrap_or_default()
    }

    #[cfg_attr(target_family = "wasm", inline(never))]
    fn skip_white_space(&mut self) {
        while let b' ' | b'\t' | b'\n' | b'\r' = self.peek() {
            self.at += 1;
        }
    }

    /// The same with white space before it.
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

    /// An object or an array, as `close` says; its opening bracket has been seen.
    #[cfg_attr(target_family = "wasm", inline(never))]
    fn container(&mut self, depth: u32, close: u8) -> Read {
        if depth > MAX_DEPTH {
            return Err(JsonFault::TooDeep);
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
                    self.note(value);
                }
                if !self.took_next(b',') {
                    break;
                }
            }
            self.take(close)?;
        }
        if any_twice(self.open.get_mut(names_before..).unwrap_or_default()) {
            return self.fault_at(start, JsonFault::DuplicateMember);
        }
        self.open.truncate(names_before);
        Ok(())
    }

    /// A member's name, up to its value.
    fn name(&mut self) -> Read {
        let start = self.at;
        self.string()?;
        self.open.push(Text::new(self.text.get(start + 1..self.at - 1).unwrap_or_default()));
        self.skip_white_space();
        self.take(b':')?;
        self.skip_white_space();
        Ok(())
    }

    /// Notes the value that began at `start`, if the member named last is asked for.
    fn note(&mut self, start: usize) {
        let value = Value::new(self.since(start));
        let Some(name) = self.open.last() else { return };
        for (known, place) in self.names.iter().zip(self.values.iter_mut()) {
            if name.is(known.as_bytes()) {
                *place = Some(value);
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

    /// A string of RFC 8259 section 7; a surrogate must come as a pair.
    #[cfg_attr(target_family = "wasm", inline(never))]
    fn string(&mut self) -> Read {
        self.take(b'"')?;
        loop {
            match self.text.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                // Control characters must be escaped.
                None | Some(0..=0x1f) => return Err(JsonFault::NotJson),
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
        if is_pair { Ok(()) } else { self.fault_at(start, JsonFault::NotJson) }
    }

    /// `u` and four hexadecimal digits.
    fn code_unit(&mut self) -> Result<u32, JsonFault> {
        self.take(b'u')?;
        match code_unit(self.text, &mut self.at) {
            NO_CODE_UNIT => Err(JsonFault::NotJson),
            unit => Ok(unit),
        }
    }

    /// A number of RFC 8259 section 6.
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

    /// One digit or more.
    #[cfg_attr(target_family = "wasm", inline(never))]
    fn digits(&mut self) -> Read {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start { Err(JsonFault::NotJson) } else { Ok(()) }
    }
}
