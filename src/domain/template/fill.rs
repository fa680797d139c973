//! Filling a template in.

use std::ops::ControlFlow::{self, Break, Continue};

use zeroize::Zeroizing;

use super::budget::{FillBudget, FillError};
use super::compiled::{Compiled, Piece, Source};
use super::values::Data;
use crate::domain::locked::assert_unlocked;
use crate::domain::secret::SecretText;
use crate::domain::time::Timestamp;
use crate::limits;

/// A value as JSON text; one that was made here may hold a secret.
pub(super) enum Value<'v> {
    Found(&'v str),
    Made(Zeroizing<String>),
}

impl Value<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Found(text) => text,
            Self::Made(text) => text,
        }
    }
}

impl Compiled<'_> {
    /// The text with the values of an event's `data`, and of secrets. It is JSON whatever the data
    /// is, and the same for the same data, time and secrets. Nothing is made of what would be too large.
    ///
    /// # Errors
    /// When it would be too large, the budget does not suffice, or a secret is not set.
    pub fn fill<'s>(
        &self,
        data: &Data<'_>,
        accepted_at: Timestamp,
        secret: impl Fn(&str) -> Option<&'s SecretText>,
        budget: &mut FillBudget,
    ) -> Result<Zeroizing<Vec<u8>>, FillError> {
        assert_unlocked();
        let values = self.values(data, accepted_at, secret, budget)?;
        let most = limits::TEMPLATE_OUTPUT_BYTES.min(budget.given);
        // Never moved, so that nothing of a secret is left behind unwiped.
        let mut out = Zeroizing::new(Vec::with_capacity(self.length(&values, most, budget)?));
        let _ = self.each(&values, |text| {
            out.extend_from_slice(text.as_bytes());
            Continue(())
        });
        budget.given -= out.len();
        Ok(out)
    }

    fn values<'v, 's>(
        &self,
        data: &'v Data<'_>,
        accepted_at: Timestamp,
        secret: impl Fn(&str) -> Option<&'s SecretText>,
        budget: &mut FillBudget,
    ) -> Result<Vec<Value<'v>>, FillError> {
        let sources = self.variables.iter().map(|variable| &variable.source);
        let paths: Vec<(usize, Vec<&str>)> = sources
            .clone()
            .enumerate()
            .filter_map(|(no, source)| match source {
                Source::Data(path) => Some((no, path.clone())),
                Source::DateIso | Source::DateUnix | Source::Secret(_) | Source::Nothing => None,
            })
            .collect();
        let found = data.find(&paths, self.variables.len(), budget)?;
        sources
            .zip(found)
            .map(|(source, found)| match source {
                Source::DateIso => Ok(Value::Made(Zeroizing::new(format!("\"{accepted_at}\"")))),
                Source::DateUnix => Ok(Value::Made(Zeroizing::new(accepted_at.as_secs().to_string()))),
                Source::Secret(name) => match secret(name) {
                    Some(text) => Ok(Value::Made(quoted(text.expose()))),
                    None => Err(FillError::SecretMissing((*name).to_owned())),
                },
                Source::Data(_) | Source::Nothing => Ok(Value::Found(found.unwrap_or("null"))),
            })
            .collect()
    }

    /// How long the text would be. It is looked at no further than `most`.
    pub(super) fn length(
        &self,
        values: &[Value<'_>],
        most: usize,
        budget: &mut FillBudget,
    ) -> Result<usize, FillError> {
        let mut length = 0_usize;
        let measured = self.each(values, |text| {
            length = length.saturating_add(text.len());
            if length > most { Break(()) } else { Continue(()) }
        });
        // What is measured is a part of a value at a time, and no longer than a value beyond what is allowed.
        budget.work(length)?;
        if measured.is_break() { Err(FillError::TooLarge(most)) } else { Ok(length) }
    }

    pub(super) fn each(
        &self,
        values: &[Value<'_>],
        mut put: impl FnMut(&str) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.pieces.iter().try_for_each(|piece| {
            let value = |no: &usize| values.get(*no).map_or("null", Value::text);
            match piece {
                Piece::Text(text) => put(text),
                Piece::Value(no) => put(value(no)),
                Piece::Part(no) => part(value(no), &mut put),
            }
        })
    }
}

/// A value as part of a string: a string's own text is escaped as it has to be; an object or an
/// array is shown as its JSON.
fn part(json: &str, put: &mut impl FnMut(&str) -> ControlFlow<()>) -> ControlFlow<()> {
    if let Some(inner) = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return put(inner);
    }
    let mut rest = json;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') {
        let (plain, special) = rest.split_at(at);
        put(plain)?;
        let mut special = special.chars();
        match special.next() {
            Some('"') => put("\\\""),
            Some('\\') => put("\\\\"),
            // Between tokens JSON has no other control characters than white space.
            _ => put(" "),
        }?;
        rest = special.as_str();
    }
    put(rest)
}

/// A text as a JSON string.
fn quoted(text: &str) -> Zeroizing<String> {
    let mut json = Zeroizing::new(String::with_capacity(2 * text.len() + 2));
    json.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            json.push('\\');
        }
        json.push(c);
    }
    json.push('"');
    json
}
