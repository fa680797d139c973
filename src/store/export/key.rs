//! A key's columns as members, from the bytes that [`crate::store::engine`] makes of keys: numbers
//! big-endian, texts with a zero at their end, one column after the other.

use serde::de::Error as _;
use serde_json::Value;

use crate::store::json::Fault;
use crate::store::json::line::{Line, push_bytes, read_bytes};
use crate::store::json::words;

/// What a column of a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    U8,
    U32,
    U64,
    /// Sixteen bytes.
    Id,
    /// A SHA-256.
    Digest,
    Text,
    Bytes,
}

impl Column {
    /// `None` where it is as long as it likes.
    fn width(self) -> Option<usize> {
        match self {
            Self::U8 => Some(1),
            Self::U32 => Some(4),
            Self::U64 => Some(8),
            Self::Id => Some(16),
            Self::Digest => Some(32),
            Self::Text | Self::Bytes => None,
        }
    }

    /// Adds the column's value; `None` when these bytes are none.
    pub(super) fn show(self, name: &str, bytes: &[u8], text: &mut String) -> Option<()> {
        match self {
            Self::U8 | Self::U32 | Self::U64 => {
                let mut number = [0; 8];
                number.get_mut(8_usize.checked_sub(bytes.len())?..)?.copy_from_slice(bytes);
                words::push_number(name, self == Self::U8, u64::from_be_bytes(number), text);
            }
            Self::Id | Self::Digest | Self::Bytes => words::push_hex(bytes, text),
            Self::Text => push_bytes(bytes, text),
        }
        Some(())
    }

    /// The bytes of a column's value.
    pub(super) fn read(self, name: &str, value: &Value) -> Result<Vec<u8>, Fault> {
        let bytes = match self {
            Self::U8 | Self::U32 | Self::U64 => {
                let number = words::number(name, self == Self::U8, value)?.to_be_bytes();
                let (high, low) = number.split_at(8 - self.width().unwrap_or_default());
                high.iter().all(|byte| *byte == 0).then(|| low.to_vec())
            }
            Self::Id | Self::Digest | Self::Bytes => value.as_str().and_then(|text| hex::decode(text).ok()),
            Self::Text => read_bytes(value),
        };
        let fits = bytes.filter(|bytes| self.width().is_none_or(|width| bytes.len() == width));
        fits.ok_or_else(|| Fault::custom(format!("{name}: {value} does not fit")))
    }
}

type Columns = &'static [(&'static str, Column)];

/// Adds a key's columns to a line; `None` when these bytes are no such key.
pub(super) fn show(columns: Columns, mut key: &[u8], text: &mut String) -> Option<()> {
    for (name, column) in columns {
        let end = match column {
            Column::Text => key.iter().position(|&byte| byte == 0)?,
            _ => column.width().unwrap_or(key.len()),
        };
        let (bytes, rest) = key.split_at_checked(end)?;
        key = if *column == Column::Text { rest.split_first()?.1 } else { rest };
        text.extend([",\"", name, "\":"]);
        column.show(name, bytes, text)?;
    }
    key.is_empty().then_some(())
}

/// The key whose columns a line has.
pub(super) fn read(columns: Columns, line: &Line<'_>) -> Result<Vec<u8>, Fault> {
    let mut key = Vec::new();
    for (name, column) in columns {
        key.extend(column.read(name, &line.value(name)?)?);
        if *column == Column::Text {
            key.push(0);
        }
    }
    Ok(key)
}
