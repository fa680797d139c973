//! `docs/dependencies.md` says of each crate that `Cargo.toml` names why it is that one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The crates that a manifest names.
fn named(manifest: &str) -> BTreeSet<String> {
    let mut crates = BTreeSet::new();
    let mut within = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            within = line.ends_with("dependencies]");
        } else if let Some((name, rest)) = line.split_once(" = ").filter(|_| within) {
            let renamed = rest.split_once("package = \"").and_then(|(_, rest)| rest.split_once('"'));
            crates.insert(renamed.map_or(name, |(package, _)| package).to_owned());
        }
    }
    crates
}

/// The crates that the first cells of a page's tables name.
fn documented(page: &str) -> BTreeSet<String> {
    let cells = page.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn each_crate_that_is_named_has_its_reason() {
    let read = |file: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let (named, documented) = (named(&read("Cargo.toml")), documented(&read("docs/dependencies.md")));
    assert!(named.len() > 20, "{named:?}");
    assert_eq!(named.difference(&documented).collect::<Vec<_>>(), Vec::<&String>::new(), "without a reason");
    assert_eq!(
        documented.difference(&named).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "no dependency any more"
    );
}

#[test]
fn a_crate_without_a_reason_is_found() {
    let manifest = "[dependencies]\na = \"1\"\nb = { package = \"c\", version = \"1\" }\n\n[dev-dependencies]\nd = \"1\"\n[profile.dev]\ne = 1\n";
    assert_eq!(named(manifest).into_iter().collect::<Vec<_>>(), ["a", "c", "d"]);
    assert_eq!(documented("| `a`, `c` | x `d` |\n").into_iter().collect::<Vec<_>>(), ["a", "c"]);
}
