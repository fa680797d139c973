//! Finding the values of many variables in one JSON text, each as it is written there.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::budget::{FillBudget, FillError};
use crate::domain::json;

/// A variable's number, and the names that are left on the way to its value.
type Wanted<'w> = (usize, &'w [&'w str]);

/// The data of an event, readable member by member.
pub struct Data<'d>(Cow<'d, [u8]>);

impl<'d> Data<'d> {
    /// Names that no text can hold (half a surrogate pair) would hide everything beside them.
    #[must_use]
    pub fn new(text: &'d [u8]) -> Self {
        let halves = text.windows(3).any(|escape| matches!(escape, b"\\ud" | b"\\uD"));
        let readable = !halves || serde_json::from_slice::<serde_json::Value>(text).is_ok();
        Self(if readable { Cow::Borrowed(text) } else { Cow::Owned(json::tamed(text)) })
    }

    /// What is at the end of each path. However many paths there are, each level of the data is
    /// read once; what is read is taken off the budget before it is.
    pub(super) fn find(
        &self,
        paths: &[(usize, Vec<&str>)],
        count: usize,
        budget: &mut FillBudget,
    ) -> Result<Vec<Option<&str>>, FillError> {
        let mut found = vec![None; count];
        let mut wanted: Vec<Wanted<'_>> = paths.iter().map(|(no, path)| (*no, path.as_slice())).collect();
        wanted.sort_unstable_by_key(|(_, path)| *path);
        if wanted.is_empty() {
            return Ok(found);
        }
        budget.work(self.0.len())?;
        if let Ok(root) = serde_json::from_slice::<&RawValue>(&self.0) {
            look(root, &wanted, &mut found, budget)?;
        }
        Ok(found)
    }
}

/// `wanted` is in order of its paths, so that those through one member are neighbours. The depth of
/// the recursion is that of the longest path.
fn look<'d>(
    value: &'d RawValue,
    wanted: &[Wanted<'_>],
    found: &mut [Option<&'d str>],
    budget: &mut FillBudget,
) -> Result<(), FillError> {
    let text = value.get();
    let (here, below) = wanted.split_at(wanted.partition_point(|(_, path)| path.is_empty()));
    for (no, _) in here {
        if let Some(slot) = found.get_mut(*no) {
            *slot = Some(text);
        }
    }
    if below.is_empty() || !text.starts_with(['{', '[']) {
        return Ok(());
    }
    budget.work(text.len())?;
    let groups: Vec<&[Wanted<'_>]> =
        below.chunk_by(|(_, one), (_, other)| one.first() == other.first()).collect();
    let members = Members { groups: &groups, text };
    let Ok(members) = members.read() else { return Ok(()) };
    for (through, member) in groups.iter().zip(members) {
        let Some(member) = member else { continue };
        let rest: Vec<Wanted<'_>> =
            through.iter().map(|&(no, path)| (no, path.get(1..).unwrap_or_default())).collect();
        look(member, &rest, found, budget)?;
    }
    Ok(())
}

/// The name that a group of paths goes through.
fn name<'w>(group: &[Wanted<'w>]) -> &'w str {
    group.first().and_then(|(_, path)| path.first()).copied().unwrap_or_default()
}

/// The members of an object or a list that are wanted, by group; no other is kept. Of members of one
/// name it is the last.
struct Members<'w, 'd> {
    groups: &'w [&'w [Wanted<'w>]],
    text: &'d str,
}

impl<'d> Members<'_, 'd> {
    fn read(self) -> serde_json::Result<Vec<Option<&'d RawValue>>> {
        let mut reader = serde_json::Deserializer::from_str(self.text);
        reader.deserialize_any(self)
    }
}

impl<'d> Visitor<'d> for Members<'_, 'd> {
    type Value = Vec<Option<&'d RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = vec![None; self.groups.len()];
        while let Some(key) = map.next_key::<Name<'d>>()? {
            match self.groups.binary_search_by_key(&&*key.0, |group| name(group)) {
                Ok(at) => {
                    let value = map.next_value()?;
                    if let Some(slot) = members.get_mut(at) {
                        *slot = Some(value);
                    }
                }
                Err(_) => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(members)
    }

    fn visit_seq<A: SeqAccess<'d>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut places: Vec<(usize, usize)> = self
            .groups
            .iter()
            .enumerate()
            .filter_map(|(group, paths)| Some((name(paths).parse().ok()?, group)))
            .collect();
        places.sort_unstable();
        let mut places = places.into_iter().peekable();
        let mut members = vec![None; self.groups.len()];
        for at in 0.. {
            if places.peek().is_none_or(|(place, _)| *place != at) {
                if list.next_element::<IgnoredAny>()?.is_none() {
                    break;
                }
                continue;
            }
            let Some(value) = list.next_element()? else { break };
            while let Some((_, group)) = places.next_if(|(place, _)| *place == at) {
                if let Some(slot) = members.get_mut(group) {
                    *slot = Some(value);
                }
            }
        }
        Ok(members)
    }
}

/// A member's name, without a copy where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'d>(#[serde(borrow)] Cow<'d, str>);
