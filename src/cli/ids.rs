//! Short ids: what lists show of an id names the thing again, as long as it names one only.

use http::Method;
use serde_json::Value;

use super::connection::{Daemon, with_query};
use super::failure::{Exit, Failure};
use super::words;
use crate::limits;

/// A kind of thing that has ids.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    name: &'static str,
    path: &'static str,
    prefix: &'static str,
    /// What is said of a candidate besides its id.
    about: &'static [&'static str],
}

pub(super) const WEBHOOK: Kind =
    Kind { name: "webhook", path: "/v1/webhooks", prefix: "wh_", about: &["url"] };
pub(super) const EVENT: Kind =
    Kind { name: "event", path: "/v1/events", prefix: "evt_", about: &["type", "accepted_at"] };
pub(super) const DELIVERY: Kind =
    Kind { name: "delivery", path: "/v1/deliveries", prefix: "dlv_", about: &["event_type", "state", "url"] };
pub(super) const JOB: Kind =
    Kind { name: "job", path: "/v1/jobs", prefix: "job_", about: &["type", "status"] };
pub(super) const REPLAY: Kind =
    Kind { name: "replay", path: "/v1/replays", prefix: "rpl_", about: &["state", "created_at"] };
pub(super) const TOKEN: Kind =
    Kind { name: "token", path: "/v1/tokens", prefix: "tok_", about: &["roles", "description"] };

/// The whole id of what `given` names: an id, or the beginning or the end of one, as `…b9` or `b9`.
pub(super) async fn resolve(daemon: &Daemon, kind: Kind, given: &str) -> Result<String, Failure> {
    let Some(piece) = Piece::of(kind, given) else { return Ok(given.to_owned()) };
    let mut found: Vec<Value> = Vec::new();
    let mut query = vec![("limit", Some(limits::PAGE_MAX.to_string()))];
    let mut whole = false;
    for _ in 0..limits::SHORT_ID_PAGES {
        let page = daemon.api(Method::GET, &with_query(kind.path, &query), None).await?;
        let rows = page.get("data").and_then(Value::as_array).into_iter().flatten();
        found.extend(rows.filter(|row| id(row).is_some_and(|id| piece.names(kind, id))).cloned());
        let Some(cursor) = page.get("next_cursor").and_then(Value::as_str) else {
            whole = true;
            break;
        };
        query = vec![("limit", Some(limits::PAGE_MAX.to_string())), ("cursor", Some(cursor.to_owned()))];
    }
    match found.as_slice() {
        [one] => Ok(id(one).unwrap_or(given).to_owned()),
        [] => Err(Failure::new(Exit::NotFound, unknown(kind, given, whole))),
        many => Err(Failure::usage(ambiguous(kind, given, many))),
    }
}

/// As [`resolve`], of what may be missing.
pub(super) async fn resolve_given(
    daemon: &Daemon,
    kind: Kind,
    given: Option<String>,
) -> Result<Option<String>, Failure> {
    match given {
        Some(given) => resolve(daemon, kind, &given).await.map(Some),
        None => Ok(None),
    }
}

fn id(row: &Value) -> Option<&str> {
    row.get("id").and_then(Value::as_str)
}

fn unknown(kind: Kind, given: &str, whole: bool) -> String {
    let name = kind.name;
    let (among, remedy) = match whole {
        true => (String::new(), format!("`ringback {name} list` lists them")),
        false => (
            format!(" of the newest {}", limits::SHORT_ID_PAGES * limits::PAGE_MAX),
            "give the whole id".to_owned(),
        ),
    };
    format!("no {name}{among} has an id that begins or ends with {given:?}; {remedy}")
}

/// Names the candidates, one a line, by as much as tells them apart.
fn ambiguous(kind: Kind, given: &str, many: &[Value]) -> String {
    const SHOWN: usize = 10;
    let length = words::telling(&many.iter().filter_map(id).collect::<Vec<_>>());
    let mut lines = vec![format!("{given:?} names {} {}s; give more of the id:", many.len(), kind.name)];
    for row in many.iter().take(SHOWN) {
        let about = kind.about.iter().filter_map(|name| row.get(name)).map(super::table::plain);
        let about: Vec<String> = about.filter(|text| text != "-").collect();
        let id = id(row).unwrap_or_default();
        lines.push(format!(
            "  {}  {}",
            words::short(id, length.min(id.len().saturating_sub(1))),
            about.join("  ")
        ));
    }
    if many.len() > SHOWN {
        lines.push(format!("  and {} more", many.len() - SHOWN));
    }
    lines.join("\n")
}

/// A piece of an id.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'g> {
    /// Its end.
    End(&'g str),
    /// Its end, or its beginning.
    Either(&'g str),
}

impl<'g> Piece<'g> {
    /// What `given` is a piece of; `None`: it is a whole id, or none at all, which the daemon says better.
    fn of(kind: Kind, given: &'g str) -> Option<Self> {
        let bare = given.strip_prefix(kind.prefix).unwrap_or(given);
        let end = bare.strip_prefix('…').or_else(|| bare.strip_prefix("..."));
        let piece = end.unwrap_or(bare);
        let digits = piece.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
        if !digits || !(2..26).contains(&piece.len()) {
            return None;
        }
        Some(if end.is_some() { Self::End(piece) } else { Self::Either(piece) })
    }

    fn names(&self, kind: Kind, id: &str) -> bool {
        let body = id.strip_prefix(kind.prefix).unwrap_or(id);
        match self {
            Self::End(piece) => body.ends_with(piece),
            Self::Either(piece) => body.ends_with(piece) || body.starts_with(piece),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_piece_is_told_from_a_whole_id_and_from_nonsense() {
        let whole = "wh_0123456789abcdefghjkmnpqrs";
        assert_eq!(Piece::of(WEBHOOK, whole), None);
        for (given, piece) in [("b9", "b9"), ("wh_01m8", "01m8"), ("pqrs", "pqrs")] {
            assert_eq!(Piece::of(WEBHOOK, given), Some(Piece::Either(piece)), "{given}");
        }
        for given in ["…pqrs", "...pqrs", "wh_…pqrs", "wh_...pqrs"] {
            assert_eq!(Piece::of(WEBHOOK, given), Some(Piece::End("pqrs")), "{given}");
        }
        for none in ["9", "http://x/", "evt_01m8", "../tokens", "", "…"] {
            assert_eq!(Piece::of(WEBHOOK, none), None, "{none}");
        }
        assert!(Piece::Either("pqrs").names(WEBHOOK, whole) && Piece::Either("0123").names(WEBHOOK, whole));
        assert!(!Piece::End("0123").names(WEBHOOK, whole), "it is the beginning");
    }

    #[test]
    fn candidates_are_listed_by_what_tells_them_apart() {
        let many: Vec<Value> = (0..12)
            .map(|n| json!({"id": format!("wh_000000000000000000000{n:02}abc"), "url": format!("https://x/{n}")}))
            .collect();
        let told = ambiguous(WEBHOOK, "abc", &many);
        assert!(
            told.starts_with(
                "\"abc\" names 12 webhooks; give more of the id:\n  …00abc  https://x/0\n  …01abc"
            ),
            "{told}"
        );
        assert!(told.ends_with("\n  and 2 more"), "{told}");
    }
}
