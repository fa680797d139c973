//! JSONPath queries (RFC 9535) in a form that can be run step by step.
//!
//! The crates for JSONPath run a query to its end, whatever it takes, and compile the patterns of `match()` and
//! `search()` for each text. Here a run pays for each of its steps (the module `run`), so a query may say
//! what it likes; reading it is bounded by its length, by how deep it nests, and by its patterns' size.

use super::pattern::Pattern;
use crate::domain::json::Exact;
use crate::limits;

/// Why a query cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Not RFC 9535.
    #[error("is not JSONPath (RFC 9535) from byte {0} on")]
    Syntax(usize),
    /// Longer than the limit.
    #[error("a query may be {} bytes long at most", limits::FILTER_QUERY_BYTES)]
    Length,
    /// Nested too deep.
    #[error("brackets and parentheses may be nested {} deep at most", limits::FILTER_NESTING)]
    Nesting,
    /// A comparison with a query that may give several nodes.
    #[error(
        "the query that ends at byte {0} may give several nodes and cannot be compared; use count() or value()"
    )]
    Several(usize),
    /// A pattern that is not a literal.
    #[error("the pattern of match() and search() must be a quoted string")]
    PatternLiteral,
    /// A pattern that is not one.
    #[error(
        "the pattern that ends at byte {0} is not a regular expression (RFC 9485, which knows no flags such as (?i))"
    )]
    Pattern(usize),
    /// Patterns that take too much memory.
    #[error(
        "the patterns of a filter may take {} bytes of memory when compiled; use smaller counts in braces, \
         and [A-Za-z0-9] instead of \\w or \\p",
        limits::FILTER_PATTERNS_BYTES
    )]
    PatternSize,
}

/// A query: the way from the root, or from the node that a filter looks at, to nodes.
pub(super) struct Query {
    pub(super) absolute: bool,
    pub(super) segments: Vec<Segment>,
}

impl Query {
    /// Whether it can find anything in a list of one element.
    pub(super) fn finds_one_in_a_list(&self) -> bool {
        let Some(first) = self.segments.first() else { return true };
        let misses = |selector: &Selector| match selector {
            Selector::Name(_) => true,
            Selector::Index(at) => ![0, -1].contains(at),
            Selector::Every | Selector::Slice { .. } | Selector::Filter(_) => false,
        };
        first.descends || !first.selectors.iter().all(misses)
    }

    /// Whether it gives one node at most.
    pub(super) fn is_singular(&self) -> bool {
        self.segments.iter().all(|segment| {
            let one = matches!(segment.selectors.as_slice(), [Selector::Name(_) | Selector::Index(_)]);
            one && !segment.descends
        })
    }
}

pub(super) struct Segment {
    /// Whether it selects from all that is below a node as well.
    pub(super) descends: bool,
    pub(super) selectors: Vec<Selector>,
}

pub(super) enum Selector {
    Name(Box<str>),
    Every,
    Index(i64),
    Slice { start: Option<i64>, end: Option<i64>, step: i64 },
    Filter(Test),
}

pub(super) enum Test {
    Any(Vec<Test>),
    All(Vec<Test>),
    Not(Box<Test>),
    Exists(Query),
    Compare(Operand, Comparison, Operand),
    /// Without a pattern, if that was stored and is larger than one may be by now.
    Matches(Operand, Option<Pattern>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

pub(super) enum Operand {
    Literal(Exact),
    /// The node of a singular query.
    Node(Query),
    Length(Box<Operand>),
    Count(Query),
    /// The node of a query that gives just one.
    Only(Query),
}
