//! What the numbers and bytes of records mean to people: instants, words, ids, digests.
//!
//! A member's name says which. What does not fit its meaning is shown as the number it is, so that
//! nothing is lost.

use std::net::IpAddr;

use serde::de::Error as _;
use serde_json::Value;

use super::fault::Fault;
use super::line::push_text;
use crate::domain::account::Role;
use crate::domain::delivery::{DeliveryState, Reason, Trigger};
use crate::domain::dialect::Dialect;
use crate::domain::event::Skip;
use crate::domain::form::PayloadForm;
use crate::domain::id::{DeliveryId, EventId, TokenId};
use crate::domain::job::JobStatus;
use crate::domain::outcome::ErrorKind;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{DisabledWhy, Ordering};
use crate::store::records::Coded;

/// The member that is an IP address.
pub(in crate::store) const ADDRESS: &str = "remote_ip";

type Word = fn(u8) -> Option<&'static str>;

/// The words for a member's codes.
fn word(name: &str) -> Option<Word> {
    Some(match name {
        "role" | "roles" => Role::word,
        "state" => DeliveryState::word,
        "form" => PayloadForm::word,
        "reason" => Reason::word,
        "error" => ErrorKind::word,
        "trigger" => Trigger::word,
        "dialect" => Dialect::word,
        "status" => JobStatus::word,
        "ordering" => Ordering::word,
        "skip" => Skip::word,
        "why" => DisabledWhy::word,
        "is" => |code| nth(&["", "Pending", "Active", "Paused", "Disabled", "Removed"], code),
        "how" => |code| nth(&["Alone", "Waiting", "In", "Whole"], code),
        "progress" => |code| nth(&["", "Running", "Done", "Cancelled"], code),
        _ => return None,
    })
}

fn nth(words: &[&'static str], code: u8) -> Option<&'static str> {
    words.get(usize::from(code)).copied().filter(|word| !word.is_empty())
}

/// What the elements of a member that is a tuple are called.
pub(in crate::store) fn members(name: &str) -> &'static [&'static str] {
    match name {
        "state" => &["is", "why", "since"],
        "skipped" => &["webhook", "skip"],
        "batching" => &["how", "batch"],
        "rate_limit" => &["per_second", "burst"],
        "cursor" => &["event", "webhook"],
        _ => &[],
    }
}

fn is_time(name: &str) -> bool {
    name.ends_with("_at")
        || matches!(name, "at" | "due" | "since" | "until" | "deadline" | "signs_from" | "when")
}

/// Adds a number as what it means.
pub(in crate::store) fn push_number(name: &str, is_byte: bool, number: u64, text: &mut String) {
    if is_byte {
        let word = word(name).and_then(|word| word(u8::try_from(number).ok()?));
        if let Some(word) = word {
            return push_text(&snake(word), text);
        }
    } else if is_time(name) {
        let time = Timestamp::from_millis(number);
        if time.as_millis() == number {
            return push_text(&time.to_string(), text);
        }
    }
    text.push_str(&number.to_string());
}

/// The number that a value means.
pub(in crate::store) fn number(name: &str, is_byte: bool, value: &Value) -> Result<u64, Fault> {
    let read = match value {
        Value::String(text) if is_byte => word(name)
            .and_then(|word| (0..=u8::MAX).find(|code| word(*code).is_some_and(|word| snake(word) == *text)))
            .map(u64::from),
        Value::String(text) => text.parse().ok().map(Timestamp::as_millis),
        other => other.as_u64(),
    };
    read.ok_or_else(|| Fault::custom(format!("{value} is not one of its values")))
}

/// `final_answer` for `FinalAnswer`.
fn snake(word: &str) -> String {
    let mut text = String::with_capacity(word.len() + 2);
    for c in word.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

/// What an id in a member begins with; nothing for a digest.
pub(in crate::store) fn prefix(name: &str, own: &'static str) -> &'static str {
    match name {
        "id" => own,
        "delivery" => DeliveryId::PREFIX,
        "event" | "members" => EventId::PREFIX,
        "actor" => TokenId::PREFIX,
        _ => "",
    }
}

/// Adds an id, or a digest in hexadecimal.
pub(in crate::store) fn push_block(prefix: &str, bytes: &[u8], text: &mut String) {
    match bytes.try_into().map(EventId::from_bytes) {
        Ok(id) if !prefix.is_empty() => {
            let id = id.to_string();
            push_text(&format!("{prefix}{}", id.trim_start_matches(EventId::PREFIX)), text);
        }
        _ => push_hex(bytes, text),
    }
}

/// The bytes of an id or a digest.
pub(in crate::store) fn block(prefix: &str, length: usize, value: &Value) -> Result<Vec<u8>, Fault> {
    let text = value.as_str().unwrap_or_default();
    let read = match text.strip_prefix(prefix) {
        Some(body) if !prefix.is_empty() => {
            let id = format!("{}{body}", EventId::PREFIX).parse::<EventId>();
            id.ok().map(|id| id.to_bytes().to_vec())
        }
        _ => hex::decode(text).ok(),
    };
    let read = read.filter(|bytes| bytes.len() == length);
    read.ok_or_else(|| Fault::custom(format!("{value} must be {length} bytes")))
}

/// Adds bytes in hexadecimal.
pub(in crate::store) fn push_hex(bytes: &[u8], text: &mut String) {
    text.push('"');
    text.push_str(&hex::encode(bytes));
    text.push('"');
}

/// Adds the address of four or sixteen bytes.
pub(in crate::store) fn push_address(octets: &[u8], text: &mut String) -> Result<(), Fault> {
    let four = octets.try_into().map(|octets: [u8; 4]| IpAddr::from(octets));
    let address = four.or_else(|_| octets.try_into().map(|octets: [u8; 16]| IpAddr::from(octets)));
    push_text(&address.map_err(Fault::custom)?.to_string(), text);
    Ok(())
}

/// Adds an address's bytes behind the number of its form.
pub(in crate::store) fn address(value: &Value, bytes: &mut Vec<u8>) -> Result<(), Fault> {
    match value.as_str().unwrap_or_default().parse().map_err(Fault::custom)? {
        IpAddr::V4(address) => {
            bytes.push(0);
            bytes.extend(address.octets());
        }
        IpAddr::V6(address) => {
            bytes.push(1);
            bytes.extend(address.octets());
        }
    }
    Ok(())
}
