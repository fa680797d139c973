//! Holds what `docs/architecture.md` promises: the directions in which rooms import, read from its table; that
//! no two files import each other in a loop; and who alone may do some things. A room is a directory or a file
//! right below `src/`. Tests are left out: they may use anything.

mod methods;
mod rules;
mod sources;

use std::fs;
use std::path::Path;

use rules::{Table, breaches, loops};
use sources::Sources;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn table() -> Table {
    Table::read(&fs::read_to_string(repository().join("docs/architecture.md")).unwrap())
}

/// Every source below `src/`, read.
fn sources() -> Sources {
    let src = repository().join("src");
    let mut waiting = vec![src.clone()];
    let mut texts = Vec::new();
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
                texts.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(texts.len() > 20, "the sources were not found");
    Sources::read(&texts)
}

#[test]
fn the_table_goes_from_top_to_bottom_and_names_rooms_that_are_there() {
    let table = table();
    assert!(table.0.len() > 10, "the table was not found");
    assert_eq!(table.faults(), Vec::<String>::new());
    for (room, _) in &table.0 {
        let src = repository().join("src");
        assert!(
            src.join(room).is_dir() || src.join(format!("{room}.rs")).is_file(),
            "there is no room {room}"
        );
    }
}

#[test]
fn rooms_import_only_what_their_row_names() {
    let breaches = breaches(&table(), &sources());
    assert!(breaches.is_empty(), "{breaches:#?}");
}

#[test]
fn no_files_import_each_other_in_a_loop() {
    let loops = loops(&sources());
    assert!(loops.is_empty(), "{loops:#?}");
}

#[test]
fn the_walk_of_an_event_names_files_that_are_there() {
    let text = fs::read_to_string(repository().join("docs/architecture.md")).unwrap();
    let walk =
        text.split("## The walk of one event").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let named = walk.split('`').skip(1).step_by(2).filter(|name| name.contains('/') && name.ends_with(".rs"));
    let missing: Vec<&str> =
        named.clone().filter(|name| !repository().join("src").join(name).is_file()).collect();
    assert!(named.count() > 30, "the walk was not found");
    assert_eq!(missing, Vec::<&str>::new());
}

/// The table of a small house.
const SMALL: &str = "## Rooms\n\n| room | what | imports |\n| --- | --- | --- |\n\
    | `main.rs` | x | `api` |\n| `api/` | x | `store`, `domain`, `clock` |\n| `app/` | x | `store`, `domain` |\n\
    | `store/` | x | `domain` |\n| `egress/` | x | `domain` |\n| `sign/`, `schedule/` | x | `domain` |\n\
    | `domain/` | x | – |\n| `clock.rs` | x | – |\n\n## Next\n";

/// Reads sources as they would stand below `src/`, with the modules that declare them.
fn planted(files: &[(&str, &str)]) -> Sources {
    let texts: Vec<(String, String)> =
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Sources::read(&texts)
}

/// The root of the small house; what its rooms hold.
const ROOT: (&str, &str) = (
    "lib.rs",
    "pub mod api; pub mod app; pub mod store; pub mod egress; pub mod sign; pub mod schedule; pub mod domain; pub mod clock;",
);
const DOMAIN: (&str, &str) = ("domain/mod.rs", "pub mod id; pub struct Webhook;");
const ID: (&str, &str) = ("domain/id.rs", "pub struct Id;");

