//! Every numbered check of a contract has a test that bears its number, and the table of them shows
//! the truth.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The dialects, and how many checks their contracts number.
const CONTRACTS: [(&str, usize); 4] =
    [("action_runs", 18), ("rest_hooks", 25), ("run_webhooks", 24), ("job_webhooks", 18)];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The names of all test functions that bear a check's number.
fn tests() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("tests"), &mut files);
    let mut names = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[") {
                is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            } else if let Some((_, rest)) = line.split_once("fn ") {
                let name = rest.split('(').next().unwrap_or_default();
                if is_test && CONTRACTS.iter().any(|(dialect, _)| name.starts_with(dialect)) {
                    names.insert(name.to_owned());
                }
                is_test = false;
            }
        }
    }
    names
}

#[test]
fn every_check_has_a_test_and_the_table_names_it() {
    let (tests, table) = (tests(), include_str!("../../docs/dialects.md"));
    let named: BTreeSet<&str> = table.split('`').collect();
    for (dialect, checks) in CONTRACTS {
        for check in 1..=checks {
            let prefix = format!("{dialect}_{check:02}_");
            let of_it: Vec<&String> = tests.iter().filter(|name| name.starts_with(&prefix)).collect();
            assert!(!of_it.is_empty(), "no test is named {prefix}…");
            for name in of_it {
                assert!(named.contains(name.as_str()), "{name} is not in docs/dialects.md");
            }
        }
    }
    for name in named.iter().filter(|name| CONTRACTS.iter().any(|(d, _)| name.starts_with(&format!("{d}_"))))
    {
        let is_check = name.chars().any(|c| c.is_ascii_digit());
        assert!(!is_check || tests.contains(*name), "docs/dialects.md names {name}, which is no test");
    }
}
