//! What is generated from the code and kept in the tree: `docs/reference/`, the manual pages and the
//! completions. With `RINGBACK_REGENERATE=1` they are written; otherwise each must be as it would be.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use clap_complete::Shell;
use ringback::config::{self, Applies, Documented, Inputs};
use ringback::domain::refusal::Code;
use serde_json::json;

use crate::harness::daemon::BINARY;
use crate::harness::{Act, Daemon, Sink};

/// What stands at the head of every generated page of the documentation.
const HEAD: &str = "<!-- Generated: RINGBACK_REGENERATE=1 cargo test --test it reference -->\n";

fn regenerate() -> bool {
    std::env::var_os("RINGBACK_REGENERATE").is_some_and(|value| value == "1")
}

/// Compares files below a directory with what they must be, or writes them. Other files whose names
/// end in `suffix` are too many.
#[track_caller]
fn holds(directory: &str, suffix: &str, files: &BTreeMap<String, String>) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let regenerate = regenerate();
    let there = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name());
    for name in there.map(|name| name.into_string().unwrap()) {
        if name.ends_with(suffix) && !files.contains_key(&name) {
            assert!(regenerate, "{name} is of nothing any more; {HEAD}");
            std::fs::remove_file(directory.join(name)).unwrap();
        }
    }
    for (name, text) in files {
        let file = directory.join(name);
        if regenerate {
            std::fs::write(&file, text).unwrap();
        }
        let found = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(found == *text, "{} is not what the code says; {HEAD}", file.display());
    }
}

#[track_caller]
fn page_holds(name: &str, text: &str) {
    let files = BTreeMap::from([(name.to_owned(), format!("{HEAD}\n{}\n", text.trim_end()))]);
    holds("docs/reference", name, &files);
}

/// The command line, ready to be described.
fn command_line() -> clap::Command {
    let mut command = ringback::cli::command().disable_help_subcommand(true);
    command.build();
    command
}

/// A command and all below it, each with its whole name.
fn walk(command: &clap::Command, see: &mut impl FnMut(&str, &clap::Command)) {
    see(command.get_display_name().unwrap_or_else(|| command.get_name()), command);
    let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
    visible.for_each(|command| walk(command, see));
}

#[test]
fn manual_pages() {
    let mut pages = BTreeMap::new();
    walk(&command_line(), &mut |name, command| {
        let mut page = Vec::new();
        let man = clap_mangen::Man::new(command.clone()).source("Ringback").manual("Ringback");
        man.render(&mut page).unwrap();
        pages.insert(format!("{name}.1"), String::from_utf8(page).unwrap());
    });
    holds("packaging/man", ".1", &pages);
}

#[test]
fn completions() {
    let mut files = BTreeMap::new();
    for (shell, name) in
        [(Shell::Bash, "ringback.bash"), (Shell::Zsh, "_ringback"), (Shell::Fish, "ringback.fish")]
    {
        let mut file = Vec::new();
        clap_complete::generate(shell, &mut command_line(), "ringback", &mut file);
        files.insert(name.to_owned(), String::from_utf8(file).unwrap());
    }
    holds("packaging/completions", "", &files);
}

#[test]
fn commands() {
    let mut text = "# Commands\n\n\
        Also as manual pages: `man ringback`, or `ringback man webhook add | man -l -`.\n"
        .to_owned();
    walk(&command_line(), &mut |name, command| {
        // What every command takes is told once, by `ringback` itself.
        let below = name != "ringback";
        let mut command =
            command.clone().mut_args(|arg| match arg.is_global_set() || arg.get_id() == "help" {
                true => arg.hide(below),
                false => arg,
            });
        let help = command.render_help().to_string();
        let lines = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        write!(text, "\n## {}\n\n```text\n{}\n```\n", name.replace('-', " "), lines.trim_end()).unwrap();
    });
    page_holds("commands.md", &text);
}

