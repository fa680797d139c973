//! Filters on an event's data.
//!
//! A filter is written by a tenant and run for every event. What reading it takes is bounded when it is
//! saved; each of its runs counts its steps and ends when it has used up as many as it may ([`Verdict`]).
//! It never fails at run time otherwise: data it does not fit is simply not wanted.

mod compare;
mod cursor;
mod pattern;
mod query;
mod read;
mod run;
mod runner;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;

use query::Query;
pub use query::QueryError;
use read::Reading;
use runner::{Runner, Stopped};

use super::json::{Exact, Halves};
use super::locked::assert_unlocked;
use crate::limits;

/// Why a filter cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Longer than the limit.
    #[error("a filter may be {} bytes long at most", limits::FILTER_BYTES)]
    Length,
    /// Not JSON.
    #[error("is not JSON: {0}")]
    Json(String),
    /// JSON of another kind.
    #[error("must be an object of members and their values, or a string with one JSONPath query")]
    Kind,
    /// Too many members.
    #[error("may hold {} conditions at most", limits::FILTER_CONDITIONS)]
    Conditions,
    /// A member's value that nothing can equal.
    #[error("{key:?}: must be a string, a number, true, false or null, or a list of these that is not empty")]
    Value {
        /// The member's name.
        key: String,
    },
    /// A query with too many values to compare each node with.
    #[error("{key:?}: a query may be compared with {max} values at most", max = limits::FILTER_QUERY_VALUES)]
    Values {
        /// The member's name: the query.
        key: String,
    },
    /// A query that finds nothing in any data.
    #[error(
        "{query:?}: can never match: the query is run on a list that holds the data; write {:?}",
        query.replacen('$', "$[0]", 1)
    )]
    Never {
        /// The query.
        query: String,
    },
    /// A query that is not JSONPath, or costs too much.
    #[error("{query:?}: {why}")]
    Query {
        /// The query.
        query: String,
        /// What is wrong with it.
        why: QueryError,
    },
}

/// Which data a webhook wants.
///
/// Either an object, all of whose members must hold: the name is a member of the data or, when it
/// begins with `$`, a JSONPath query on the data; the value is a scalar to equal, or a list of
/// them. Or a string with a JSONPath query (RFC 9535) that is run on a list holding just the data:
/// `"$[?@.amount > 100]"` wants data whose `amount` exceeds 100.
#[derive(Clone)]
pub struct Filter {
    text: Box<str>,
    program: Arc<Program>,
}

/// What a filter's text says.
struct Program {
    test: Test,
    /// Steps of a run at most, unless they grow with the data.
    parts: u64,
    grows: bool,
    pattern_bytes: usize,
    /// Steps that its patterns take for 1 KiB of text.
    pattern_steps: u64,
}

enum Test {
    Query(Query),
    All(Vec<Condition>),
    /// It was stored, and is none any more.
    Unreadable,
}

struct Condition {
    place: Place,
    wanted: Vec<Exact>,
}

enum Place {
    Member(String),
    Query(Query),
}

/// An event's data as filters see it: its numbers are what they are written as.
#[derive(Debug)]
pub struct Data {
    /// The data, as the one element of a list.
    list: Exact,
}

impl Data {
    /// The data of a JSON text; null where it is none.
    #[must_use]
    pub fn read(text: &[u8]) -> Self {
        Self { list: Exact::Array(vec![Exact::read(text, Halves::Replaced).unwrap_or(Exact::Null)]) }
    }
}

/// What a run of a filter gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The data is wanted.
    Wanted,
    /// It is not.
    Unwanted,
    /// The filter takes more steps for this data than one filter may, or more than was allowed when it
    /// was stored.
    TooCostly,
    /// The steps that it was given were fewer than one filter may take, and are used up.
    OutOfSteps,
}

impl Filter {
    /// The filter of a JSON text.
    ///
    /// # Errors
    /// Names the first member or query that is wrong.
    pub fn parse(json_text: &str) -> Result<Self, FilterError> {
        let read = read(json_text, false).map_err(|faults| faults.into_iter().next().map(|(_, error)| error));
        let program = read.map_err(|first| first.unwrap_or(FilterError::Kind))?;
        Ok(Self { text: json_text.into(), program: Arc::new(program) })
    }

    /// The filter of a text that was stored, perhaps when more was allowed: what is no longer allowed makes
    /// it [`Verdict::TooCostly`] for the data that it would be needed for.
    #[must_use]
    pub fn stored(json_text: &str) -> Self {
        let unreadable =
            Program { test: Test::Unreadable, parts: 0, grows: false, pattern_bytes: 0, pattern_steps: 0 };
        let program = read(json_text, true).unwrap_or(unreadable);
        Self { text: json_text.into(), program: Arc::new(program) }
    }

    /// Everything that is wrong with a JSON text as a filter, with JSON pointers into it.
    #[must_use]
    pub fn faults(json_text: &str) -> Vec<(String, FilterError)> {
        read(json_text, false).err().unwrap_or_default()
    }

