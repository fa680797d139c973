//! Holds the directions of imports that the architecture promises. A room is a directory or a file
//! right below `src/`; what a room may name is in one table.

use std::fs;
use std::path::{Path, PathBuf};

/// For each room, the rooms it may name.
const ALLOWED: &[(&str, &[&str])] = &[
    ("main", &["cli", "daemon"]),
    (
        "cli",
        &[
            "api",
            "clock",
            "config",
            "domain",
            "http",
            "limits",
            "render",
            "schedule",
            "daemon",
            "sign",
            "store",
            "systemd",
            "telemetry",
            "trust",
        ],
    ),
    (
        "daemon",
        &[
            "admin",
            "api",
            "clock",
            "config",
            "dispatch",
            "domain",
            "egress",
            "http",
            "limits",
            "render",
            "schedule",
            "sign",
            "store",
            "systemd",
            "telemetry",
        ],
    ),
    ("config", &["domain", "limits"]),
    ("limits", &[]),
    ("fair", &[]),
    ("trust", &["domain"]),
    ("clock", &["domain"]),
    ("telemetry", &["clock", "config", "domain", "limits"]),
    ("domain", &["limits"]),
    ("schedule", &["domain", "limits"]),
    ("render", &["domain", "limits"]),
    ("sign", &["domain", "limits"]),
    ("store", &["clock", "domain", "fair", "limits"]),
    ("egress", &["clock", "domain", "fair", "limits", "trust"]),
    (
        "dispatch",
        &["clock", "domain", "egress", "fair", "limits", "render", "schedule", "sign", "store", "telemetry"],
    ),
    ("app", &["clock", "domain", "limits", "store"]),
    ("api", &["app", "clock", "domain", "fair", "http", "limits", "render", "sign", "store"]),
    ("http", &["clock", "domain", "fair", "limits"]),
    ("admin", &["api", "clock", "dispatch", "domain", "http", "limits", "store", "telemetry"]),
    ("systemd", &["limits"]),
];

/// Rooms without IO.
const PURE: [&str; 4] = ["domain", "schedule", "render", "sign"];
/// What a pure room must not name.
const IMPURE: [&str; 4] = ["tokio", "hyper", "hyper_util", "redb"];
/// Who may read a clock, and how it is done.
const CLOCKS: [&str; 2] = ["Instant::now", "SystemTime::now"];

/// A line that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Breach {
    file: String,
    line: usize,
    why: String,
}

/// Everything in `text`, the source of `file` in `room`, that breaks a rule.
fn check(room: &str, file: &str, text: &str) -> Vec<Breach> {
    let allowed = ALLOWED.iter().find(|(name, _)| *name == room).map(|(_, allowed)| *allowed);
    let mut breaches = Vec::new();
    for (at, line) in code(text) {
        let mut breach = |why: String| breaches.push(Breach { file: file.to_owned(), line: at, why });
        for named in named_rooms(room, &line) {
            if named != room && !allowed.is_some_and(|allowed| allowed.contains(&named.as_str())) {
                breach(format!("{room} must not import {named}"));
            }
        }
        for crate_name in IMPURE {
            let impure = PURE.contains(&room) || crate_name == "redb" && room != "store";
            if impure && names(&line, crate_name) {
                breach(format!("{room} must not name {crate_name}"));
            }
        }
        for makes in ["Edit::CreateWebhook", "Edit::Subscribe", "Webhook::plain("] {
            if !["app", "domain", "store"].contains(&room) && line.contains(makes) {
                breach("only app makes webhooks".to_owned());
            }
        }
        if !["app", "dispatch", "store"].contains(&room) && line.contains("Edit::UpdateWebhook") {
            breach("only app and dispatch change webhooks".to_owned());
        }
        if room != "clock" && CLOCKS.iter().any(|clock| line.contains(clock)) {
            breach("only the clock reads time".to_owned());
        }
    }
    breaches
}

/// The lines of a source that are code of the room itself: no comments, and no unit tests, which may
/// use anything. A list in braces that goes over several lines counts as one line.
fn code(text: &str) -> Vec<(usize, String)> {
    let mut lines =
        text.lines().enumerate().map(|(at, line)| (at + 1, line.split("//").next().unwrap_or("")));
    let mut own = Vec::new();
    while let Some((at, line)) = lines.next() {
        let mut line = line.to_owned();
        if line.trim() == "#[cfg(test)]" {
            match lines.next() {
                Some((_, tests)) if tests.trim_end().ends_with('{') && tests.contains("mod ") => break,
                _ => continue,
            }
        }
        while line.contains("crate::{") && line.matches('{').count() > line.matches('}').count() {
            let Some((_, more)) = lines.next() else { break };
            line.push_str(more);
        }
        own.push((at, line));
    }
    own
}

