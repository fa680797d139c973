//! What came of deliveries and attempts, in words.

use std::collections::{BTreeSet, HashMap};

use http::Method;
use serde_json::{Value, json};

use super::connection::{Daemon, with_id};
use super::table::clean;
use super::words::{ordinal, relative, span, time};
use crate::domain::time::Timestamp;
use crate::limits;

/// Deliveries beside their event, or in a list.
pub(super) fn delivery(row: &Value, now: Timestamp) -> String {
    let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
    let attempts = row.get("attempts").and_then(Value::as_u64).unwrap_or_default();
    let tried = || format!("{} try", ordinal(attempts));
    let status = row.get("status_code").and_then(Value::as_u64);
    let failure = || match status {
        Some(status) => format!("✗ {status}"),
        None => format!("✗ {}", failure(text("last_error"))),
    };
    match text("state") {
        "delivered" if attempts > 1 => format!("✓ delivered, {}", tried()),
        "delivered" => "✓ delivered".to_owned(),
        "pending" if attempts == 0 || text("last_error").is_empty() => format!("· {}", next(row, now)),
        "pending" => format!("{}, {}, {}", failure(), tried(), next(row, now)),
        "failed" => match text("reason") {
            "exhausted" => format!("{}, gave up after {attempts}", failure()),
            "final_answer" if status.is_none() => {
                format!("✗ failed for good ({})", self::failure(text("last_error")))
            }
            "final_answer" => format!("{}, failed for good", failure()),
            reason => format!("{}, {}", failure(), reason.replace('_', " ")),
        },
        "cancelled" => format!("– cancelled: {}", text("reason").replace('_', " ")),
        other => other.to_owned(),
    }
}

/// When the next attempt is made, or what it waits for.
fn next(row: &Value, now: Timestamp) -> String {
    let at = row.get("next_attempt_at").and_then(Value::as_str).and_then(time).filter(|at| *at > now);
    let when = at.map(|at| relative(at, now));
    let waits = row.get("waiting_for").and_then(Value::as_str).unwrap_or_default();
    match (waits, when) {
        ("", _) => "being sent".to_owned(),
        ("retry" | "retry_after" | "slot", Some(when)) => format!("next {when}"),
        ("retry" | "retry_after" | "slot", None) => "next now".to_owned(),
        ("probe", Some(when)) => format!("probe {when}"),
        (waits, _) => waits.replace('_', " "),
    }
}

/// A kind of error in words.
fn failure(kind: &str) -> &str {
    match kind {
        "" => "failed",
        "blocked_address" => "address blocked",
        "dns" => "name not resolved",
        "connect" => "no connection",
        "tls" => "TLS failed",
        "timeout_connect" | "timeout_response" | "timeout_total" => "timed out",
        "body_too_slow" => "body too slow",
        "status" => "an error status",
        "redirect" => "a redirect",
        "protocol" => "no valid answer",
        "render" => "cannot render",
        "secret_missing" => "secret missing",
        other => other,
    }
}

/// How a webhook stands, and how its receiver has been doing.
pub(super) fn webhook(row: &Value, now: Timestamp) -> String {
    let text = |at: &str| row.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let since = |at: &str| time(text(at));
    let failing = || {
        let count = row.pointer("/health/failures").and_then(Value::as_u64).unwrap_or_default();
        let long = since("/health/failing_since").map(|at| format!(" for {}", span(now.since(at).as_secs())));
        format!("failing{}, {count} in a row", long.unwrap_or_default())
    };
    match (text("/state"), text("/health/state")) {
        ("active", "failing") => failing(),
        ("active", "probing") => match since("/health/next_probe_at") {
            Some(at) if at > now => format!("{}, probe {}", failing(), relative(at, now)),
            _ => failing(),
        },
        (state, _) => {
            let when = since("/state_since").map(|at| format!(" {}", relative(at, now))).unwrap_or_default();
            let why = text("/disabled_reason");
            let why = if why.is_empty() { String::new() } else { format!(" ({})", why.replace('_', " ")) };
            format!("{state}{when}{why}")
        }
    }
}

/// What came of an attempt.
pub(super) fn attempt(row: &Value) -> String {
    let took = row.get("duration_ms").and_then(Value::as_f64).unwrap_or_default();
    let took = if took < 10.0 { format!("{took:.1} ms") } else { format!("{took:.0} ms") };
    let status = row.get("status_code").and_then(Value::as_u64);
    let text = |at: &str| row.pointer(at).and_then(Value::as_str);
    let error = text("/error/kind");
    // Whether there is no such name, or no one to ask, only the resolver's words say.
    let resolver = |error: &str| error == "dns";
    let why = text("/error/detail").and_then(|detail| detail.rsplit(": ").next());
    match (status, error) {
        (Some(status), None) => format!("✓ {status} in {took}"),
        (Some(status), Some("status")) => format!("✗ {status} in {took}"),
        (Some(status), Some(error)) => format!("✗ {status}, {} after {took}", failure(error)),
        (None, Some(error)) if resolver(error) => {
            format!("✗ {} after {took}", clean(why.unwrap_or(failure(error))))
        }
        (None, error) => format!("✗ {} after {took}", failure(error.unwrap_or_default())),
    }
}