#[test]
fn the_table_is_read_and_held_against_itself() {
    let table = Table::read(SMALL);
    let row = |room: &str, imports: &[&str]| {
        (room.to_owned(), imports.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(table.0[0], row("main", &["api"]));
    assert_eq!(table.0[5..7], [row("sign", &["domain"]), row("schedule", &["domain"])]);
    assert_eq!(table.0[8], row("clock", &[]));
    assert_eq!(table.faults(), Vec::<String>::new());
    let up = SMALL.replace("| `store/` | x | `domain` |", "| `store/` | x | `domain`, `api` |");
    assert_eq!(Table::read(&up).faults(), ["store imports api, which is no row below it"]);
    let vague = SMALL.replace("| `store/` | x | `domain` |", "| `store/` | x | all below |");
    assert!(std::panic::catch_unwind(|| Table::read(&vague)).is_err());
    let half = SMALL.replace("| `store/` | x | `domain` |", "| `store/` | x | `domain` and handles |");
    assert!(std::panic::catch_unwind(|| Table::read(&half)).is_err());
}

#[test]
fn a_planted_wrong_direction_is_found() {
    let table = Table::read(SMALL);
    for (file, text, why) in [
        ("store/x.rs", "use crate::egress::Client;", "store must not import egress"),
        ("egress/x.rs", "use crate::{domain::id, store};", "egress must not import store"),
        ("egress/x.rs", "use crate::{domain::{id, Webhook}, store as s};", "egress must not import store"),
        ("egress/x.rs", "use crate::{\n    domain::id,\n    store::*,\n};", "egress must not import store"),
        ("egress/x.rs", "use super::super::store::Store;", "egress must not import store"),
        ("egress/x.rs", "fn f() -> u8 { super::super::store::f() }", "egress must not import store"),
        (
            "egress/x.rs",
            "fn f() { tokio::select! { x = crate::store::f(1) => x } }",
            "egress must not import store",
        ),
        ("egress/x.rs", "#[serde(with = \"crate::store::x\")] struct S;", "egress must not import store"),
        ("store/x.rs", "#[cfg(test)]\nmod tests;\nuse crate::egress;", "store must not import egress"),
        ("app/x.rs", "mod inner { fn f() { crate::egress::send() } }", "app must not import egress"),
        ("domain/x.rs", "use tokio::sync::mpsc;", "domain must not name tokio"),
        ("domain/x.rs", "use tokio;", "domain must not name tokio"),
        ("schedule/x.rs", "fn f() { let x = hyper::body::Bytes::new(); }", "schedule must not name hyper"),
        ("api/x.rs", "use redb::Database;", "api must not name redb"),
        ("app/x.rs", "fn f() { let now = std::time::Instant::now(); }", "only the clock reads time"),
        ("app/x.rs", "use std::time::Instant as I; fn f() { I::now(); }", "only the clock reads time"),
        (
            "sign/x.rs",
            "use std::time::SystemTime; fn f() { SystemTime::now(); }",
            "only the clock reads time",
        ),
        ("main.rs", "use ringback::store;", "main must not import store"),
        (
            "api/x.rs",
            "use crate::store::Edit; fn f() { g(Edit::CreateWebhook(made)) }",
            "only app makes webhooks",
        ),
        ("api/x.rs", "fn f() { crate::domain::Webhook::plain(1); }", "only app makes webhooks"),
        (
            "api/x.rs",
            "use crate::store::Edit; fn f() { Edit::UpdateWebhook { from, to } }",
            "only app and dispatch change webhooks",
        ),
        ("cellar/x.rs", "", "cellar is a room that the table does not know"),
    ] {
        let found = breaches(&table, &planted(&[ROOT, DOMAIN, ID, (file, &format!("//! Fine.\n{text}\n"))]));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].starts_with(file) && found[0].ends_with(why), "{text}: {found:?}");
    }
}

#[test]
fn what_is_allowed_is_no_breach() {
    let table = Table::read(SMALL);
    for (file, text) in [
        ("store/x.rs", "use redb::Database;\nuse crate::domain::id::Id;\nuse super::tables;"),
        ("domain/x.rs", "// tokio::sync is not used here\n/// nor [`crate::store::Store`]\npub fn f() {}"),
        ("domain/x.rs", "fn f() -> &'static str { \"crate::store and tokio::sync\" }"),
        ("sign/x.rs", "fn x() {}\n#[cfg(test)]\nmod tests { use tokio::test; }"),
        (
            "sign/x.rs",
            "#[cfg(test)]\nuse tokio::test;\n#[cfg(all(test, unix))]\nfn f() { crate::store::f() }",
        ),
        ("sign/x.rs", "struct S;\nimpl S { #[cfg(test)] fn f() { crate::store::f() } }"),
        ("domain/x.rs", "pub(in crate::domain) struct S;"),
        ("clock.rs", "fn f() { std::time::Instant::now() }"),
        ("egress/x.rs", "fn f() { let stores = my_crate::store::x(); }"),
        ("egress/x.rs", "mod store { pub fn f() {} }\nfn g() { store::f() }"),
    ] {
        assert_eq!(
            breaches(&table, &planted(&[ROOT, DOMAIN, ID, (file, text)])),
            Vec::<String>::new(),
            "{text}"
        );
    }
    let tests = [
        ROOT,
        ("store/mod.rs", "#[cfg(test)]\nmod tests;"),
        ("store/tests/mod.rs", "mod x;"),
        ("store/tests/x.rs", "use crate::egress;"),
    ];
    assert_eq!(breaches(&table, &planted(&tests)), Vec::<String>::new());
}