/// The rooms of this crate that a line names: `crate::room`, `crate::{a, b::{c, d}}`, and from
/// `main` `ringback::room`.
fn named_rooms(room: &str, line: &str) -> Vec<String> {
    let root = if room == "main" { "ringback::" } else { "crate::" };
    let mut rooms = Vec::new();
    for (at, _) in line.match_indices(root) {
        if line[..at].ends_with(is_word) || line[..at].ends_with('$') {
            continue;
        }
        let rest = &line[at + root.len()..];
        match rest.strip_prefix('{') {
            Some(list) => rooms.extend(parts(list).iter().map(|part| first_word(part.trim()))),
            None => rooms.push(first_word(rest)),
        }
    }
    rooms.retain(|name| ALLOWED.iter().any(|(room, _)| room == name));
    rooms
}

/// The parts of a list, up to the brace that ends it; inner lists stay whole.
fn parts(list: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => parts.push(String::new()),
            _ => parts.last_mut().unwrap().push(c),
        }
    }
    parts
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|&c| is_word(c)).collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a line names a crate, as `name::…` or `use name;`.
fn names(line: &str, crate_name: &str) -> bool {
    line.match_indices(crate_name).any(|(at, _)| {
        let rest = &line[at + crate_name.len()..];
        !line[..at].ends_with(|c| is_word(c) || c == ':') && (rest.starts_with("::") || rest.starts_with(';'))
    })
}

/// Every source below `src/` with its room.
fn sources() -> Vec<(String, PathBuf)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut waiting = vec![src.clone()];
    let mut sources = Vec::new();
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let first = path.strip_prefix(&src).unwrap().iter().next().unwrap();
                let room = Path::new(first).file_stem().unwrap().to_string_lossy().into_owned();
                sources.push((room, path));
            }
        }
    }
    sources
}

/// Whether a file holds nothing but unit tests: it is below such a module, or its parent declares
/// it as one.
fn is_tests(path: &Path) -> bool {
    if path.iter().any(|part| part == "tests" || part == "tests.rs") {
        return true;
    }
    let dir = path.parent().unwrap();
    let name = path.file_stem().unwrap().to_string_lossy();
    let declared = format!("#[cfg(test)]\nmod {name};");
    let parents = [dir.join("mod.rs"), dir.with_extension("rs"), dir.join("lib.rs")];
    parents.iter().any(|parent| fs::read_to_string(parent).is_ok_and(|text| text.contains(&declared)))
}

#[test]
fn rooms_import_only_what_they_may() {
    let mut breaches = Vec::new();
    let sources = sources();
    assert!(sources.len() > 20, "the sources were not found");
    for (room, path) in sources.iter().filter(|(room, path)| room != "lib" && !is_tests(path)) {
        assert!(ALLOWED.iter().any(|(name, _)| name == room), "{room} is a room that no rule knows");
        breaches.extend(check(room, &path.display().to_string(), &fs::read_to_string(path).unwrap()));
    }
    assert!(breaches.is_empty(), "{breaches:#?}");
}

#[test]
fn a_planted_breach_is_found() {
    for (room, line, why) in [
        ("store", "use crate::egress::Client;", "store must not import egress"),
        ("egress", "use crate::{domain::id, store};", "egress must not import store"),
        ("egress", "use crate::{domain::{id, time}, store};", "egress must not import store"),
        ("egress", "use crate::{\n    domain::id,\n    store,\n};", "egress must not import store"),
        ("store", "#[cfg(test)]\nmod tests;\nuse crate::egress;", "store must not import egress"),
        ("api", "    crate::egress::send(x).await", "api must not import egress"),
        ("domain", "use tokio::sync::mpsc;", "domain must not name tokio"),
        ("schedule", "let x = hyper::body::Bytes::new();", "schedule must not name hyper"),
        ("api", "use redb::Database;", "api must not name redb"),
        ("dispatch", "let now = std::time::Instant::now();", "only the clock reads time"),
        ("sign", "let now = SystemTime::now();", "only the clock reads time"),
        ("main", "use ringback::store;", "main must not import store"),
        ("api", "call.edit(Edit::CreateWebhook(made)).await", "only app makes webhooks"),
        ("daemon", "let edit = Edit::UpdateWebhook { from, to };", "only app and dispatch change webhooks"),
    ] {
        let source = format!("//! Fine.\n{line}\n");
        let breaches = check(room, "planted.rs", &source);
        assert_eq!(breaches.len(), 1, "{line}");
        assert_eq!((breaches[0].line > 1, breaches[0].why.as_str()), (true, why), "{line}");
    }
}

#[test]
fn what_is_allowed_is_no_breach() {
    for (room, text) in [
        ("store", "use redb::Database;\nuse crate::domain::id::Seq;\nuse super::tables;"),
        ("domain", "// tokio::sync is not used here\n/// nor [`crate::store::Store`]\nuse crate::limits;"),
        ("sign", "fn x() {}\n#[cfg(test)]\nmod tests { use tokio::test; }"),
        ("clock", "Instant::now()"),
        ("egress", "let stores = my_crate::store::x();"),
    ] {
        assert_eq!(check(room, "fine.rs", text), [], "{text}");
    }
}
