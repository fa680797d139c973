//! The screen of `status`: what is wrong, with the command that helps, and then how much there is.

use serde_json::Value;

use super::output::{Output, clean};
use super::result;
use super::words::{address, bytes, count, span, time};
use crate::domain::time::Timestamp;

/// Something that needs attention: a line, and what belongs below it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    line: String,
    below: Vec<String>,
}

/// Deliveries that are late by less are late for a moment only.
const LATE_SECONDS: u64 = 60;

/// What needs attention, the worst first.
pub(super) fn problems(status: &Value, now: Timestamp) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut say = |line: String, below: Vec<String>| problems.push(Problem { line, below });
    for wrong in status.get("wrong").and_then(Value::as_array).into_iter().flatten() {
        say(clean(wrong.as_str().unwrap_or_default()), vec!["ringback support-bundle".to_owned()]);
    }
    if status.get("offline") == Some(&Value::Bool(true)) {
        let why = "there is no network: deliveries wait until there is one";
        say(format!("offline: {why}"), Vec::new());
    }
    let refused = number(status, "/store/refused_accounts");
    if refused > 0 {
        let are = if refused == 1 { "account holds" } else { "accounts hold" };
        say(format!("{} {are} as much as allowed: new events are refused", count(refused)), Vec::new());
    }
    let webhooks = number(status, "/attention/webhooks");
    if webhooks > 0 {
        let need = if webhooks == 1 { "webhook needs" } else { "webhooks need" };
        let rows = status.pointer("/attention/first").and_then(Value::as_array);
        let rows = rows.map_or(&[][..], Vec::as_slice);
        let mut below: Vec<String> = rows.iter().flat_map(|row| webhook(row, now)).collect();
        if let Some(more) = webhooks.checked_sub(rows.len() as u64).filter(|more| *more > 0) {
            below.push(format!("and {} more: ringback webhook list", count(more)));
        }
        say(format!("{} {need} attention", count(webhooks)), below);
    }
    let overdue = number(status, "/scheduler/overdue");
    let late = at(status, "/scheduler/oldest_due_at").map_or(0, |at| now.since(at).as_secs());
    if overdue > 0 && late >= LATE_SECONDS {
        let noun = if overdue == 1 { "delivery is" } else { "deliveries are" };
        let line = format!("{} {noun} overdue, the oldest for {}", count(overdue), span(late));
        say(line, vec!["ringback delivery list --state pending".to_owned()]);
    }
    if let Some(line) = stale_backup(status, now) {
        say(line, vec!["ringback backup FILE makes one now; the log says why none was made".to_owned()]);
    }
    problems
}

/// Backups are to be made, and the newest is twice as old as it should become.
fn stale_backup(status: &Value, now: Timestamp) -> Option<String> {
    let every = number(status, "/backup/every_seconds");
    if every == 0 {
        return None;
    }
    let last = at(status, "/backup/last_success_at");
    let age = last.map_or_else(|| number(status, "/uptime_seconds"), |at| now.since(at).as_secs());
    let due = format!("one is due every {}", span(every));
    (age > every.saturating_mul(2)).then(|| match last {
        Some(_) => format!("the last backup was made {} ago, and {due}", span(age)),
        None => format!("no backup has been made, and {due}"),
    })
}

/// A webhook that needs attention, and the command for it.
fn webhook(row: &Value, now: Timestamp) -> [String; 2] {
    let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
    let named = [text("name"), text("description")].into_iter().find(|name| !name.is_empty());
    let name = named.unwrap_or_else(|| address(text("url")));
    let shown: String = name.chars().take(NAME_CHARS).collect();
    let shown = if shown.len() < name.len() { shown + "…" } else { shown };
    let command = if text("state") == "disabled" { "resume" } else { "show" };
    [
        format!("{}   {}", clean(&shown), result::webhook(row, now)),
        format!("    ringback webhook {command} {}", argument(text("name"), text("id"))),
    ]
}

