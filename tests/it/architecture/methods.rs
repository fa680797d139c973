//! Methods of types whose `impl` stands in several files. A file that calls one names no path to the file that has it.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::Imports;
use super::sources::{Full, Named, Sources};

/// A type: the file that defines it, and its name.
type Type = (usize, String);

/// For the types with methods of their own in several files: each method, and the files that have it.
struct Spread(BTreeMap<Type, BTreeMap<String, BTreeSet<usize>>>);

impl Spread {
    fn of(sources: &Sources) -> Self {
        let mut types: BTreeMap<Type, BTreeMap<String, BTreeSet<usize>>> = BTreeMap::new();
        for (at, file) in sources.files.iter().enumerate() {
            for method in &file.methods {
                if let Some(of) = method.of.as_ref().and_then(|of| type_of(sources, of, at)) {
                    types.entry(of).or_default().entry(method.name.clone()).or_default().insert(at);
                }
            }
        }
        types.retain(|_, methods| methods.values().flatten().collect::<BTreeSet<_>>().len() > 1);
        Self(types)
    }

    fn has(&self, of: &Type, method: &str) -> impl Iterator<Item = usize> {
        self.0.get(of).and_then(|methods| methods.get(method)).into_iter().flatten().copied()
    }
}

/// The type that a path names in a file.
fn type_of(sources: &Sources, named: &Named, file: usize) -> Option<Type> {
    let name = named.path.last()?.clone();
    match sources.expand(named) {
        Some(Full::Own(path)) => Some((sources.defined_in(&path)?, name)),
        Some(Full::Other(_)) => None,
        None => Some((file, name)),
    }
}

/// Which file calls methods of which other file, and which: those of its own type, those that are named with their
/// type, and, where a file has a type by name, those that only one file in all has.
pub(super) fn calls(sources: &Sources) -> Imports {
    let spread = Spread::of(sources);
    let mut defined: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (at, file) in sources.files.iter().enumerate() {
        for method in &file.methods {
            defined.entry(&method.name).or_default().insert(at);
        }
    }
    let mut calls = Imports::new();
    for (from, file) in sources.files.iter().enumerate() {
        let mut call = |to: usize, name: &str| {
            if to != from {
                calls.entry((from, to)).or_default().insert(format!(".{name}()"));
            }
        };
        let mut known = BTreeSet::new();
        for named in &file.named {
            known.extend(type_of(sources, named, from));
            let Some((method, of)) = named.path.split_last().filter(|(_, of)| !of.is_empty()) else {
                continue;
            };
            let of = Named { path: of.to_vec(), ..named.clone() };
            if let Some(of) = type_of(sources, &of, from) {
                spread.has(&of, method).for_each(|to| call(to, method));
            }
        }
        for called in &file.called {
            let name = called.name.as_str();
            match called.of.as_ref().and_then(|of| type_of(sources, of, from)) {
                Some(of) => spread.has(&of, name).for_each(|to| call(to, name)),
                None if defined.get(name).is_some_and(|files| files.len() == 1) => {
                    known.iter().flat_map(|of| spread.has(of, name)).for_each(|to| call(to, name));
                }
                None => {}
            }
        }
    }
    calls
}
