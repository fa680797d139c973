//! How items go out.

use super::super::shape::Shape;
use super::super::unsupported::refuse;
use super::super::window::flag;
use crate::api::call::Call;
use crate::api::words::Words;
use crate::http::problem::{Code, Problem};

/// Parameters that the provider has and that are not supported.
const REFUSED: [&str; 7] =
    ["view", "simplified", "skipFailedPages", "xmlRoot", "xmlRow", "feedTitle", "feedDescription"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Lines,
    Csv,
}

impl Words for Format {
    const NAME: &'static str = "ItemFormat";
    const ALL: &'static [Self] = &[Self::Json, Self::Lines, Self::Csv];
    fn word(self) -> &'static str {
        self.extension()
    }
    fn of_word(word: &str) -> Option<Self> {
        // Both are names of the same.
        let word = if word == "ndjson" { "jsonl" } else { word };
        Self::ALL.iter().copied().find(|format| format.extension() == word)
    }
}

impl Format {
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Lines => "jsonl",
            Self::Csv => "csv",
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::Lines => "application/x-ndjson; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// How items go out.
pub(super) struct ItemFormat {
    pub(super) format: Format,
    pub(super) shape: Shape,
    pub(super) delimiter: char,
    pub(super) named: bool,
    pub(super) bom: bool,
}

impl ItemFormat {
    pub(super) fn of(call: &Call) -> Result<Self, Problem> {
        refuse(call, &REFUSED)?;
        let one = |text: &str| {
            let mut chars = text.chars();
            chars.next().filter(|c| chars.next().is_none() && !matches!(c, '"' | '\r' | '\n'))
        };
        let delimiter = call.query.text("delimiter").map(one);
        let wrong = || Problem::new(Code::BadParameter, "delimiter must be one character other than a quote");
        Ok(Self {
            format: call.query.word("format")?.unwrap_or(Format::Json),
            shape: Shape::of(call)?,
            delimiter: delimiter.unwrap_or(Some(',')).ok_or_else(wrong)?,
            named: !flag(call, "skipHeaderRow")?,
            bom: flag(call, "bom")?,
        })
    }
}