    /// The JSON text it was parsed from.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.text
    }

    /// Bytes of memory that its compiled patterns take.
    #[must_use]
    pub fn pattern_bytes(&self) -> usize {
        self.program.pattern_bytes
    }

    /// Steps that a run on so many bytes of data takes, at most or about.
    #[must_use]
    pub fn price(&self, data_bytes: usize) -> u64 {
        let Program { parts, grows, .. } = &*self.program;
        // A value of an array takes two bytes of JSON.
        let times = if *grows { 1 + data_bytes as u64 / 2 } else { 1 };
        let patterns = self.program.pattern_steps.saturating_mul(1 + data_bytes as u64 / 1024);
        (4 * parts).saturating_mul(times).saturating_add(patterns).min(limits::FILTER_STEPS)
    }

    /// Whether the data is wanted. Takes the steps of the run off `steps`, [`limits::FILTER_STEPS`] at most.
    #[must_use]
    pub fn judge(&self, data: &Data, steps: &mut u64) -> Verdict {
        assert_unlocked();
        let most = limits::FILTER_STEPS.min(*steps);
        let mut runner = Runner { root: &data.list, left: most };
        let verdict = self.program.test.run(&data.list, &mut runner);
        *steps -= most - runner.left;
        match verdict {
            Ok(true) => Verdict::Wanted,
            Ok(false) => Verdict::Unwanted,
            Err(Stopped::Spent) if most < limits::FILTER_STEPS => Verdict::OutOfSteps,
            Err(Stopped::Spent | Stopped::Pattern) => Verdict::TooCostly,
        }
    }
}

impl Test {
    fn run<'a>(&'a self, list: &'a Exact, runner: &mut Runner<'a>) -> Result<bool, Stopped> {
        match self {
            Self::Query(query) => Ok(runner.nodes(query, list, &mut |_, _| Ok(Break(())))?.is_break()),
            Self::All(conditions) => {
                let Some(data) = list.as_array().and_then(<[Exact]>::first) else { return Ok(false) };
                runner.root = data;
                for condition in conditions {
                    if !condition.holds(data, runner)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Unreadable => Err(Stopped::Pattern),
        }
    }
}

/// What a filter's text says, or everything that is wrong with it, and where.
fn read(json_text: &str, lenient: bool) -> Result<Program, Vec<(String, FilterError)>> {
    let whole = |error| vec![(String::new(), error)];
    if json_text.len() > limits::FILTER_BYTES {
        return Err(whole(FilterError::Length));
    }
    let value = Exact::read(json_text.as_bytes(), Halves::Refused)
        .map_err(|error| whole(FilterError::Json(error)))?;
    let mut reading = Reading { lenient, ..Reading::default() };
    let test = match value {
        Exact::String(text) => {
            let query = compile(&text, true, &mut reading).map_err(whole)?;
            if !lenient && !query.finds_one_in_a_list() {
                return Err(whole(FilterError::Never { query: text }));
            }
            Test::Query(query)
        }
        Exact::Object(members) if members.len() > limits::FILTER_CONDITIONS => {
            return Err(whole(FilterError::Conditions));
        }
        Exact::Object(members) => {
            let (mut conditions, mut faults) = (Vec::with_capacity(members.len()), Vec::new());
            for (key, value) in members {
                let pointer = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
                match condition(key, value, &mut reading) {
                    Ok(condition) => conditions.push(condition),
                    Err(error) => faults.push((pointer, error)),
                }
            }
            if !faults.is_empty() {
                return Err(faults);
            }
            Test::All(conditions)
        }
        _ => return Err(whole(FilterError::Kind)),
    };
    let Reading { pattern_bytes, pattern_steps, parts, grows, .. } = reading;
    Ok(Program { test, parts, grows, pattern_bytes, pattern_steps })
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.text).finish()
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

fn compile(text: &str, on_list: bool, reading: &mut Reading) -> Result<Query, FilterError> {
    reading.read(text, on_list).map_err(|why| FilterError::Query { query: text.to_owned(), why })
}

fn condition(key: String, value: Exact, reading: &mut Reading) -> Result<Condition, FilterError> {
    let wanted = match value {
        Exact::Array(values) => values,
        scalar => vec![scalar],
    };
    if wanted.is_empty() || wanted.iter().any(|value| matches!(value, Exact::Array(_) | Exact::Object(_))) {
        return Err(FilterError::Value { key });
    }
    reading.parts += 1 + wanted.len() as u64;
    let place = if key.starts_with('$') {
        if wanted.len() > limits::FILTER_QUERY_VALUES {
            return Err(FilterError::Values { key });
        }
        Place::Query(compile(&key, false, reading)?)
    } else {
        Place::Member(key)
    };
    Ok(Condition { place, wanted })
}

impl Condition {
    fn holds<'a>(&'a self, data: &'a Exact, runner: &mut Runner<'a>) -> Result<bool, Stopped> {
        let wanted = |runner: &mut Runner<'a>, value: &Exact| {
            for wanted in &self.wanted {
                if runner.same(wanted, value)? {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        match &self.place {
            Place::Member(name) => match runner.member(data, name)? {
                Some(value) => wanted(runner, value),
                None => Ok(false),
            },
            Place::Query(query) => {
                let mut found = |runner: &mut Runner<'a>, node| {
                    Ok(if wanted(runner, node)? { Break(()) } else { Continue(()) })
                };
                Ok(runner.nodes(query, data, &mut found)?.is_break())
            }
        }
    }
}
