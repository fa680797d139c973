//! Query parameters, pages and cursors.
//!
//! A cursor carries the list, the filters and the order it was made with, so a page can be asked for
//! with the cursor alone, and a cursor under other filters is refused rather than misread.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::param::{Order, OwnKey, Param, Whole};
use super::words::Words;
use crate::app::PageRequest;
use crate::app::deliveries::DeliveryCursor;
use crate::domain::id::{Seq, WebhookNo};
use crate::http::document::nearest;
use crate::http::problem::{Code, Problem};
use crate::limits;

/// The parameters of every list.
pub const PAGING: [Param; 3] = [
    Param::of::<Whole<1, { limits::PAGE_MAX as u64 }>>("limit", "Items per page: 1 to 250, 50 by default."),
    Param::text("cursor", "The next_cursor of the previous page; it keeps that page's filters."),
    Param::word::<Order>("order", "From the oldest, or from the newest."),
];

/// The parameter by which an admin token names the account it acts for.
pub const ACCOUNT: Param =
    Param::text("account", "Admin tokens only: the account to act for, by name or id.");

/// The parameter by which a change is only tried.
pub const DRY_RUN: Param =
    Param::of::<bool>("dry_run", "Check the request and answer what would be, and change nothing.");

/// The header that makes the repetition of a request recognisable.
pub const IDEMPOTENCY_KEY: Param = Param::of::<OwnKey>(
    "Idempotency-Key",
    "A repeated request with the same key and content changes nothing and gets the first response; with other content it is refused. In a stream each line has a key of its own, made from its position.",
);

/// A request's query parameters, each named once.
#[derive(Debug, Default)]
pub struct Query {
    list: &'static str,
    pairs: Vec<(String, String)>,
    /// What is passed over because it is not known.
    others: Vec<(String, String)>,
    position: Option<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    list: String,
    pairs: Vec<(String, String)>,
    position: Vec<u8>,
}

/// One page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}List")]
pub struct Listing<T> {
    /// The rows.
    pub data: Vec<T>,
    /// The cursor of the next page; null at the end.
    pub next_cursor: Option<String>,
}

fn bad(name: &str, detail: impl std::fmt::Display) -> Problem {
    Problem::new(Code::BadParameter, format!("{name} {detail}"))
}

fn bad_cursor() -> Problem {
    Problem::new(
        Code::BadCursor,
        "the cursor does not belong to this list with these filters; start again without it",
    )
}

impl Query {
    /// The parameters of a query string, of the route with path template `list`.
    ///
    /// # Errors
    /// Names the parameters that are doubled, or unknown unless those are passed over, and refuses a
    /// cursor of another list.
    pub fn parse(
        raw: Option<&str>,
        list: &'static str,
        known: &[Param],
        lenient: bool,
    ) -> Result<Self, Problem> {
        let mut query = Self { list, ..Self::default() };
        let Some(raw) = raw.filter(|raw| !raw.is_empty()) else { return Ok(query) };
        let mut faults = Vec::new();
        for (name, value) in url::form_urlencoded::parse(raw.as_bytes()) {
            let is_known = name == ACCOUNT.name || known.iter().any(|param| param.name == name);
            if lenient {
                query.take_leniently(is_known, name.into_owned(), value.into_owned());
                continue;
            }
            if !is_known {
                faults.push(match nearest(&name, known.iter().map(|param| param.name)) {
                    Some(nearest) => format!("unknown parameter {name}; did you mean {nearest}?"),
                    None => format!("unknown parameter {name}"),
                });
            } else if query.text(&name).is_some() {
                faults.push(format!("{name} is given twice"));
            } else {
                query.pairs.push((name.into_owned(), value.into_owned()));
            }
        }
        if !faults.is_empty() {
            return Err(Problem::new(Code::BadParameter, faults.join("; ")));
        }
        query.resume()?;
        Ok(query)
    }

