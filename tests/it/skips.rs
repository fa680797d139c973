//! No test passes without having tried anything, and without saying so: whatever lets one end early goes through
//! `harness::tools`.

use std::fs;
use std::path::{Path, PathBuf};

/// What says, where it gives nothing, why that is.
const SAYS_SO: [&str; 9] = [
    "tools::",
    "Clients::find(",
    "Tmpfs::new(",
    "analyze(",
    "there_is(",
    "restart_at(",
    "start_proxy(",
    "start_nginx(",
    "start_caddy(",
];
/// Whoever writes the generated pages does not check them as well.
const WRITES: &str = "regenerate()";
/// Where the variable is read: for the tests of the whole daemon, and for those inside the library.
const READS: [&str; 2] = ["tests/it/harness/tools.rs", "src/sign/clients.rs"];

fn sources(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The statements of test functions that end the test early without saying why.
fn silent(source: &str) -> Vec<String> {
    let (mut found, mut in_test, mut statement) = (Vec::new(), false, String::new());
    let mut is_next = false;
    for line in source.lines() {
        match (indent(line), line.trim()) {
            (0, "#[test]" | "#[tokio::test]") => is_next = true,
            (0, text) if text.contains("fn ") => (in_test, is_next) = (is_next, false),
            (0, "}") => in_test = false,
            (4, text) if text != "}" => statement = text.to_owned(),
            (_, text) => statement.push_str(text),
        }
        let ends = ["else { return };", "return;", "return eprintln!", "return println!"];
        if in_test && ends.iter().any(|end| line.contains(end)) {
            let says = SAYS_SO.iter().chain([&WRITES]).any(|word| statement.contains(word));
            // What ends a task inside the test ends no test.
            let is_inner = statement.contains("async") || statement.contains("spawn");
            found.extend((!says && !is_inner).then(|| statement.clone()));
        }
    }
    found
}

#[test]
fn a_test_that_ends_early_says_why() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    sources(&root.join("tests"), &mut all);
    sources(&root.join("src"), &mut all);
    let mut wrong = Vec::new();
    for path in all {
        let (name, text) =
            (path.strip_prefix(root).unwrap().display().to_string(), fs::read_to_string(&path).unwrap());
        if name.ends_with("skips.rs") {
            continue;
        }
        if name.starts_with("tests/it/") {
            wrong.extend(silent(&text).into_iter().map(|statement| format!("{name}: {statement}")));
        }
        if text.contains("RINGBACK_REQUIRE_TOOLS") && !READS.contains(&name.as_str()) {
            wrong.push(format!("{name}: reads RINGBACK_REQUIRE_TOOLS; use harness::tools"));
        }
        let prints = text.lines().filter(|line| line.contains("println!(") && line.contains("skipped"));
        wrong.extend(
            prints.map(|line| format!("{name}: {} (nobody sees it; use harness::tools)", line.trim())),
        );
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_test_that_ends_early_in_silence_is_found() {
    let test = |body: &str| format!("#[tokio::test]\nasync fn a() {{\n    let b = 1;\n{body}\n}}\n");
    for bad in [
        "    let Some(c) = d() else { return };",
        "    if c.is_err() {\n        return;\n    }",
        "    if c.is_err() {\n        return println!(\"no\");\n    }",
    ] {
        assert_eq!(silent(&test(bad)).len(), 1, "{bad}");
    }
    for good in [
        "    let Some(c) = Clients::find() else { return };",
        "    if !there_is(\"go\") {\n        return;\n    }",
        "    tokio::spawn(async move {\n        let Some(c) = d() else { return };\n    });",
    ] {
        assert_eq!(silent(&test(good)), Vec::<String>::new(), "{good}");
    }
    assert_eq!(silent("fn helper() {\n    return;\n}\n"), Vec::<String>::new());
}