/// How a command names a webhook: by its name where a shell takes that as it is, or between quotes.
fn argument(name: &str, id: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-".contains(c);
    match name {
        "" => clean(id),
        name if name.starts_with('-') => clean(id),
        name if name.chars().all(plain) => name.to_owned(),
        name if name.chars().all(|c| plain(c) || c == ' ') => format!("\"{name}\""),
        _ => clean(id),
    }
}

/// Of a webhook's name, so that its state fits beside it.
const NAME_CHARS: usize = 30;

/// All of it, a line each.
pub(super) fn screen(status: &Value, problems: &[Problem], output: Output) -> String {
    let now = output.look.now;
    let text = |name: &str| clean(status.get(name).and_then(Value::as_str).unwrap_or_default());
    let ready = if status.get("ready") == Some(&Value::Bool(true)) { "ready" } else { "✗ not ready" };
    let up = span(number(status, "/uptime_seconds"));
    let mut lines = vec![format!(
        "ringback   version {}   {}   up {up}",
        text("version"),
        output.paint(ready.to_owned())
    )];
    for problem in problems {
        lines.push(output.alarm(format!("! {}", problem.line)));
        lines.extend(problem.below.iter().map(|line| format!("    {line}")));
    }
    lines.push(format!(
        "waiting    {} deliveries; {} in flight",
        count(number(status, "/store/pending_deliveries")),
        count(number(status, "/scheduler/in_flight"))
    ));
    lines.push(format!("webhooks   {}", webhooks(status)));
    let backup = match at(status, "/backup/last_success_at") {
        Some(at) => format!("last backup {} ago", span(now.since(at).as_secs())),
        None if number(status, "/backup/every_seconds") > 0 => "no backup yet".to_owned(),
        None => "no scheduled backups".to_owned(),
    };
    lines.push(format!(
        "store      {}, {} free; {backup}",
        bytes(number(status, "/store/file_bytes")),
        bytes(number(status, "/store/disk_free_bytes"))
    ));
    lines.join("\n")
}

/// `14 (12 active, 2 disabled) of 3 accounts`.
fn webhooks(status: &Value) -> String {
    let states = status.get("webhook_states").and_then(Value::as_object);
    let states = states.into_iter().flatten().filter_map(|(state, number)| Some((state, number.as_u64()?)));
    let states: Vec<String> =
        states.map(|(state, number)| format!("{} {}", count(number), clean(state))).collect();
    let states = if states.is_empty() { String::new() } else { format!(" ({})", states.join(", ")) };
    let accounts = number(status, "/accounts");
    let noun = if accounts == 1 { "account" } else { "accounts" };
    format!("{}{states} of {} {noun}", count(number(status, "/webhooks")), count(accounts))
}

fn number(status: &Value, at: &str) -> u64 {
    status.pointer(at).and_then(Value::as_u64).unwrap_or_default()
}

fn at(status: &Value, at: &str) -> Option<Timestamp> {
    status.pointer(at).and_then(Value::as_str).and_then(time)
}