    /// A parameter of a dialect. Its clients send one that has no value as an empty one, and one that has
    /// several either as a list with commas or once for each.
    fn take_leniently(&mut self, is_known: bool, name: String, value: String) {
        if value.is_empty() {
            return;
        }
        let pairs = if is_known { &mut self.pairs } else { &mut self.others };
        match pairs.iter_mut().find(|(known, _)| is_known && *known == name) {
            Some((_, list)) => {
                list.push(',');
                list.push_str(&value);
            }
            None => pairs.push((name, value)),
        }
    }

    /// Takes over what a cursor was made with.
    fn resume(&mut self) -> Result<(), Problem> {
        let Some(text) = self.take("cursor") else { return Ok(()) };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad_cursor())?;
        let cursor: Cursor = postcard::from_bytes(&bytes).map_err(|_| bad_cursor())?;
        let limit = self.take("limit");
        let agrees = cursor.list == self.list && self.pairs.iter().all(|pair| cursor.pairs.contains(pair));
        if !agrees {
            return Err(bad_cursor());
        }
        self.pairs = cursor.pairs;
        self.pairs.extend(limit.map(|limit| ("limit".to_owned(), limit)));
        self.position = Some(cursor.position);
        Ok(())
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.pairs.iter().position(|(known, _)| known == name)?;
        Some(self.pairs.swap_remove(at).1)
    }

    /// A parameter's text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The parameters that are not known, where they are passed over.
    #[must_use]
    pub fn others(&self) -> &[(String, String)] {
        &self.others
    }

    /// The path template of the route.
    #[must_use]
    pub fn path(&self) -> &'static str {
        self.list
    }

    /// A parameter's value.
    ///
    /// # Errors
    /// Says what its text should have been.
    pub fn value<T: FromStr<Err: std::fmt::Display>>(&self, name: &str) -> Result<Option<T>, Problem> {
        self.text(name).map(|text| text.parse().map_err(|error| bad(name, error))).transpose()
    }

    /// A parameter that is a whole number.
    ///
    /// # Errors
    /// When its text is none, or one too large.
    pub fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        let wrong = |_| bad(name, "must be a whole number, 0 or more");
        self.text(name).map(|text| text.parse().map_err(wrong)).transpose()
    }

    /// Whether the request only asks what it would do.
    ///
    /// # Errors
    /// When the parameter is neither true nor false.
    pub fn is_dry_run(&self) -> Result<bool, Problem> {
        let wrong = |_| bad(DRY_RUN.name, "must be true or false");
        let given = self.text(DRY_RUN.name).map(|text| text.parse().map_err(wrong)).transpose()?;
        Ok(given.unwrap_or(false))
    }

    /// A parameter that is one of some words.
    ///
    /// # Errors
    /// Names the words.
    pub fn word<T: Words>(&self, name: &str) -> Result<Option<T>, Problem> {
        let Some(word) = self.text(name) else { return Ok(None) };
        let wrong = || bad(name, format_args!("must be one of {}", T::words().join(", ")));
        T::of_word(word).map(Some).ok_or_else(wrong)
    }

    /// The page that is asked for; newest first unless the order says otherwise.
    ///
    /// # Errors
    /// When the limit, the order or the cursor makes no sense.
    pub fn page<P: Position>(&self) -> Result<PageRequest<P>, Problem> {
        self.page_from(true)
    }

    /// As [`Self::page`], of a list that is by name: from the first unless something else is asked for.
    ///
    /// # Errors
    /// As of [`Self::page`].
    pub fn page_by_name(&self) -> Result<PageRequest<String>, Problem> {
        self.page_from(false)
    }

    fn page_from<P: Position>(&self, descending: bool) -> Result<PageRequest<P>, Problem> {
        let limit = match self.text("limit").map(str::parse) {
            None => limits::PAGE_DEFAULT,
            Some(Ok(limit)) if (1..=limits::PAGE_MAX).contains(&limit) => limit,
            Some(_) => return Err(bad("limit", format_args!("must be 1 to {}", limits::PAGE_MAX))),
        };
        let descending = self.word::<Order>("order")?.map_or(descending, |order| order == Order::Descending);
        let after = match &self.position {
            Some(bytes) => Some(P::from_bytes(bytes).ok_or_else(bad_cursor)?),
            None => None,
        };
        Ok(PageRequest { after, descending, limit })
    }

    /// A page's JSON form.
    pub fn listing<T, P: Position>(&self, data: Vec<T>, next: Option<P>) -> Listing<T> {
        Listing { data, next_cursor: next.and_then(|position| self.cursor(&position)) }
    }

    fn cursor(&self, position: &impl Position) -> Option<String> {
        let kept = self.pairs.iter().filter(|(name, _)| name != "limit").cloned();
        let cursor =
            Cursor { list: self.list.to_owned(), pairs: kept.collect(), position: position.to_bytes() };
        postcard::to_stdvec(&cursor).ok().map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// A place in a list.
pub trait Position: Sized {
    /// Its bytes.
    fn to_bytes(&self) -> Vec<u8>;
    /// The place of some bytes.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

impl Position for Seq {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.to_be_bytes().to_vec()
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(u64::from_be_bytes).map(Self)
    }
}

impl Position for WebhookNo {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.to_be_bytes().to_vec()
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(u32::from_be_bytes).map(Self)
    }
}

