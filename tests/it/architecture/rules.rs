//! The rules, and everything in the sources that breaks one.

use std::collections::{BTreeMap, BTreeSet};

use super::methods::calls;
use super::sources::{Full, Sources};

/// For each room, top to bottom, the rooms it may import.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table(pub(super) Vec<(String, Vec<String>)>);

/// Rooms without IO.
const PURE: [&str; 4] = ["domain", "schedule", "render", "sign"];
/// Crates that a pure room must not name.
const IMPURE: [&str; 5] = ["tokio", "tokio_rustls", "hyper", "hyper_util", "redb"];

/// What only some rooms may name, and why.
const RESERVED: [(&[&str], &[&str], &str); 6] = [
    (&["Edit", "CreateWebhook"], &["app", "domain", "store"], "only app makes webhooks"),
    (&["Edit", "Subscribe"], &["app", "domain", "store"], "only app makes webhooks"),
    (&["Webhook", "plain"], &["app", "domain", "store"], "only app makes webhooks"),
    (&["Edit", "UpdateWebhook"], &["app", "dispatch", "store"], "only app and dispatch change webhooks"),
    (&["Instant", "now"], &["clock"], "only the clock reads time"),
    (&["SystemTime", "now"], &["clock"], "only the clock reads time"),
];

impl Table {
    /// Reads the table below the heading *Rooms*: the first cell names one room or several, the last one what
    /// they import.
    pub(super) fn read(text: &str) -> Self {
        let rows = text.lines().skip_while(|line| *line != "## Rooms").skip(1);
        let rows = rows.take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| `"));
        let mut table = Vec::new();
        for row in rows {
            let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
            let [rooms, _, imports] = cells[..] else { panic!("a row needs three cells: {row}") };
            assert!(imports.trim() == "–" || !names(imports).is_empty(), "name the rooms, or write –: {row}");
            let words = imports.split('`').step_by(2).flat_map(|between| between.chars());
            assert!(words.into_iter().all(|c| " ,–".contains(c)), "name rooms, and nothing besides: {row}");
            table.extend(names(rooms).into_iter().map(|room| (room, names(imports))));
        }
        Self(table)
    }

    fn at(&self, room: &str) -> Option<usize> {
        self.0.iter().position(|(name, _)| name == room)
    }

    /// What is wrong with the table itself.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (at, (room, imports)) in self.0.iter().enumerate() {
            for import in imports {
                if self.at(import).is_none_or(|import| import <= at) {
                    faults.push(format!("{room} imports {import}, which is no row below it"));
                }
            }
        }
        faults
    }
}

/// The names in back quotes, without what marks a folder or a file.
fn names(cell: &str) -> Vec<String> {
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted.map(|name| name.trim_end_matches('/').trim_end_matches(".rs").to_owned()).collect()
}

/// The room of a file: its folder, or itself.
fn room(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

/// Every line that breaks a rule about rooms, as `file:line: why`.
pub(super) fn breaches(table: &Table, sources: &Sources) -> Vec<String> {
    let mut breaches = BTreeSet::new();
    for file in sources.files.iter().filter(|file| file.name != "lib.rs") {
        let room = room(&file.name);
        let Some(at) = table.at(room) else {
            breaches.insert(format!("{}: {room} is a room that the table does not know", file.name));
            continue;
        };
        for named in &file.named {
            let Some(full) = sources.expand(named) else { continue };
            let mut breach = |why: String| breaches.insert(format!("{}:{}: {why}", file.name, named.line));
            let (Full::Own(path) | Full::Other(path)) = &full;
            let first = path.first().map_or("", String::as_str);
            let own = matches!(full, Full::Own(_));
            if own
                && first != room
                && table.at(first).is_some()
                && !table.0[at].1.iter().any(|name| name == first)
            {
                breach(format!("{room} must not import {first}"));
            }
            let impure =
                PURE.contains(&room) && IMPURE.contains(&first) || first == "redb" && room != "store";
            if !own && impure {
                breach(format!("{room} must not name {first}"));
            }
            for (tail, rooms, why) in RESERVED {
                if path.len() >= tail.len()
                    && path[path.len() - tail.len()..] == *tail
                    && !rooms.contains(&room)
                {
                    breach(why.to_owned());
                }
            }
        }
    }
    breaches.into_iter().collect()
}

/// What a file imports from another: the names.
pub(super) type Imports = BTreeMap<(usize, usize), BTreeSet<String>>;

/// Every loop: the files of one that import each other, and what ties them.
pub(super) fn loops(sources: &Sources) -> Vec<Loop> {
    let mut imports = imports(sources);
    for (files, names) in calls(sources) {
        imports.entry(files).or_default().extend(names);
    }
    let mut next: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (from, to) in imports.keys() {
        next.entry(*from).or_default().push(*to);
    }
    let reach: Vec<BTreeSet<usize>> = (0..sources.files.len()).map(|file| reachable(file, &next)).collect();
    let mut loops: Vec<Loop> = Vec::new();
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    for file in 0..sources.files.len() {
        if !reach[file].contains(&file) || seen.contains(&file) {
            continue;
        }
        let members: Vec<usize> =
            reach[file].iter().copied().filter(|other| reach[*other].contains(&file)).collect();
        seen.extend(&members);
        let name = |file: &usize| sources.files[*file].name.clone();
        let ties = imports.iter().filter(|((from, to), _)| members.contains(from) && members.contains(to));
        let ties = ties.map(|((from, to), names)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("{} -> {}: {}", name(from), name(to), names.join(", "))
        });
        loops.push(Loop { ties: ties.collect(), files: members.iter().map(name).collect() });
    }
    loops
}

/// Files that import each other in a loop.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) files: Vec<String>,
    pub(super) ties: Vec<String>,
}

fn imports(sources: &Sources) -> Imports {
    let mut imports = Imports::new();
    for (from, file) in sources.files.iter().enumerate() {
        for named in &file.named {
            let Some(Full::Own(path)) = sources.expand(named) else { continue };
            let module = || sources.modules.get(&path).filter(|_| named.glob).map(|module| module.file);
            if let Some(to) = sources.defined_in(&path).or_else(module)
                && to != from
            {
                imports.entry((from, to)).or_default().extend(path.last().cloned());
            }
        }
    }
    imports
}

/// The files that one leads to, itself only by a loop.
fn reachable(file: usize, next: &BTreeMap<usize, Vec<usize>>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![file];
    while let Some(at) = waiting.pop() {
        for to in next.get(&at).into_iter().flatten() {
            if found.insert(*to) {
                waiting.push(*to);
            }
        }
    }
    found
}
