//! Exports: every row of the store as one line of JSON, for people and for other programs, and a store
//! made of such lines.
//!
//! ```text
//! {"kind":"ringback_export","format":1,"schema":1}
//! {"kind":"account","no":1,"id":"acct_…","name":"default","created_at":"…"}
//! …
//! {"kind":"end","lines":1,"counts":{"account":1},"sha256":"…"}       (of all bytes before this line)
//! ```
//!
//! A line has the columns of its row's key, then the members of its record by the names that the record
//! has in the code; instants, ids, codes and bytes in their texts. Each line is read back before it goes
//! out: a row that would not come out of it byte for byte (it does not decode, or was written by another
//! version) goes out as `raw_key` and `raw`, so an export loses nothing. Secrets stay sealed.

mod body;
mod key;
mod kinds;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use redb::ReadableDatabase as _;
use serde::de::Error as _;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::json::Fault;
use super::json::words;

use super::Store;
use super::backup::{BackupError, Gentle, RestoreError, each_row, make, put};
use super::engine::{checksum, value_of};
use super::engine_error::EngineError;
use super::file;
use super::file::{OpenOptions, SCHEMA};
use super::json::line::Line;
use super::seal;
use super::tables::{self, meta};
use crate::limits;
use kinds::{KINDS, Kind};

const FORMAT: u32 = 1;
const HEAD: &str = "ringback_export";
const END: &str = "end";

/// What an export holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportSummary {
    /// Its lines by their kind, without the first and the last.
    pub counts: BTreeMap<&'static str, u64>,
    /// Its bytes.
    pub bytes: u64,
}

impl ExportSummary {
    /// Rows of all kinds.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.counts.values().sum()
    }

    fn end(&self, hash: Sha256) -> String {
        let mut sum = String::new();
        words::push_hex(&hash.finalize(), &mut sum);
        let counts = json!(self.counts);
        format!("{{\"kind\":\"{END}\",\"lines\":{},\"counts\":{counts},\"sha256\":{sum}}}\n", self.rows())
    }
}

impl Store {
    /// Writes every row of one moment of the store to `out` as a line. It blocks, for as long as `out`
    /// does, and is given up as [`Store::backup`] is.
    ///
    /// # Errors
    /// When the store cannot be read, or `out` not written.
    pub fn export(&self, out: impl Write) -> Result<ExportSummary, BackupError> {
        let mut out = Gentle::new(out, &self.core.space);
        let txn = self.core.db.begin_read().map_err(EngineError::from)?;
        let (mut summary, mut hash) = (ExportSummary::default(), Sha256::new());
        let schema = file::schema(&txn).unwrap_or(SCHEMA);
        let mut text = format!("{{\"kind\":\"{HEAD}\",\"format\":{FORMAT},\"schema\":{schema}}}\n");
        each_row(&txn, &mut |table, key, value| {
            let Some(kind) = kind_of_table(table).filter(|_| !is_of_the_file(table, key)) else {
                return Ok(());
            };
            let plain = if tables::is_checked(table) { checksum::plain(key, value) } else { Some(value) };
            show(kind, key, (plain, value), schema, &mut text);
            *summary.counts.entry(kind.name).or_default() += 1;
            if text.len() >= limits::BACKUP_PIECE_BYTES {
                summary.bytes += text.len() as u64;
                hash.update(&text);
                out.write_all(text.as_bytes())?;
                text.clear();
            }
            Ok(())
        })?;
        hash.update(&text);
        text.push_str(&summary.end(hash));
        summary.bytes += text.len() as u64;
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(summary)
    }
}

fn kind_of_table(table: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.table == table)
}

/// Whether the file was closed is no part of what it holds.
fn is_of_the_file(table: &str, key: &[u8]) -> bool {
    table == tables::META.name() && value_of::<&str>(key) == meta::CLEAN
}

/// Whether a row's key and value can be read.
pub(in crate::store) fn is_sound(table: &str, key: &[u8], value: &[u8], schema: u32) -> bool {
    let mut text = String::new();
    kind_of_table(table).is_none_or(|kind| {
        key::show(kind.key, key, &mut text).and_then(|()| kind.body.show(value, schema, &mut text)).is_some()
    })
}

