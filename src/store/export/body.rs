//! A row's value as members.

use serde::de::Error as _;
use serde_json::value::RawValue;

use super::key::Column;
use crate::domain::result_rows;
use crate::store::json::Fault;
use crate::store::json::coder::{self, Shape};
use crate::store::json::line::{Line, inline, push_bytes};
use crate::store::json::words;
use crate::store::records::{event, job};

/// What the value of a kind's rows is.
pub(super) enum Body {
    /// A record of this version; and the version and shape that it has in stores of schema 1.
    Record { version: u8, shape: Shape, first: Option<(u8, Shape)> },
    /// JSON as it came, in this member.
    Json(&'static str),
    /// A job's results, in this member.
    ResultRows(&'static str),
    /// A number, in this member.
    Number(&'static str, Column),
    /// A few bytes, in this member.
    Hex(&'static str),
    /// Nothing.
    Nothing,
}

impl Body {
    /// The version and the shape that a record has in stores of a schema.
    fn record(&self, schema: u32) -> Option<(u8, Shape)> {
        match *self {
            Self::Record { first: Some(first), .. } if schema == 1 => Some(first),
            Self::Record { version, shape, .. } => Some((version, shape)),
            _ => None,
        }
    }

    /// Adds the members of a value in a store of this schema; `None` when these bytes are none.
    pub(super) fn show(&self, value: &[u8], schema: u32, text: &mut String) -> Option<()> {
        let open = |name: &str, text: &mut String| text.extend([",\"", name, "\":"]);
        match *self {
            Self::Record { .. } => {
                let (version, shape) = self.record(schema)?;
                let record = value.split_first().filter(|(found, _)| **found == version)?.1;
                coder::show(shape, record, text).ok()
            }
            Self::Json(name) => {
                let json = event::read_payload(value).ok()?;
                match inline(&json) {
                    Some(json) => {
                        open(name, text);
                        text.push_str(json);
                    }
                    None => {
                        text.extend([",\"", name, "_bytes\":"]);
                        push_bytes(&json, text);
                    }
                }
                Some(())
            }
            Self::ResultRows(name) => {
                let (_, block) = job::read_block(value).ok()?;
                open(name, text);
                text.push('[');
                for row in result_rows::lines(block) {
                    if !text.ends_with('[') {
                        text.push(',');
                    }
                    text.push_str(inline(row)?);
                }
                text.push(']');
                Some(())
            }
            Self::Number(name, column) => {
                open(name, text);
                column.show(name, value, text)
            }
            Self::Hex(name) => {
                open(name, text);
                words::push_hex(value, text);
                Some(())
            }
            Self::Nothing => value.is_empty().then_some(()),
        }
    }

    /// The value, in a store of this schema, whose members a line has.
    pub(super) fn read(&self, line: &Line<'_>, schema: u32) -> Result<Vec<u8>, Fault> {
        match *self {
            Self::Record { .. } => {
                let (version, shape) =
                    self.record(schema).ok_or_else(|| Fault::custom("it is not a record"))?;
                let mut record = coder::read(shape, line)?;
                record.insert(0, version);
                Ok(record)
            }
            Self::Json(name) => Ok(match line.raw(name) {
                Some(json) => event::write_payload(json.as_bytes()),
                None => event::write_payload(&line.bytes(&format!("{name}_bytes"))?),
            }),
            Self::ResultRows(name) => {
                let raw = line.raw(name).unwrap_or_default();
                let rows: Vec<&RawValue> = serde_json::from_str(raw).map_err(Fault::custom)?;
                let block: String = rows.iter().flat_map(|row| [row.get(), "\n"]).collect();
                let count = u32::try_from(rows.len()).map_err(Fault::custom)?;
                Ok(job::write_block(count, block.as_bytes()))
            }
            Self::Number(name, column) => column.read(name, &line.value(name)?),
            Self::Hex(name) => Column::Bytes.read(name, &line.value(name)?),
            Self::Nothing => Ok(Vec::new()),
        }
    }
}
