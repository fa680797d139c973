//! Turns a record's bytes into members of a JSON object, and such members into the record's bytes.
//!
//! What a record consists of is said once, by the serde form that [`crate::store::records`] writes it
//! with. The coder poses as a deserializer: the form asks it for one value after the other, and each is
//! carried over from the one side to the other. What the form gets in the end is thrown away.

mod parts;
mod way;

use serde::de::{Deserializer, Error as _, Visitor, value::SeqDeserializer};
use serde_json::Value;

use super::fault::Fault;
use super::line::{Line, push_bytes, read_bytes};
use super::words;
use parts::{From, Parts};
use way::Way;
pub(in crate::store) use way::{Coder, ExportFormat};

/// How a kind of record is carried over.
#[derive(Clone, Copy)]
pub(in crate::store) struct Shape {
    pub(in crate::store) form: ExportFormat,
    pub(in crate::store) columns: &'static [&'static str],
    pub(in crate::store) prefix: &'static str,
}

/// Adds a record's members to a line.
pub(in crate::store) fn show(shape: Shape, bytes: &[u8], text: &mut String) -> Result<(), Fault> {
    run(shape, Way::Show { bytes, text }).map(drop)
}

/// The bytes of the record whose members a line has.
pub(in crate::store) fn read(shape: Shape, line: &Line<'_>) -> Result<Vec<u8>, Fault> {
    match run(shape, Way::Read { line, at: Value::Null, bytes: Vec::new() })? {
        Way::Read { bytes, .. } => Ok(bytes),
        Way::Show { .. } => Err(Fault::short()),
    }
}

fn run(shape: Shape, way: Way<'_>) -> Result<Way<'_>, Fault> {
    let Shape { form, columns, prefix } = shape;
    let mut coder = Coder { way, top: true, name: "", columns, prefix };
    form(&mut coder)?;
    Ok(coder.way)
}

impl Coder<'_> {
    /// A whole number: one byte, or a varint.
    fn number(&mut self, is_byte: bool) -> Result<u64, Fault> {
        let name = self.name;
        match &mut self.way {
            Way::Show { bytes, text } => {
                let number = if is_byte { u64::from(byte(bytes)?) } else { varint(bytes)? };
                words::push_number(name, is_byte, number, text);
                Ok(number)
            }
            Way::Read { at, bytes, .. } => {
                let number = words::number(name, is_byte, at)?;
                match u8::try_from(number) {
                    Ok(byte) if is_byte => bytes.push(byte),
                    Err(error) if is_byte => return Err(Fault::custom(error)),
                    _ => put_varint(number, bytes),
                }
                Ok(number)
            }
        }
    }

    /// Bytes that have their length before them; a text's if `is_text`.
    fn bytes(&mut self, is_text: bool) -> Result<(), Fault> {
        let is_address = self.name == words::ADDRESS;
        match &mut self.way {
            Way::Show { bytes, text } if is_address => {
                let octets = if varint(bytes)? == 0 { 4 } else { 16 };
                words::push_address(take(bytes, octets)?, text)
            }
            Way::Read { at, bytes, .. } if is_address => words::address(at, bytes),
            Way::Show { bytes, text } => {
                let length = usize::try_from(varint(bytes)?).map_err(Fault::custom)?;
                push_bytes(take(bytes, length)?, text);
                Ok(())
            }
            Way::Read { at, bytes, .. } => {
                let read = read_bytes(at).ok_or_else(|| Fault::custom("must be a string"))?;
                if is_text && std::str::from_utf8(&read).is_err() {
                    return Err(Fault::custom("must be a string"));
                }
                put_varint(read.len() as u64, bytes);
                bytes.extend(read);
                Ok(())
            }
        }
    }

    /// So many bytes that are one thing: an id or a digest.
    fn block(&mut self, length: usize) -> Result<(), Fault> {
        let prefix = words::prefix(self.name, self.prefix);
        match &mut self.way {
            Way::Show { bytes, text } => words::push_block(prefix, take(bytes, length)?, text),
            Way::Read { at, bytes, .. } => bytes.extend(words::block(prefix, length, at)?),
        }
        Ok(())
    }

    /// Carries parts over: the members of the line, of an object, or an array's elements.
    fn parts<'de, V: Visitor<'de>>(
        &mut self,
        names: &'static [&'static str],
        left: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let top = std::mem::take(&mut self.top);
        let open = |named: bool| if named { ('{', '}') } else { ('[', ']') };
        let (begin, end) = open(!names.is_empty());
        let from = match &mut self.way {
            _ if top => From::Line,
            Way::Show { text, .. } => {
                text.push(begin);
                From::Line
            }
            Way::Read { at, .. } => match std::mem::take(at) {
                Value::Object(members) if !names.is_empty() => From::Object(members),
                Value::Array(elements) if names.is_empty() => From::Array(elements.into_iter()),
                _ => return Err(Fault::custom(format!("must be in {begin}{end}"))),
            },
        };
        let name = self.name;
        let value = visitor.visit_seq(Parts { coder: &mut *self, names, name, left, from, top })?;
        if let (Way::Show { text, .. }, false) = (&mut self.way, top) {
            text.push(end);
        }
        Ok(value)
    }
}