/// Adds the line of a row in a store of this schema.
fn show(kind: &Kind, key: &[u8], value: (Option<&[u8]>, &[u8]), schema: u32, text: &mut String) {
    let (plain, stored) = value;
    let value = plain.unwrap_or_default();
    let start = text.len();
    text.extend(["{\"kind\":\"", kind.name, "\""]);
    let begun = text.len();
    let shown = plain
        .and_then(|value| key::show(kind.key, key, text).and_then(|()| kind.body.show(value, schema, text)));
    text.push('}');
    let line = text.get(start..).unwrap_or_default();
    let back = shown.and_then(|()| row(kind, &Line::parse(line.as_bytes()).ok()?, schema).ok());
    if back.is_none_or(|(again, same)| again != key || same != value) {
        text.truncate(begun);
        text.push_str(",\"raw_key\":\"");
        STANDARD.encode_string(key, text);
        text.push_str("\",\"raw\":\"");
        STANDARD.encode_string(plain.unwrap_or(stored), text);
        text.push_str("\"}");
    }
    text.push('\n');
}

/// The key and the value of a line's row in a store of this schema.
fn row(kind: &Kind, line: &Line<'_>, schema: u32) -> Result<(Vec<u8>, Vec<u8>), Fault> {
    if line.raw("raw_key").is_none() {
        return Ok((key::read(kind.key, line)?, kind.body.read(line, schema)?));
    }
    let decoded = |name| {
        let value = line.value(name)?;
        let bytes = value.as_str().and_then(|text| STANDARD.decode(text).ok());
        bytes.ok_or_else(|| Fault(format!("{name}: must be base64")))
    };
    Ok((decoded("raw_key")?, decoded("raw")?))
}

/// Reads an export to its end and says what it holds; nothing is written.
///
/// # Errors
/// When it is not whole, not ours, or not to be opened with the keys that are given.
pub fn verify(input: impl Read, keys: Option<&OpenOptions>) -> Result<ExportSummary, RestoreError> {
    let seal = keys.map(OpenOptions::seal);
    let mut opened = seal.is_none();
    let summary = read(input, |kind, key, value| {
        if kind.table == tables::META.name() && value_of::<&str>(key) == meta::CANARY {
            opened = seal.as_ref().is_none_or(|seal| seal.open(seal::CANARY_ROW, value).is_some());
        }
        Ok(())
    })?;
    if opened { Ok(summary) } else { Err(RestoreError::WrongKey) }
}

/// Makes a store at `path` of an export, as [`super::backup::restore`] makes one of a backup.
///
/// # Errors
/// As [`RestoreError`] says. Without `replace`, a store that is there is not touched; with it, one
/// that a process has open is not.
pub fn import(
    input: impl Read,
    path: &Path,
    options: &OpenOptions,
    replace: bool,
) -> Result<ExportSummary, RestoreError> {
    make(path, options, replace, "store.import", |fill| {
        let (mut table, mut rows) = ("", Vec::new());
        let summary = read(input, |kind, key, value| {
            if kind.table != table || rows.len() >= limits::BACKUP_FRAME_BYTES {
                if !rows.is_empty() {
                    fill(table, &rows)?;
                    rows.clear();
                }
                table = kind.table;
            }
            let value = match tables::is_checked(kind.table) {
                true => checksum::stored(key, value.to_vec()),
                false => value.to_vec(),
            };
            put(&mut rows, key).and_then(|()| put(&mut rows, &value)).map_err(RestoreError::Io)
        })?;
        if !rows.is_empty() {
            fill(table, &rows)?;
        }
        Ok(summary)
    })
}