/// Adds to each delivery whose last attempt got a wrong status which one that was, as far as the newest attempts
/// of their webhooks say it; a row holds only that there was one.
pub(super) async fn statuses(daemon: &Daemon, rows: &mut [Value]) {
    let wrong =
        |row: &Value| matches!(row.get("last_error").and_then(Value::as_str), Some("status" | "redirect"));
    let webhooks: BTreeSet<String> = rows
        .iter()
        .filter(|row| wrong(row))
        .filter_map(|row| row.get("webhook_id").and_then(Value::as_str).map(str::to_owned))
        .take(limits::PAGE_MAX)
        .collect();
    let mut last: HashMap<String, Value> = HashMap::new();
    for webhook in webhooks.iter().take(limits::STATUS_WEBHOOKS) {
        let path = with_id("/v1/webhooks", webhook, "/attempts?limit=100");
        // Without them, the list says what it knows.
        let Ok(page) = daemon.api(Method::GET, &path, None).await else { continue };
        for attempt in page.get("data").and_then(Value::as_array).into_iter().flatten() {
            if let (Some(delivery), Some(status)) =
                (attempt.get("delivery_id").and_then(Value::as_str), attempt.get("status_code"))
            {
                last.entry(delivery.to_owned()).or_insert_with(|| status.clone());
            }
        }
    }
    for row in rows.iter_mut().filter(|row| wrong(row)) {
        let status = row.get("id").and_then(Value::as_str).and_then(|id| last.remove(id));
        if let (Some(status), Some(members)) = (status, row.as_object_mut()) {
            members.insert("status_code".to_owned(), json!(status));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000)
    }

    #[test]
    fn a_delivery_says_how_it_stands_and_what_comes_next() {
        let at = Timestamp::from_millis(1_800_000_041_000).to_string();
        for (row, told) in [
            (json!({"state": "delivered", "attempts": 1}), "✓ delivered"),
            (json!({"state": "delivered", "attempts": 3}), "✓ delivered, 3rd try"),
            (json!({"state": "pending", "attempts": 0}), "· being sent"),
            (
                json!({"state": "pending", "attempts": 0, "waiting_for": "paused", "next_attempt_at": at}),
                "· paused",
            ),
            (
                json!({"state": "pending", "attempts": 3, "last_error": "status", "status_code": 503, "waiting_for": "retry", "next_attempt_at": at}),
                "✗ 503, 3rd try, next in 41 s",
            ),
            (
                json!({"state": "pending", "attempts": 1, "last_error": "connect", "waiting_for": "probe", "next_attempt_at": at}),
                "✗ no connection, 1st try, probe in 41 s",
            ),
            (
                json!({"state": "failed", "attempts": 10, "last_error": "timeout_total", "reason": "exhausted"}),
                "✗ timed out, gave up after 10",
            ),
            (
                json!({"state": "failed", "attempts": 1, "last_error": "status", "reason": "final_answer"}),
                "✗ failed for good (an error status)",
            ),
            (
                json!({"state": "failed", "attempts": 1, "last_error": "status", "status_code": 413, "reason": "final_answer"}),
                "✗ 413, failed for good",
            ),
            (
                json!({"state": "failed", "attempts": 10, "last_error": "dns", "reason": "exhausted"}),
                "✗ name not resolved, gave up after 10",
            ),
            (
                json!({"state": "cancelled", "attempts": 0, "reason": "webhook_removed"}),
                "– cancelled: webhook removed",
            ),
        ] {
            assert_eq!(delivery(&row, now()), told, "{row}");
        }
    }

    #[test]
    fn a_webhook_says_how_its_receiver_has_been_doing() {
        let before = Timestamp::from_millis(1_800_000_000_000 - 3 * 3_600_000).to_string();
        let next = Timestamp::from_millis(1_800_000_041_000).to_string();
        for (row, told) in [
            (json!({"state": "active", "health": {"state": "ok"}}), "active"),
            (
                json!({"state": "active", "health": {"state": "failing", "failing_since": before, "failures": 2}}),
                "failing for 3 h, 2 in a row",
            ),
            (
                json!({"state": "active", "health": {"state": "probing", "failing_since": before, "failures": 14, "next_probe_at": next}}),
                "failing for 3 h, 14 in a row, probe in 41 s",
            ),
            (
                json!({"state": "disabled", "state_since": before, "disabled_reason": "gone"}),
                "disabled 3 h ago (gone)",
            ),
        ] {
            assert_eq!(webhook(&row, now()), told, "{row}");
        }
    }

    #[test]
    fn an_attempt_says_what_came_of_it() {
        for (row, told) in [
            (json!({"status_code": 204, "error": null, "duration_ms": 12.4}), "✓ 204 in 12 ms"),
            (
                json!({"status_code": 503, "error": {"kind": "status"}, "duration_ms": 2.507}),
                "✗ 503 in 2.5 ms",
            ),
            (
                json!({"status_code": null, "error": {"kind": "dns", "detail": "a.example does not resolve: failed to lookup address information: Temporary failure in name resolution"}, "duration_ms": 1}),
                "✗ Temporary failure in name resolution after 1.0 ms",
            ),
            (
                json!({"status_code": null, "error": {"kind": "dns"}, "duration_ms": 1}),
                "✗ name not resolved after 1.0 ms",
            ),
            (
                json!({"status_code": 200, "error": {"kind": "body_too_slow"}, "duration_ms": 5000}),
                "✗ 200, body too slow after 5000 ms",
            ),
        ] {
            assert_eq!(attempt(&row), told, "{row}");
        }
    }
}
