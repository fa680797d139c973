//! Holds the text that people read to plain English: help, errors, log messages, the API's
//! description and the documentation. Words and forms that made readers stumble do not come back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr as _;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use serde_json::Value;

/// What must not be read, in lower case, and what to say instead.
const BANNED: &[(&str, &str)] = &[
    ("whoever", "the caller, the operator, anyone who"),
    ("nobody", "no one, or name who"),
    ("no one else", "name who"),
    ("somebody", "someone, or name who"),
    ("anew", "again"),
    ("meanwhile", "at the same time, in between"),
    ("thereof", "of it"),
    ("has no sense", "makes no sense, is invalid"),
    ("lie ahead", "be in the future"),
    ("lies ahead", "is in the future"),
    ("unless given", "by default"),
    ("is no json", "is not JSON"),
    ("is no toml", "is not valid TOML"),
    ("is no text", "is not text"),
    ("is no file", "is not a file"),
    ("is no token", "is not a token"),
    ("is no address", "is not an address"),
    ("is no object", "is not an object"),
    ("is no request", "is not a request"),
    ("is no setting", "unknown setting"),
    ("is no draft", "unknown draft"),
    ("is no regular", "is not a regular"),
    ("nothing is told", "say what happens"),
    ("are reported as", "are sent as"),
    ("is reported as", "is sent as"),
    ("called off", "aborted, cancelled"),
    ("calls off", "aborts, cancels"),
    ("taken away", "deleted, removed"),
    ("takes away", "deletes, removes"),
    ("broke off", "ended early, closed"),
    ("makes no hurry", "say it plainly"),
    ("how it is faring", "its status"),
    ("mended", "fixed, repaired"),
];

/// The banned words of a text.
fn banned(text: &str) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let text = text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    BANNED.iter().filter(move |(word, _)| {
        text.match_indices(word).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + word.len()..].chars().next();
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        })
    })
}

/// The string literals within source code: errors, log messages, descriptions. Unit tests and comments
/// are left out.
fn texts(tokens: TokenStream, found: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                if matches!(tokens.peek(), Some(TokenTree::Punct(mark)) if mark.as_char() == '!') {
                    tokens.next();
                }
                let Some(TokenTree::Group(attribute)) = tokens.next() else { continue };
                let text = attribute.stream().to_string();
                if text.starts_with("cfg (test)") || text.starts_with("cfg(test)") {
                    // The item that follows, up to its body or its semicolon.
                    for skipped in tokens.by_ref() {
                        match skipped {
                            TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => break,
                            TokenTree::Punct(mark) if mark.as_char() == ';' => break,
                            _ => {}
                        }
                    }
                } else if !text.starts_with("doc") {
                    texts(attribute.stream(), found);
                }
            }
            TokenTree::Group(group) => texts(group.stream(), found),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if text.starts_with('"') || text.starts_with("r#") || text.starts_with("r\"") {
                    found.push(text.replace("\\\n", " "));
                }
            }
            TokenTree::Punct(_) | TokenTree::Ident(_) => {}
        }
    }
}

fn files(below: &Path, ends: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ends, found);
        } else if ends.iter().any(|end| path.to_string_lossy().ends_with(end)) {
            found.push(path);
        }
    }
}

/// The descriptions and summaries in a description of the API.
fn collect<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if name == "description" || name == "summary" => found.push(text),
                    _ => collect(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

#[test]
fn what_people_read_is_plain() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    let mut sources = Vec::new();
    files(&root.join("src"), &[".rs"], &mut sources);
    assert!(sources.len() > 200, "{}", sources.len());
    for path in sources {
        let shown = path.strip_prefix(root).unwrap().display().to_string();
        if shown.contains("tests") {
            continue;
        }
        let tokens = TokenStream::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let mut found = Vec::new();
        texts(tokens, &mut found);
        for text in found {
            wrong.extend(
                banned(&text).map(|(word, instead)| format!("{shown}: {word:?} ({instead}): {text}")),
            );
        }
    }
    let mut pages = vec![root.join("README.md"), root.join("CHANGELOG.md")];
    for folder in ["docs", "packaging", "systemd"] {
        files(&root.join(folder), &[".md", ".toml", ".service", ".socket"], &mut pages);
    }
    for page in pages {
        let shown = page.strip_prefix(root).unwrap().display().to_string();
        let text = fs::read_to_string(&page).unwrap();
        // Sentences go over several lines.
        for paragraph in text.split("\n\n") {
            wrong.extend(banned(paragraph).map(|(word, instead)| format!("{shown}: {word:?} ({instead})")));
        }
    }
    // What the API describes comes from the types' comments, too.
    let described =
        Command::new(env!("CARGO_BIN_EXE_ringback")).args(["openapi", "--dialects"]).output().unwrap();
    let described: Value = serde_json::from_slice(&described.stdout).unwrap();
    let mut descriptions = Vec::new();
    collect(&described, &mut descriptions);
    assert!(descriptions.len() > 200, "{}", descriptions.len());
    for text in descriptions {
        wrong.extend(banned(text).map(|(word, instead)| format!("openapi: {word:?} ({instead}): {text}")));
    }
    assert!(wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn banned_words_are_found_wherever_people_read_them() {
    let words = |text: &str| banned(text).map(|(word, _)| *word).collect::<Vec<_>>();
    assert_eq!(words("Whoever\n  asks is reported as one"), ["whoever", "is reported as"]);
    assert_eq!(words("renew it; it is not UTF-8 textbook; is no longer"), [""; 0]);
    let code = "/// A comment.\nstruct A; fn f() { info!(a = 1, \"log {}\", x); return Err(\"error\\\n   goes on\"); }
        #[error(\"derived\")] struct E; #[cfg(test)] mod tests { fn g() { \"hidden\" } } const X: &str = \"after\";";
    let mut found = Vec::new();
    texts(TokenStream::from_str(code).unwrap(), &mut found);
    let plain = found.join(" ");
    for text in ["log {}", "goes on", "derived", "after"] {
        assert!(plain.contains(text), "{text}: {plain}");
    }
    assert!(!plain.contains("hidden") && !plain.contains("comment"), "{plain}");
}