/// Reads lines, and gives the key and the value of each one's row, until the end, which it checks.
fn read(
    input: impl Read,
    mut rows: impl FnMut(&'static Kind, &[u8], &[u8]) -> Result<(), RestoreError>,
) -> Result<ExportSummary, RestoreError> {
    let mut lines = Lines { input: BufReader::new(input), number: 0, line: Vec::new() };
    let (mut summary, mut hash, mut schema) = (ExportSummary::default(), Sha256::new(), SCHEMA);
    loop {
        lines.next()?;
        let bytes = lines.line.as_slice();
        let mut parse = || {
            let line = Line::parse(bytes)?;
            let name = line.value("kind")?;
            let name = name.as_str().unwrap_or_default();
            if (name == HEAD) != (lines.number == 1) {
                return Err(Fault::custom("this is not an export of Ringback"));
            }
            if name == HEAD {
                schema = head(&line)?;
                return Ok(None);
            }
            if name == END {
                let wanted = summary.end(hash.clone());
                let right = wanted.as_bytes() == bytes;
                return if right { Ok(None) } else { Err(Fault::custom("the export was changed")) };
            }
            let kind = KINDS.iter().find(|kind| kind.name == name);
            let kind = kind.ok_or_else(|| Fault(format!("kind: \"{name}\" is unknown")))?;
            Ok(Some((kind, row(kind, &line, schema)?)))
        };
        let found = parse().map_err(|Fault(why)| lines.wrong(why))?;
        summary.bytes += bytes.len() as u64;
        hash.update(bytes);
        match found {
            Some((kind, (key, value))) => {
                *summary.counts.entry(kind.name).or_default() += 1;
                rows(kind, &key, &value)?;
            }
            None if lines.number > 1 => return lines.ended().map(|()| summary),
            None => {}
        }
    }
}

/// The schema of an export with this first line, if this program knows it.
fn head(line: &Line<'_>) -> Result<u32, Fault> {
    let known = |what, supported: u32| {
        let found = line.value(what)?;
        let number = found.as_u64().and_then(|found| u32::try_from(found).ok());
        number.filter(|number| *number <= supported).ok_or_else(|| {
            Fault(format!("the export has {what} {found}; this program knows up to {supported}"))
        })
    };
    known("format", FORMAT)?;
    known("schema", SCHEMA)
}

struct Lines<R> {
    input: BufReader<R>,
    number: u64,
    line: Vec<u8>,
}

impl<R: Read> Lines<R> {
    fn next(&mut self) -> Result<(), RestoreError> {
        self.number += 1;
        self.line.clear();
        let most = limits::BACKUP_FRAME_MAX as u64;
        let read = (&mut self.input).take(most).read_until(b'\n', &mut self.line);
        read.map_err(RestoreError::Io)?;
        match self.line.last() {
            Some(b'\n') => Ok(()),
            _ if self.line.len() as u64 == most => Err(self.wrong("it is longer than allowed".to_owned())),
            _ => Err(self.wrong("the export is cut off here".to_owned())),
        }
    }

    fn ended(&mut self) -> Result<(), RestoreError> {
        match self.input.fill_buf().map_err(RestoreError::Io)? {
            [] => Ok(()),
            _ => Err(self.wrong("something comes after the end".to_owned())),
        }
    }

    fn wrong(&self, why: String) -> RestoreError {
        RestoreError::Line(self.number, why)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_row_comes_back_as_it_was(
            kind in 0..KINDS.len(), key: Vec<u8>, value: Vec<u8>, version in 0u8..3, schema in 1..=SCHEMA,
        ) {
            let kind = &KINDS[kind];
            let value = [&[version], value.as_slice()].concat();
            let mut text = String::new();
            show(kind, &key, (Some(&value), &value), schema, &mut text);
            prop_assert_eq!(text.matches('\n').count(), 1, "{}", text);
            let line = Line::parse(text.as_bytes()).unwrap();
            prop_assert_eq!(row(kind, &line, schema).unwrap(), (key, value));
        }

        #[test]
        fn any_line_is_a_row_or_an_error(text in r#"\{"kind":"(due|job_rows|webhook)"(,"[a-z]{1,7}":([0-9]{1,20}|null|"[a-z]{0,3}"|\[\]))*\}"#) {
            if let Ok(line) = Line::parse(text.as_bytes()) {
                for kind in &KINDS {
                    let _ = row(kind, &line, SCHEMA);
                }
            }
        }
    }
}
