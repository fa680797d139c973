//! Names and short ids: what lists show of a thing names it again, as long as it names one only.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use http::Method;
use serde_json::Value;

use super::connection::{Daemon, with_query};
use super::failure::{Exit, Failure};
use super::words;
use crate::domain::name::WebhookName;
use crate::limits;

/// A kind of thing that has ids.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    name: &'static str,
    many: &'static str,
    path: &'static str,
    prefix: &'static str,
    /// What is said of a candidate besides its id.
    about: &'static [&'static str],
    /// Whether its list has no end: only the newest page is looked through, as lists show it.
    log: bool,
}

pub(super) const WEBHOOK: Kind = Kind {
    name: "webhook",
    many: "webhooks",
    path: "/v1/webhooks",
    prefix: "wh_",
    about: &["name", "url"],
    log: false,
};
pub(super) const EVENT: Kind = Kind {
    name: "event",
    many: "events",
    path: "/v1/events",
    prefix: "evt_",
    about: &["type", "accepted_at"],
    log: true,
};
pub(super) const DELIVERY: Kind = Kind {
    name: "delivery",
    many: "deliveries",
    path: "/v1/deliveries",
    prefix: "dlv_",
    about: &["event_type", "state", "url"],
    log: true,
};
pub(super) const JOB: Kind = Kind {
    name: "job",
    many: "jobs",
    path: "/v1/jobs",
    prefix: "job_",
    about: &["type", "status"],
    log: true,
};
pub(super) const REPLAY: Kind = Kind {
    name: "replay",
    many: "replays",
    path: "/v1/replays",
    prefix: "rpl_",
    about: &["state", "created_at"],
    log: false,
};
pub(super) const TOKEN: Kind = Kind {
    name: "token",
    many: "tokens",
    path: "/v1/tokens",
    prefix: "tok_",
    about: &["roles", "description"],
    log: false,
};

/// What is done to the thing that is named, with its verb: the worse, the surer it has to be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// It is only looked at.
    Read,
    /// Something is done that can be undone or does little harm.
    Act(&'static str),
    /// Something is done that cannot be undone.
    End(&'static str),
}

/// What a short id comes to.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Take(String),
    /// A person says whether it is the one: the whole id, and the question.
    Ask(String, String),
}

/// The characters of an id that hold its time, which all things of one moment share.
const TIME_DIGITS: usize = 10;

/// The whole id of what `given` names: a webhook's name, an id, or the end of one as lists show it (`…0fsrk`, `0fsrk`), or a beginning
/// that is longer than its time.
pub(super) async fn resolve(
    daemon: &Daemon,
    kind: Kind,
    purpose: Purpose,
    given: &str,
) -> Result<String, Failure> {
    let can_be_name = kind.prefix == WEBHOOK.prefix && given.parse::<WebhookName>().is_ok();
    if can_be_name && let Some(id) = named(daemon, kind, given).await? {
        return Ok(id);
    }
    let piece = match Piece::of(kind, given)? {
        Some(piece) => piece,
        None if can_be_name => return Err(Failure::new(Exit::NotFound, unnamed(kind, given))),
        None => return Ok(given.to_owned()),
    };
    let mut found: Vec<Value> = Vec::new();
    let mut query = vec![("limit", Some(limits::PAGE_MAX.to_string()))];
    let mut whole = false;
    for _ in 0..kind.pages() {
        let page = daemon.api(Method::GET, &with_query(kind.path, &query), None).await?;
        let rows = page.get("data").and_then(Value::as_array).into_iter().flatten();
        found.extend(rows.filter(|row| id(row).is_some_and(|id| piece.names(kind, id))).cloned());
        let Some(cursor) = page.get("next_cursor").and_then(Value::as_str) else {
            whole = true;
            break;
        };
        query = vec![("limit", Some(limits::PAGE_MAX.to_string())), ("cursor", Some(cursor.to_owned()))];
    }
    match verdict(kind, purpose, given, &found, whole)? {
        Verdict::Take(id) => Ok(id),
        Verdict::Ask(id, question) => {
            let person = io::stdin().is_terminal() && io::stderr().is_terminal();
            if !person {
                return Err(Failure::usage(format!(
                    "{given:?} is not sure enough here; give the whole id: {id}"
                )));
            }
            let _ = write!(io::stderr(), "{question} [y/N] ");
            let mut answer = String::new();
            io::stdin().lock().read_line(&mut answer).map_err(Failure::other)?;
            if is_yes(&answer) { Ok(id) } else { Err(Failure::other("nothing was done")) }
        }
    }
}

