//! One pass over a JSON text: grammar, nesting, duplicate names; the top-level members are handed out on the way.

use super::members::Members;
use super::{Number, Text, Value};

/// The deepest nesting that is read: the outermost object is level 1.
pub const MAX_DEPTH: u32 = 32;

/// Why a text was not read, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    /// Byte offset in the decoded text.
    pub(crate) at: usize,
}

/// The rule that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// Not UTF-8.
    Utf8,
    /// Not the grammar of RFC 8259.
    Syntax,
    /// A member name comes twice in one object.
    DuplicateMember,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// A JSON text, but not an object.
    NotAnObject,
}

/// Reads one JSON object and nothing after it but white space; calls `member` for each of its own members in turn.
///
/// The members are handed out as they are read: a fault further on makes the whole result void.
pub(crate) fn read_object<'a>(bytes: &'a [u8], member: &mut dyn FnMut(Text<'a>, Value<'a>)) -> Result<(), Fault> {
    let text = core::str::from_utf8(bytes).map_err(|e| Fault { kind: FaultKind::Utf8, at: e.valid_up_to() })?;
    let mut reader = Reader { text, at: 0, members: Members::default() };
    reader.skip_white_space();
    let start = reader.at;
    if reader.peek() == Some(b'{') {
        reader.object(1, member)?;
    } else {
        reader.value(1)?;
    }
    reader.skip_white_space();
    if reader.peek().is_some() {
        return Err(reader.fault(FaultKind::Syntax));
    }
    if text.as_bytes().get(start) != Some(&b'{') {
        return Err(Fault { kind: FaultKind::NotAnObject, at: start });
    }
    Ok(())
}

/// Reads one JSON object as [`read_object`] does; the members of these names, in their order.
pub(crate) fn read_members<'a, const N: usize>(
    bytes: &'a [u8],
    names: [&str; N],
) -> Result<[Option<Value<'a>>; N], Fault> {
    let mut values = [None; N];
    read_object(bytes, &mut |name, value| note(&names, &mut values, name, value))?;
    Ok(values)
}

/// One function for objects of any number of names.
fn note<'a>(names: &[&str], values: &mut [Option<Value<'a>>], name: Text<'a>, value: Value<'a>) {
    for (known, place) in names.iter().zip(values) {
        if name.is(known) {
            *place = Some(value);
        }
    }
}

/// The elements of an array taken from a text that has been read.
pub(crate) fn elements(array: &str) -> Elements<'_> {
    let mut reader = Reader { text: array, at: 0, members: Members::default() };
    reader.skip_white_space();
    reader.at += 1;
    Elements { reader }
}

/// Iterator over the elements of a validated array.
pub(crate) struct Elements<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        self.reader.skip_white_space();
        match self.reader.peek()? {
            b',' => {
                self.reader.at += 1;
                self.reader.skip_white_space();
            }
            b']' => return None,
            _ => {}
        }
        self.reader.value(1).ok()
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    members: Members<'a>,
}

impl<'a> Reader<'a> {
    const fn fault(&self, kind: FaultKind) -> Fault {
        Fault { kind, at: self.at }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over `expected` or faults at it. Not inlined, as white space is not: twelve calls, and the wasm is small.
    #[inline(never)]
    fn take(&mut self, expected: u8) -> Result<(), Fault> {
        if self.peek() == Some(expected) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.fault(FaultKind::Syntax))
        }
    }

    /// The text from `start` to here.
    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    #[inline(never)]
    fn skip_white_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: u32) -> Result<Value<'a>, Fault> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => self.string().map(Value::Text),
            Some(b'{') => {
                self.object(depth, &mut |_, _| {})?;
                Ok(Value::Object(self.since(start)))
            }
            Some(b'[') => {
                self.array(depth)?;
                Ok(Value::Array(self.since(start)))
            }
            Some(b't') => self.literal("true", Value::Bool(true)),
            Some(b'f') => self.literal("false", Value::Bool(false)),
            Some(b'n') => self.literal("null", Value::Null),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            _ => Err(self.fault(FaultKind::Syntax)),
        }
    }

    fn object(&mut self, depth: u32, member: &mut dyn FnMut(Text<'a>, Value<'a>)) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return Err(self.fault(FaultKind::TooDeep));
        }
        let start = self.at;
        let mark = self.members.open_object();
        self.take(b'{')?;
        self.skip_white_space();
        if self.peek() != Some(b'}') {
            loop {
                let name = self.string()?;
                self.members.add(name);
                self.skip_white_space();
                self.take(b':')?;
                self.skip_white_space();
                let value = self.value(depth + 1)?;
                member(name, value);
                self.skip_white_space();
                if self.peek() != Some(b',') {
                    break;
                }
                self.at += 1;
                self.skip_white_space();
            }
        }
        self.take(b'}')?;
        if self.members.close_object(mark) {
            return Err(Fault { kind: FaultKind::DuplicateMember, at: start });
        }
        Ok(())
    }

    fn array(&mut self, depth: u32) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return Err(self.fault(FaultKind::TooDeep));
        }
        self.take(b'[')?;
        self.skip_white_space();
        if self.peek() != Some(b']') {
            loop {
                self.value(depth + 1)?;
                self.skip_white_space();
                if self.peek() != Some(b',') {
                    break;
                }
                self.at += 1;
                self.skip_white_space();
            }
        }
        self.take(b']')
    }

    fn literal(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, Fault> {
        word.bytes().try_for_each(|byte| self.take(byte)).map(|()| value)
    }

    /// A string of RFC 8259 section 7; a surrogate must come as a pair.
    fn string(&mut self) -> Result<Text<'a>, Fault> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                // Control characters must be escaped; `None` is the end of the text.
                Some(0..=0x1f) | None => return Err(self.fault(FaultKind::Syntax)),
                Some(_) => self.at += 1,
            }
        }
        let text = Text::new(self.since(start));
        self.at += 1;
        Ok(text)
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.take(b'\\')?;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                return Ok(());
            }
            Some(b'u') => self.at += 1,
            _ => return Err(self.fault(FaultKind::Syntax)),
        }
        let lone_surrogate = Fault { kind: FaultKind::Syntax, at: start };
        match self.code_unit()? {
            0xd800..=0xdbff => {
                self.take(b'\\').and_then(|()| self.take(b'u')).map_err(|_| lone_surrogate)?;
                match self.code_unit()? {
                    0xdc00..=0xdfff => Ok(()),
                    _ => Err(lone_surrogate),
                }
            }
            0xdc00..=0xdfff => Err(lone_surrogate),
            _ => Ok(()),
        }
    }

    fn code_unit(&mut self) -> Result<u32, Fault> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            unit = unit << 4 | digit.ok_or(self.fault(FaultKind::Syntax))?;
            self.at += 1;
        }
        Ok(unit)
    }

    /// A number of RFC 8259 section 6.
    fn number(&mut self) -> Result<Number<'a>, Fault> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Number::new(self.since(start)))
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { Err(self.fault(FaultKind::Syntax)) } else { Ok(()) }
    }
}