#[test]
fn a_planted_loop_is_found_and_what_ties_it() {
    let two = |a: &str, b: &str| {
        loops(&planted(&[
            ROOT,
            DOMAIN,
            ID,
            ("store/mod.rs", "mod a; mod b; pub use a::A; pub fn f() {}"),
            ("store/a.rs", a),
            ("store/b.rs", b),
        ]))
    };
    for (a, b) in [
        ("use super::b::B; pub struct A;", "use super::a::A; pub struct B;"),
        ("pub struct A(crate::store::b::B);", "use crate::store::{a::A}; pub struct B;"),
        // By way of a module's name, a re-export, a macro's call, a star.
        ("use super::b; pub struct A(b::B);", "use super::a; pub fn f(a: a::A) {} pub struct B;"),
        ("use super::b::B; pub struct A;", "use super::A; pub struct B;"),
        ("pub struct A; fn f() { println!(\"{}\", super::b::C); }", "use super::a::A; pub const C: u8 = 1;"),
        ("use super::b::*; pub struct A;", "use super::a::A; pub struct B;"),
        ("pub struct A; mod inner { use super::super::b::B; }", "use super::a::A; pub struct B;"),
    ] {
        let found = two(a, b);
        assert_eq!(found.len(), 1, "{a} {b}");
        assert_eq!(found[0].files, ["store/a.rs", "store/b.rs"], "{a} {b}");
        assert_eq!(found[0].ties.len(), 2, "{:?}", found[0].ties);
        assert!(found[0].ties[1].starts_with("store/b.rs -> store/a.rs: A"), "{:?}", found[0].ties);
    }
    let parent = two("use super::f; pub struct A;", "pub struct B;");
    assert_eq!(parent[0].files, ["store/mod.rs", "store/a.rs"]);
    for (a, b) in [
        (
            "use super::b::B; pub struct A;",
            "pub struct B;\n#[cfg(test)]\nmod tests { use super::super::a::A; }",
        ),
        ("use super::b::B; pub struct A;", "/// See [`super::a::A`].\npub struct B;"),
        ("use super::b::B; pub struct A;", "use crate::domain::id; pub struct B(id::Id);"),
    ] {
        assert!(two(a, b).is_empty(), "{a} {b}");
    }
    let rooms = [
        ROOT,
        ("domain/mod.rs", "use crate::store::S; pub struct D;"),
        ("store/mod.rs", "use crate::domain::D; pub struct S;"),
    ];
    assert_eq!(loops(&planted(&rooms))[0].files, ["domain/mod.rs", "store/mod.rs"]);
}

#[test]
fn a_planted_loop_of_methods_is_found() {
    let three = |a: &str, b: &str, types: &str| {
        loops(&planted(&[
            ROOT,
            DOMAIN,
            ID,
            ("store/mod.rs", "mod a; mod b; mod types; pub use types::T;"),
            ("store/types.rs", types),
            ("store/a.rs", a),
            ("store/b.rs", b),
        ]))
    };
    let b = "use super::types::T; impl T { pub fn second(&self) { self.first() } }";
    for a in [
        "use super::types::T; impl T { pub fn first(&self) { self.second() } }",
        // By way of the re-export, the type's name, a macro's call, another value.
        "use super::T; impl T { pub fn first(&self) { Self::second(self) } }",
        "use super::T; impl T { pub fn first(&self) { T::second(self) } }",
        "impl super::T { pub fn first(&self) { assert!(self.second()) } }",
        "use super::T; impl T { pub fn first(&self) { } } fn f(t: &T) { t.second() }",
    ] {
        let found = three(a, b, "pub struct T;");
        assert_eq!(found.len(), 1, "{a}");
        assert_eq!(found[0].files, ["store/a.rs", "store/b.rs"], "{a}");
        assert_eq!(found[0].ties[1], "store/b.rs -> store/a.rs: .first()", "{a}");
    }
    // The file of the type calls what stands above it.
    let low = "pub struct T; impl T { fn f(&self) { self.second() } }";
    let found = three("", "use super::types::T; impl T { pub fn second(&self) {} }", low);
    assert_eq!(found[0].files, ["store/b.rs", "store/types.rs"]);
    for a in [
        "use super::types::T; impl T { pub fn first(&self) {} }",
        // Another type's method of that name, and one that two types have.
        "use super::types::T; struct U; impl U { fn second(&self) {} fn f(&self) { self.second() } } impl T { pub fn first(&self) {} }",
        "use super::types::T; impl T { pub fn first(&self) {} } struct U; impl U { fn second(&self) {} } fn f(t: &T) { t.second() }",
        "use super::types::T; impl T { pub fn first(&self) {} }\n#[cfg(test)] mod tests { fn f(t: &super::T) { t.second() } }",
    ] {
        assert!(three(a, b, "pub struct T;").is_empty(), "{a}");
    }
}