/// The id of the one that has this name.
async fn named(daemon: &Daemon, kind: Kind, name: &str) -> Result<Option<String>, Failure> {
    let page =
        daemon.api(Method::GET, &with_query(kind.path, &[("name", Some(name.to_owned()))]), None).await?;
    Ok(page.pointer("/data/0").and_then(id).map(str::to_owned))
}

fn unnamed(kind: Kind, given: &str) -> String {
    let name = kind.name;
    format!("no {name} has the name or id {given:?}; `ringback {name} list` lists them")
}

fn is_yes(answer: &str) -> bool {
    ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}

/// What the things that were found come to; `whole`: all there are were looked at.
fn verdict(
    kind: Kind,
    purpose: Purpose,
    given: &str,
    found: &[Value],
    whole: bool,
) -> Result<Verdict, Failure> {
    let one = match found {
        [one] => one,
        [] => return Err(Failure::new(Exit::NotFound, unknown(kind, given, whole))),
        many => return Err(Failure::usage(ambiguous(kind, given, many))),
    };
    let id = id(one).unwrap_or(given).to_owned();
    // Others may end likewise among what was not looked at. Of a log, the newest is what a list showed, and what is
    // only looked at says itself what it is.
    let verb = match purpose {
        Purpose::Read if whole || kind.log => return Ok(Verdict::Take(id)),
        Purpose::Act(_) if whole => return Ok(Verdict::Take(id)),
        Purpose::Read => "show",
        Purpose::Act(verb) | Purpose::End(verb) => verb,
    };
    let about = kind.about(one);
    let question = super::table::clean(&format!("{verb} {} {id} ({about})?", kind.name));
    Ok(Verdict::Ask(id, question))
}

/// As [`resolve`], of what may be missing.
pub(super) async fn resolve_given(
    daemon: &Daemon,
    kind: Kind,
    purpose: Purpose,
    given: Option<String>,
) -> Result<Option<String>, Failure> {
    match given {
        Some(given) => resolve(daemon, kind, purpose, &given).await.map(Some),
        None => Ok(None),
    }
}

impl Kind {
    /// How many pages of its list are looked through.
    fn pages(self) -> usize {
        if self.log { 1 } else { limits::SHORT_ID_PAGES }
    }

    /// What is said of a thing besides its id.
    fn about(self, row: &Value) -> String {
        let about = self.about.iter().filter_map(|name| row.get(name)).map(super::table::plain);
        about.filter(|text| text != "-").collect::<Vec<_>>().join("  ")
    }
}

fn id(row: &Value) -> Option<&str> {
    row.get("id").and_then(Value::as_str)
}

fn unknown(kind: Kind, given: &str, whole: bool) -> String {
    let name = kind.name;
    let (among, remedy) = match whole {
        true => (String::new(), format!("`ringback {name} list` lists them")),
        false => {
            (format!(" of the newest {}", kind.pages() * limits::PAGE_MAX), "give the whole id".to_owned())
        }
    };
    format!("no {name}{among} has an id that ends with {given:?}; {remedy}")
}