#[test]
fn what_the_binary_prints_is_what_is_packaged() {
    if regenerate() {
        // The binary holds what was there when it was built.
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging");
    for (arguments, file) in [
        ("completions bash", "completions/ringback.bash"),
        ("completions zsh", "completions/_ringback"),
        ("completions fish", "completions/ringback.fish"),
        ("man", "man/ringback.1"),
        ("man webhook add", "man/ringback-webhook-add.1"),
    ] {
        let output = std::process::Command::new(BINARY).args(arguments.split(' ')).output().unwrap();
        let packaged = std::fs::read_to_string(root.join(file)).unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.trim_end() == packaged.trim_end(), "{arguments}: {} bytes", printed.len());
    }
    let output = std::process::Command::new(BINARY).args(["man", "frobnicate"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
}

/// The settings, out of their table: the page, and the file that documents each with its default.
#[test]
fn configuration() {
    let mut page = "# Configuration\n\n\
        What `packaging/ringback.toml` documents, as tables; `ringback check` reads a configuration and reports everything that is wrong. A flag wins over a variable, that over the file, and the file over the default. What a reload does not apply waits for the next start.\n"
        .to_owned();
    let mut file = commented(&packaged_head());
    let defaults = config::load(Inputs::default()).unwrap().settings;
    let mut section = None;
    // What is only in some builds is told by docs/operations.md.
    for (at, key) in config::keys().filter(|key| !key.name.starts_with("otlp.")).enumerate() {
        let (table, name) = key.place();
        if at == 0 || table != section {
            section = table;
            let about = table.map_or("", config::about);
            let heading = table.map_or_else(String::new, |table| format!("## {table}\n\n"));
            write!(page, "\n{heading}").unwrap();
            if !about.is_empty() {
                write!(page, "{about}\n\n").unwrap();
            }
            page.push_str(
                "| setting | default | variable | reload | what it is |\n| --- | --- | --- | --- | --- |\n",
            );
            let heading = table.map_or_else(String::new, |table| format!("[{table}]\n"));
            write!(file, "\n{}{heading}", commented(about)).unwrap();
        }
        let shown = defaults.iter().find(|setting| setting.key == key.name).unwrap().value.to_string();
        let (hidden, value) = match key.documented {
            Documented::Shown => ("", shown.replace(",", ", ")),
            Documented::As(text) => ("", text.to_owned()),
            Documented::Example(text) => ("#", text.to_owned()),
        };
        let default = if hidden.is_empty() { format!("`{value}`") } else { "–".to_owned() };
        let reload = match key.applies {
            Applies::OnReload => "yes",
            Applies::AtStart => "no",
            Applies::OnReloadIfSet => "yes, if it was and stays set",
        };
        let about = key.help.replace('|', "\\|");
        writeln!(page, "| `{}` | {default} | `{}` | {reload} | {about} |", key.name, key.variable()).unwrap();
        writeln!(file, "{}{hidden}{name} = {value}", commented(key.help)).unwrap();
    }
    write!(page, "\n## profiles\n\n{PROFILES} They are in `packaging/profiles/`.\n").unwrap();
    let example = "#[profiles.acme]\n#extends = \"standard\"\n#user_agent = \"acme-webhooks/1\"\n";
    write!(file, "\n{}{example}", commented(PROFILES)).unwrap();
    page_holds("configuration.md", &page);
    holds("packaging", "ringback.toml", &BTreeMap::from([("ringback.toml".to_owned(), file)]));
}

const PROFILES: &str = "A profile defines how to render, sign, send and retry; webhooks name one. The examples beside this file show its settings.";

/// What stands at the head of the packaged configuration.
fn packaged_head() -> String {
    let mut live: Vec<String> = Vec::new();
    for key in config::keys().filter(|key| key.applies == Applies::OnReload) {
        let (table, name) = key.place();
        let whole = |table| {
            let mut keys = config::keys().filter(|key| key.place().0 == Some(table));
            keys.all(|key| key.applies == Applies::OnReload)
        };
        let reported = table.filter(|table| whole(table)).map_or_else(
            || table.map_or_else(|| name.to_owned(), |table| format!("{table}.{name}")),
            str::to_owned,
        );
        if !live.contains(&reported) {
            live.push(reported);
        }
    }
    format!(
        "Ringback's configuration. Every setting is listed here with its default; a setting without one is commented out. A flag wins over a RINGBACK_* variable (log.level is RINGBACK_LOG_LEVEL), that over this file, and this file over the defaults. `ringback check` reads it and reports everything that is wrong.\n\n`ringback reload`, or SIGHUP, applies changes while the daemon runs, to {} and profiles, the files that they name, and certificates. Other changes are listed by name and wait for the next start. A file with any error changes nothing. Egress rules about names, schemes and ports apply to webhooks created or changed from then on; rules about addresses apply to every attempt.",
        live.join(", ")
    )
}

/// A text as comments of a file, in lines that fit on a screen.
fn commented(text: &str) -> String {
    const WIDTH: usize = 112;
    let mut lines = String::new();
    for paragraph in text.lines() {
        let mut line = "#".to_owned();
        for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
            if line.chars().count() + 1 + word.chars().count() > WIDTH {
                lines.push_str(&line);
                lines.push('\n');
                line = "#".to_owned();
            }
            line.push(' ');
            line.push_str(word);
        }
        lines.push_str(&line);
        lines.push('\n');
    }
    lines
}

/// The kinds of problem answers.
#[test]
fn errors() {
    let mut text = "# Problem answers\n\n\
        Refused requests get `application/problem+json` (RFC 9457). `code` is one of these, \
        and `type` is `urn:ringback:problem:` and the code; `errors` names every invalid member. The dialects answer in their providers' forms instead (docs/dialects.md).\n\n\
        | code | status | title | when |\n| --- | --- | --- | --- |\n"
        .to_owned();
    for code in Code::ALL {
        let (status, title, when) = (code.status().as_u16(), code.title(), code.when());
        writeln!(text, "| `{}` | {status} | {title} | {when} |", code.as_str()).unwrap();
    }
    page_holds("errors.md", &text);
}

/// What `/metrics` shows once each figure has a value.
#[tokio::test]
async fn metrics() {
    let daemon = Daemon::with_config("[metrics]\nper_webhook = 5").await;
    let sink = Sink::start().await;
    sink.first("/in", [Act::Status(503)]);
    let webhook = daemon.webhook(&sink.url("/in"), json!({"profile": "quick"})).await;
    let event = daemon.event("a.b", json!(1)).await;
    daemon.settled(&event, &webhook, "delivered").await;
    let shown = daemon.admin("/metrics").await.expect(200).text;
    let mut text = "# Metrics\n\nAt `/metrics` of the admin listener, in OpenMetrics form. \
        `packaging/alerts.yml` and `packaging/grafana.json` use them. \
        Those of single webhooks are there where `metrics.per_webhook` says for how many; \
        with `metrics.open_on_loopback` this host reads all of them without a token.\n\n\
        | name | kind | labels | what it is |\n| --- | --- | --- | --- |\n"
        .to_owned();
    let mut rows = BTreeMap::new();
    for line in shown.lines().filter_map(|line| line.strip_prefix("# HELP ")) {
        let (name, about) = line.split_once(' ').unwrap();
        let kind = shown.lines().find_map(|line| line.strip_prefix(&format!("# TYPE {name} "))).unwrap();
        let suffix = match kind {
            "counter" => "_total",
            "info" => "_info",
            _ => "",
        };
        let samples = |line: &&str| line.starts_with(name) && !line.starts_with('#');
        let sample = shown.lines().find(samples).unwrap_or_else(|| panic!("{name} has no sample"));
        let pairs = sample.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
        let labels = pairs.map_or("", |(pairs, _)| pairs).split(',');
        let labels: Vec<_> = labels.filter_map(|pair| pair.split_once('=')).map(|(label, _)| label).collect();
        let labels = labels.join(", ").replace("le", "");
        rows.insert(format!("{name}{suffix}"), format!("| {kind} | {labels} | {about} |"));
    }
    for (name, row) in rows {
        writeln!(text, "| `{name}` {row}").unwrap();
    }
    page_holds("metrics.md", &text);
}
