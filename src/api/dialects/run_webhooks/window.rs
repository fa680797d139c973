//! Lists of this dialect: a window into all there is.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::api::call::Call;
use crate::api::param::{Count, Param};
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Json, json as answer};
use crate::limits;

/// The parameters of every list.
pub const WINDOW: [Param; 3] = [
    Param::of::<Count>("offset", "How many rows to skip."),
    Param::of::<Count>("limit", "Rows in the response: at most 1000, which is the default."),
    Param::of::<bool>("desc", "1 or true: newest first."),
];

/// A thing, as every answer of this dialect holds it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}Data")]
pub struct Data<T> {
    data: T,
}

/// The answer that is a thing.
///
/// # Errors
/// When there is no answer, which is a mistake of ours.
pub(super) fn data<T: Serialize>(status: StatusCode, data: T) -> Result<Json<Data<T>>, Problem> {
    answer(status, &Data { data })
}

/// A part of a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}Items")]
pub struct Items<T> {
    /// How many there are in all.
    total: u64,
    offset: u64,
    limit: u64,
    desc: bool,
    /// How many are in this part.
    count: usize,
    items: Vec<T>,
}

/// An answer that is a part of a list.
pub(super) type Listed<T> = Result<Json<Data<Items<T>>>, Problem>;

/// The part of a list that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) offset: u64,
    pub(super) limit: u64,
    pub(super) desc: bool,
}

impl Window {
    /// # Errors
    /// When a parameter makes no sense.
    pub(super) fn of(call: &Call) -> Result<Self, Problem> {
        let limit = call.query.number::<u64>("limit")?.filter(|limit| *limit > 0);
        Ok(Self {
            offset: call.query.number("offset")?.unwrap_or(0),
            limit: limit.unwrap_or(limits::RUN_LIST_MAX).min(limits::RUN_LIST_MAX),
            desc: flag(call, "desc")?,
        })
    }

    /// How many rows are passed over, and how many are shown.
    pub(super) fn range(self) -> (usize, usize) {
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        (size(self.offset), size(self.limit))
    }

    /// The answer with these rows out of so many.
    pub(super) fn answer<T: Serialize>(self, items: Vec<T>, total: u64) -> Listed<T> {
        let Self { offset, limit, desc } = self;
        data(StatusCode::OK, Items { total, offset, limit, desc, count: items.len(), items })
    }
}

/// A parameter that is on or off.
pub(super) fn flag(call: &Call, name: &str) -> Result<bool, Problem> {
    match call.query.text(name) {
        None | Some("" | "0" | "false") => Ok(false),
        Some("1" | "true") => Ok(true),
        Some(_) => Err(Problem::new(Code::BadParameter, format!("{name} must be 1, 0, true or false"))),
    }
}
