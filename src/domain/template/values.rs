//! Finding the values of many variables in one JSON text, each as it is written there.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;

use crate::domain::json;

/// A variable's number, and the names that are left on the way to its value.
type Wanted<'w> = (usize, &'w [&'w str]);

/// The data, readable member by member.
pub(super) struct Data<'d>(Cow<'d, [u8]>);

impl<'d> Data<'d> {
    /// Names that no text can hold (half a surrogate pair) would hide everything beside them.
    pub(super) fn new(text: &'d [u8]) -> Self {
        let halves = text.windows(3).any(|escape| matches!(escape, b"\\ud" | b"\\uD"));
        let readable = !halves || serde_json::from_slice::<serde_json::Value>(text).is_ok();
        Self(if readable { Cow::Borrowed(text) } else { Cow::Owned(json::tamed(text)) })
    }

    /// What is at the end of each path. However many paths there are, each level of the data is
    /// read once.
    pub(super) fn find(&self, paths: &[(usize, Vec<&str>)], count: usize) -> Vec<Option<&str>> {
        let mut found = vec![None; count];
        let mut wanted: Vec<Wanted<'_>> = paths.iter().map(|(no, path)| (*no, path.as_slice())).collect();
        wanted.sort_unstable_by_key(|(_, path)| *path);
        if let Ok(root) = serde_json::from_slice::<&RawValue>(&self.0) {
            look(root, &wanted, &mut found);
        }
        found
    }
}

/// `wanted` is in order of its paths, so that those through one member are neighbours. The depth of
/// the recursion is that of the longest path.
fn look<'d>(value: &'d RawValue, wanted: &[Wanted<'_>], found: &mut [Option<&'d str>]) {
    let text = value.get();
    let (here, below) = wanted.split_at(wanted.partition_point(|(_, path)| path.is_empty()));
    for (no, _) in here {
        if let Some(slot) = found.get_mut(*no) {
            *slot = Some(text);
        }
    }
    if below.is_empty() {
        return;
    }
    let Some(members) = Members::of(text) else { return };
    for through in below.chunk_by(|(_, one), (_, other)| one.first() == other.first()) {
        let name = through.first().and_then(|(_, path)| path.first()).copied().unwrap_or_default();
        if let Some(member) = members.get(name) {
            let rest: Vec<Wanted<'_>> =
                through.iter().map(|&(no, path)| (no, path.get(1..).unwrap_or_default())).collect();
            look(member, &rest, found);
        }
    }
}

enum Members<'d> {
    Named(HashMap<String, &'d RawValue>),
    Listed(Vec<&'d RawValue>),
}

impl<'d> Members<'d> {
    fn of(text: &'d str) -> Option<Self> {
        match text.as_bytes().first() {
            Some(b'{') => serde_json::from_str(text).ok().map(Self::Named),
            Some(b'[') => serde_json::from_str(text).ok().map(Self::Listed),
            _ => None,
        }
    }

    fn get(&self, name: &str) -> Option<&'d RawValue> {
        match self {
            Self::Named(members) => members.get(name).copied(),
            Self::Listed(members) => members.get(name.parse::<usize>().ok()?).copied(),
        }
    }
}