impl<'de> Deserializer<'de> for &mut Coder<'_> {
    type Error = Fault;

    // So that an address asks for a text.
    fn is_human_readable(&self) -> bool {
        true
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Fault> {
        Err(Fault::custom("no record has this"))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &mut self.way {
            Way::Show { bytes, text } => text.push_str(if byte(bytes)? == 0 { "false" } else { "true" }),
            Way::Read { at, bytes, .. } => {
                bytes.push(at.as_bool().ok_or_else(|| Fault::custom("must be true or false"))?.into());
            }
        }
        visitor.visit_bool(true)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let number = self.number(true)?;
        visitor.visit_u64(number)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let number = self.number(false)?;
        visitor.visit_u64(number)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let number = self.number(false)?;
        visitor.visit_u64(number)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let number = self.number(false)?;
        visitor.visit_u64(number)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &mut self.way {
            Way::Show { bytes, text } => {
                let number = take(bytes, 8)?.try_into().map(f64::from_le_bytes).map_err(Fault::custom)?;
                text.push_str(&Value::from(number).to_string());
            }
            Way::Read { at, bytes, .. } => {
                let number = at.as_f64().ok_or_else(|| Fault::custom("must be a number"))?;
                bytes.extend(number.to_le_bytes());
            }
        }
        visitor.visit_f64(0.0)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let is_address = self.name == words::ADDRESS;
        self.bytes(true)?;
        visitor.visit_borrowed_str(if is_address { "0.0.0.0" } else { "" })
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.bytes(false)?;
        visitor.visit_borrowed_bytes(&[])
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let some = match &mut self.way {
            Way::Show { bytes, .. } => byte(bytes)? != 0,
            Way::Read { at, bytes, .. } => {
                bytes.push((!at.is_null()).into());
                !at.is_null()
            }
        };
        if some {
            return visitor.visit_some(self);
        }
        if let Way::Show { text, .. } = &mut self.way {
            text.push_str("null");
        }
        visitor.visit_none()
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let length = match &mut self.way {
            Way::Show { bytes, .. } => usize::try_from(varint(bytes)?).map_err(Fault::custom)?,
            Way::Read { at, bytes, .. } => {
                let length = at.as_array().map_or(0, Vec::len);
                put_varint(length as u64, bytes);
                length
            }
        };
        self.parts(&[], length, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        if matches!(length, 16 | 32) {
            self.block(length)?;
            return visitor.visit_seq(SeqDeserializer::new(std::iter::repeat_n(0u8, length)));
        }
        let names = if self.top { self.columns } else { words::members(self.name) };
        self.parts(names, length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.parts(names, names.len(), visitor)
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 f32 char byte_buf unit unit_struct newtype_struct map enum identifier ignored_any
    }
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], Fault> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or_else(Fault::short)?;
    *bytes = rest;
    Ok(taken)
}

fn byte(bytes: &mut &[u8]) -> Result<u8, Fault> {
    take(bytes, 1)?.first().copied().ok_or_else(Fault::short)
}

/// Seven bits per byte, the lowest first, as postcard has them.
fn varint(bytes: &mut &[u8]) -> Result<u64, Fault> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = byte(bytes)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(Fault::custom("a number is too long"))
}

fn put_varint(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}