#[cfg(test)]
mod tests {
    use super::super::table::Look;
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000)
    }

    fn before(seconds: u64) -> String {
        Timestamp::from_millis(1_800_000_000_000 - seconds * 1000).to_string()
    }

    fn output() -> Output {
        Output { json: false, look: Look { width: None, color: false, now: now() } }
    }

    fn fine() -> Value {
        json!({
            "version": "1.2.3", "uptime_seconds": 260_000, "ready": true, "wrong": [], "offline": false,
            "accounts": 1, "webhooks": 14, "webhook_states": {"active": 13, "paused": 1},
            "attention": {"webhooks": 0, "first": []},
            "backup": {"every_seconds": 86_400, "last_success_at": before(6 * 3600), "failures": 0},
            "store": {"pending_deliveries": 1204, "file_bytes": 1_288_490_189_u64, "disk_free_bytes": 76_235_669_504_u64,
                "refused_accounts": 0},
            "scheduler": {"in_flight": 3, "overdue": 40, "oldest_due_at": before(5)},
        })
    }

    #[test]
    fn what_is_well_is_one_short_screen() {
        let status = fine();
        assert_eq!(problems(&status, now()), []);
        assert_eq!(
            screen(&status, &[], output()),
            "ringback   version 1.2.3   ready   up 3 days\n\
             waiting    1,204 deliveries; 3 in flight\n\
             webhooks   14 (13 active, 1 paused) of 1 account\n\
             store      1.2 GiB, 71.0 GiB free; last backup 6 h ago"
        );
    }

    #[test]
    fn what_is_wrong_comes_first_with_the_command_that_helps() {
        let mut status = fine();
        status["attention"] = json!({"webhooks": 12, "first": [
            {"id": "wh_1", "url": "https://crm.example/in", "description": "", "state": "active",
                "health": {"state": "probing", "failing_since": before(3 * 3600), "failures": 14}},
            {"id": "wh_2", "url": "https://acme.example/in", "description": "in", "name": "Acme in", "state": "disabled",
                "state_since": before(7200), "disabled_reason": "gone", "health": {"state": "ok"}},
        ]});
        let found = problems(&status, now());
        let text = screen(&status, &found, output());
        let below: Vec<&str> = text.lines().skip(1).take(6).collect();
        assert_eq!(
            below,
            [
                "! 12 webhooks need attention",
                "    crm.example/in   failing for 3 h, 14 in a row",
                "        ringback webhook show wh_1",
                "    Acme in   disabled 2 h ago (gone)",
                "        ringback webhook resume \"Acme in\"",
                "    and 10 more: ringback webhook list",
            ]
        );
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }

    #[test]
    fn each_thing_that_is_wrong_needs_attention() {
        for (at, value, told) in [
            ("/wrong", json!(["the disk is full: nothing"]), "the disk is full"),
            ("/offline", json!(true), "offline"),
            ("/store/refused_accounts", json!(1), "1 account holds as much as allowed"),
            ("/attention/webhooks", json!(1), "1 webhook needs attention"),
            (
                "/scheduler/oldest_due_at",
                json!(before(180)),
                "40 deliveries are overdue, the oldest for 3 min",
            ),
            ("/backup/last_success_at", json!(before(3 * 86_400)), "the last backup was made 3 days ago"),
            ("/backup/last_success_at", Value::Null, "no backup has been made"),
        ] {
            let mut status = fine();
            *status.pointer_mut(at).unwrap() = value;
            let found = problems(&status, now());
            assert!(found.len() == 1 && found[0].line.contains(told), "{at}: {found:?}");
            assert!(screen(&status, &found, output()).contains(&format!("\n! {}", found[0].line)));
        }
        let mut status = fine();
        status["backup"] = json!({"every_seconds": null, "last_success_at": null});
        assert_eq!(problems(&status, now()), [], "nobody asked for backups");
        status["uptime_seconds"] = json!(60);
        status["backup"]["every_seconds"] = json!(86_400);
        assert_eq!(problems(&status, now()), [], "none is due yet");
    }

    #[test]
    fn a_command_names_a_webhook_as_a_shell_takes_it() {
        for (name, argument) in [
            ("Acme", "Acme"),
            ("CRM sync", "\"CRM sync\""),
            ("Zürich", "Zürich"),
            ("", "wh_1"),
            ("-x", "wh_1"),
            ("$(reboot)", "wh_1"),
            ("a\"b", "wh_1"),
        ] {
            assert_eq!(super::argument(name, "wh_1"), argument);
        }
    }

    #[test]
    fn a_name_obeys_nobody() {
        let mut status = fine();
        status["attention"] =
            json!({"webhooks": 1, "first": [{"id": "wh_1", "description": "\u{1b}[2J\nx".repeat(20)}]});
        let text = screen(&status, &problems(&status, now()), output());
        assert!(!text.contains('\u{1b}') && text.lines().count() == 7, "{text}");
    }
}
