//! What a record's members and elements are one after the other, on the line itself or within it.

use serde::de::{DeserializeSeed, Error as _, SeqAccess};
use serde_json::{Map, Value};

use super::way::{Coder, Way};
use crate::store::json::fault::Fault;

/// Where parts are read from.
pub(super) enum From {
    Line,
    Object(Map<String, Value>),
    Array(std::vec::IntoIter<Value>),
}

pub(super) struct Parts<'c, 'a> {
    pub(super) coder: &'c mut Coder<'a>,
    pub(super) names: &'static [&'static str],
    /// What they are called together.
    pub(super) name: &'static str,
    pub(super) left: usize,
    pub(super) from: From,
    pub(super) top: bool,
}

impl Parts<'_, '_> {
    fn enter(&mut self) -> Result<(), Fault> {
        let name = self.names.split_first().map(|(name, rest)| {
            self.names = rest;
            *name
        });
        self.coder.name = name.unwrap_or(self.name);
        // A tuple of structs on the line itself: their members are the line's.
        self.coder.top = self.top && name.is_none();
        if self.coder.top {
            return Ok(());
        }
        let missing = || Fault::custom("is missing");
        match &mut self.coder.way {
            Way::Show { text, .. } => {
                if !text.ends_with(['{', '[']) {
                    text.push(',');
                }
                if let Some(name) = name {
                    text.extend(["\"", name, "\":"]);
                }
            }
            Way::Read { line, at, .. } => {
                *at = match (&mut self.from, name) {
                    (From::Line, Some(name)) => line.value(name)?,
                    (From::Object(members), Some(name)) => members.remove(name).ok_or_else(missing)?,
                    (From::Array(elements), None) => elements.next().ok_or_else(missing)?,
                    _ => return Err(missing()),
                }
            }
        }
        Ok(())
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, '_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        self.enter()?;
        let name = self.coder.name;
        let named = |Fault(why): Fault| Fault(if name.is_empty() { why } else { format!("{name}: {why}") });
        seed.deserialize(&mut *self.coder).map(Some).map_err(named)
    }
}