/// Names the candidates, one a line, by as much as tells them apart.
fn ambiguous(kind: Kind, given: &str, many: &[Value]) -> String {
    const SHOWN: usize = 10;
    let length = words::telling(&many.iter().filter_map(id).collect::<Vec<_>>());
    let mut lines = vec![format!("{given:?} names {} {}; give more of the id:", many.len(), kind.many)];
    for row in many.iter().take(SHOWN) {
        let id = id(row).unwrap_or_default();
        lines.push(format!(
            "  {}  {}",
            words::short(id, length.min(id.len().saturating_sub(1))),
            kind.about(row)
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
    fn of(kind: Kind, given: &'g str) -> Result<Option<Self>, Failure> {
        let bare = given.strip_prefix(kind.prefix).unwrap_or(given);
        let end = bare.strip_prefix('…').or_else(|| bare.strip_prefix("..."));
        let piece = end.unwrap_or(bare);
        let digit = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase() && !b"ilou".contains(&byte);
        let digits = piece.bytes().all(digit);
        if !digits || !(1..26).contains(&piece.len()) {
            return Ok(None);
        }
        let (least, name) = (words::least(kind.prefix), kind.name);
        if piece.len() < least {
            let why = format!(
                "{given:?} is too short: give the last {least} characters of the {name}'s id or more"
            );
            return Err(Failure::usage(why));
        }
        let beginning = end.is_none() && piece.len() >= TIME_DIGITS + least;
        Ok(Some(if beginning { Self::Either(piece) } else { Self::End(piece) }))
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
        assert_eq!(Piece::of(WEBHOOK, whole), Ok(None));
        for given in ["npqrs", "wh_npqrs", "…npqrs", "...npqrs", "wh_…npqrs", "wh_...npqrs"] {
            assert_eq!(Piece::of(WEBHOOK, given), Ok(Some(Piece::End("npqrs"))), "{given}");
        }
        for none in ["http://x/", "evt_01m8", "../tokens", "", "…", "hello"] {
            assert_eq!(Piece::of(WEBHOOK, none), Ok(None), "{none}");
        }
        assert!(Piece::End("npqrs").names(WEBHOOK, whole));
        assert!(!Piece::End("01234").names(WEBHOOK, whole), "it is the beginning");
    }

    #[test]
    fn a_piece_has_as_many_characters_as_lists_show() {
        for (kind, given, least) in
            [(WEBHOOK, "…pqrs", 5), (EVENT, "9", 5), (DELIVERY, "…23456789a", 10), (TOKEN, "tok_pqrs", 5)]
        {
            let Err(Failure::Failed { exit, message }) = Piece::of(kind, given) else { panic!("{given}") };
            assert_eq!(exit, Exit::Usage);
            assert!(message.contains(&format!("give the last {least} characters")), "{message}");
        }
        assert_eq!(Piece::of(DELIVERY, "…123456789a"), Ok(Some(Piece::End("123456789a"))));
    }

    /// All ids of one time begin alike.
    #[test]
    fn a_beginning_is_longer_than_the_time_in_it() {
        let whole = "wh_0123456789abcdefghjkmnpqrs";
        for (length, names) in [(5, false), (10, false), (14, false), (15, true), (20, true)] {
            let given = &whole[..3 + length];
            let piece = Piece::of(WEBHOOK, given).unwrap().unwrap();
            assert_eq!(piece.names(WEBHOOK, whole), names, "{given}");
        }
    }

    #[test]
    fn one_of_many_that_were_not_all_seen_is_not_taken() {
        let id = "wh_00000000000000000000000abc";
        let found = [json!({"id": id, "url": "https://x/\u{1b}[2J"})];
        let take = Verdict::Take(id.to_owned());
        for (kind, purpose, whole, taken) in [
            (WEBHOOK, Purpose::Read, true, true),
            (WEBHOOK, Purpose::Read, false, false),
            (DELIVERY, Purpose::Read, false, true),
            (WEBHOOK, Purpose::Act("pause"), true, true),
            (WEBHOOK, Purpose::Act("pause"), false, false),
            (DELIVERY, Purpose::Act("retry"), false, false),
            (WEBHOOK, Purpose::End("remove"), true, false),
            (WEBHOOK, Purpose::End("remove"), false, false),
        ] {
            let verdict = verdict(kind, purpose, "00abc", &found, whole).unwrap();
            assert_eq!(verdict == take, taken, "{kind:?} {purpose:?} {whole}");
        }
        let asked = verdict(WEBHOOK, Purpose::End("remove"), "00abc", &found, true).unwrap();
        let question = format!("remove webhook {id} (https://x/\\u{{1b}}[2J)?");
        assert_eq!(asked, Verdict::Ask(id.to_owned(), question), "what is asked obeys nobody");
        let none = verdict(DELIVERY, Purpose::Read, "00abc", &[], false).unwrap_err();
        let Failure::Failed { exit, message } = none else { panic!("no message") };
        assert_eq!(exit, Exit::NotFound);
        assert!(
            message.contains("no delivery of the newest 250") && message.contains("whole id"),
            "{message}"
        );
        assert!(
            verdict(WEBHOOK, Purpose::Read, "00abc", &[found[0].clone(), found[0].clone()], true).is_err()
        );
    }

    #[test]
    fn only_yes_is_yes() {
        assert!(["y\n", "Yes\n", " y "].into_iter().all(is_yes));
        assert!(!["", "\n", "n\n", "yo\n", "no"].into_iter().any(is_yes));
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