impl Position for DeliveryCursor {
    fn to_bytes(&self) -> Vec<u8> {
        [self.event.to_bytes(), self.webhook.to_bytes()].concat()
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (event, webhook) = bytes.split_at_checked(8)?;
        Some(Self { event: Seq::from_bytes(event)?, webhook: WebhookNo::from_bytes(webhook)? })
    }
}

impl Position for String {
    fn to_bytes(&self) -> Vec<u8> {
        self.clone().into_bytes()
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        String::from_utf8(bytes.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [Param; 5] =
        [PAGING[0], PAGING[1], PAGING[2], Param::text("type", ""), Param::text("since", "")];

    fn query(raw: &str) -> Result<Query, Problem> {
        Query::parse(Some(raw), "/v1/events", &KNOWN, false)
    }

    #[test]
    fn unknown_and_doubled_parameters_are_all_named() {
        let problem = query("tpe=x&frobnicate=1&limit=1&limit=2").unwrap_err();
        assert_eq!(problem.code, Code::BadParameter);
        assert_eq!(
            problem.detail,
            "unknown parameter tpe; did you mean type?; unknown parameter frobnicate; limit is given twice"
        );
    }

    #[test]
    fn limits_and_orders_are_checked() {
        for raw in ["limit=0", "limit=251", "limit=x", "order=up"] {
            assert_eq!(query(raw).unwrap().page::<Seq>().unwrap_err().code, Code::BadParameter, "{raw}");
        }
        let page = query("").unwrap().page::<Seq>().unwrap();
        assert_eq!((page.limit, page.descending), (50, true));
    }

    #[test]
    fn a_cursor_keeps_its_filters_and_refuses_others() {
        let first = query("type=order.*&order=asc&limit=2").unwrap();
        let cursor = first.listing(vec![()], Some(Seq(7))).next_cursor.unwrap();
        for again in [format!("cursor={cursor}"), format!("type=order.*&limit=9&cursor={cursor}")] {
            let second = query(&again).unwrap();
            assert_eq!(second.text("type"), Some("order.*"));
            let page = second.page::<Seq>().unwrap();
            assert_eq!((page.after, page.descending), (Some(Seq(7)), false));
        }
        for other in [
            format!("type=x&cursor={cursor}"),
            format!("since=2026-01-01T00:00:00Z&cursor={cursor}"),
            format!("order=desc&cursor={cursor}"),
            "cursor=AAAA".to_owned(),
            "cursor=%21".to_owned(),
        ] {
            assert_eq!(query(&other).unwrap_err().code, Code::BadCursor, "{other}");
        }
        let elsewhere = Query::parse(Some(&format!("cursor={cursor}")), "/v1/deliveries", &KNOWN, false);
        assert_eq!(elsewhere.unwrap_err().code, Code::BadCursor);
        assert!(query(&format!("cursor={cursor}")).unwrap().page::<WebhookNo>().is_err());
    }
}
