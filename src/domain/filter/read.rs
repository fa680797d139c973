//! Reading JSONPath queries. It recurses as deep as brackets and parentheses nest.

use super::cursor::{Cursor, Parsed};
use super::pattern::{Pattern, PatternError};
use super::query::{Comparison, Operand, Query, QueryError, Segment, Selector, Test};
use crate::domain::json::Exact;
use crate::limits;

/// What reading the queries of one filter has found so far.
#[derive(Default)]
pub(super) struct Reading {
    /// Whether patterns that are too large are left out instead of refused.
    pub(super) lenient: bool,
    /// Bytes that its compiled patterns take.
    pub(super) pattern_bytes: usize,
    /// Steps that they take for 1 KiB of text.
    pub(super) pattern_steps: u64,
    /// Its parts: steps that it takes at most where its steps do not grow with the data.
    pub(super) parts: u64,
    /// Whether its steps grow with the data.
    pub(super) grows: bool,
}

impl Reading {
    /// Reads a query. `on_list`: it is run on a list that holds just the data, so that a filter in its first
    /// brackets looks at one node.
    pub(super) fn read(&mut self, text: &str, on_list: bool) -> Result<Query, QueryError> {
        if text.len() > limits::FILTER_QUERY_BYTES {
            return Err(QueryError::Length);
        }
        let mut parser =
            Parser { cursor: Cursor { text, at: 0 }, depth: 0, one_node: on_list, reading: self };
        parser.cursor.expect("$")?;
        let query = Query { absolute: true, segments: parser.segments()? };
        if parser.cursor.at < text.len() { Err(parser.cursor.wrong()) } else { Ok(query) }
    }
}

struct Parser<'q> {
    cursor: Cursor<'q>,
    depth: usize,
    /// Whether what is selected from next is the list of the data.
    one_node: bool,
    reading: &'q mut Reading,
}

impl Parser<'_> {
    /// One opening bracket or parenthesis deeper.
    fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > limits::FILTER_NESTING { Err(QueryError::Nesting) } else { Ok(()) }
    }

    fn leave(&mut self, close: &str) -> Parsed<()> {
        self.cursor.blank();
        self.depth -= 1;
        self.cursor.expect(close)
    }

    fn segments(&mut self) -> Parsed<Vec<Segment>> {
        let mut segments = Vec::new();
        loop {
            let before = self.cursor.at;
            self.cursor.blank();
            let descends = self.cursor.skip("..");
            let dotted = descends || self.cursor.skip(".");
            let selectors = match self.cursor.peek() {
                Some('[') if descends || !dotted => self.brackets()?,
                Some('*') if dotted => {
                    self.cursor.at += 1;
                    self.reading.grows = true;
                    vec![Selector::Every]
                }
                Some(_) if dotted => vec![Selector::Name(self.cursor.shorthand()?)],
                None if dotted => return Err(self.cursor.wrong()),
                _ => {
                    self.cursor.at = before;
                    return Ok(segments);
                }
            };
            self.reading.parts += 1 + selectors.len() as u64;
            self.reading.grows |= descends || selectors.len() > 1;
            self.one_node = false;
            segments.push(Segment { descends, selectors });
        }
    }

    fn brackets(&mut self) -> Parsed<Vec<Selector>> {
        self.cursor.expect("[")?;
        self.enter()?;
        let mut selectors = Vec::new();
        loop {
            self.cursor.blank();
            selectors.push(self.selector()?);
            self.cursor.blank();
            if !self.cursor.skip(",") {
                self.leave("]")?;
                return Ok(selectors);
            }
        }
    }

    fn selector(&mut self) -> Parsed<Selector> {
        match self.cursor.peek() {
            Some('\'' | '"') => Ok(Selector::Name(self.cursor.string()?.into())),
            Some('*') => {
                self.cursor.at += 1;
                self.reading.grows = true;
                Ok(Selector::Every)
            }
            Some('?') => {
                self.cursor.at += 1;
                self.reading.grows |= !std::mem::take(&mut self.one_node);
                Ok(Selector::Filter(self.any()?))
            }
            _ => {
                let start = self.cursor.integer()?;
                self.cursor.blank();
                if !self.cursor.skip(":") {
                    return start.map(Selector::Index).ok_or(self.cursor.wrong());
                }
                self.reading.grows = true;
                self.cursor.blank();
                let end = self.cursor.integer()?;
                self.cursor.blank();
                let mut step = None;
                if self.cursor.skip(":") {
                    self.cursor.blank();
                    step = self.cursor.integer()?;
                }
                Ok(Selector::Slice { start, end, step: step.unwrap_or(1) })
            }
        }
    }

    fn any(&mut self) -> Parsed<Test> {
        self.joined("||", Test::Any, Self::all)
    }

    fn all(&mut self) -> Parsed<Test> {
        self.joined("&&", Test::All, Self::basic)
    }

    fn joined(
        &mut self,
        by: &str,
        all: fn(Vec<Test>) -> Test,
        part: fn(&mut Self) -> Parsed<Test>,
    ) -> Parsed<Test> {
        let mut tests = Vec::new();
        loop {
            self.cursor.blank();
            tests.push(part(self)?);
            let before = self.cursor.at;
            self.cursor.blank();
            if !self.cursor.skip(by) {
                self.cursor.at = before;
                break;
            }
        }
        Ok(if tests.len() == 1 { tests.remove(0) } else { all(tests) })
    }

    fn basic(&mut self) -> Parsed<Test> {
        self.reading.parts += 1;
        if self.cursor.skip("!") {
            self.cursor.blank();
            let before = self.cursor.at;
            // Not read on, so that a row of them does not nest.
            if self.cursor.peek() == Some('!') {
                return Err(self.cursor.wrong());
            }
            return match self.basic()? {
                Test::Compare(..) => Err(QueryError::Syntax(before)),
                test => Ok(Test::Not(Box::new(test))),
            };
        }
        if self.cursor.skip("(") {
            self.enter()?;
            let test = self.any()?;
            self.leave(")")?;
            // As a group, so that `!(a == b)` is distinguished from `!a == b`.
            return Ok(Test::All(vec![test]));
        }
        for (name, whole) in [("match(", true), ("search(", false)] {
            if self.cursor.skip(name) {
                return self.matches(whole);
            }
        }
        if self.cursor.peek().is_some_and(|c| matches!(c, '@' | '$')) {
            let query = self.query()?;
            return match self.comparison() {
                None => Ok(Test::Exists(query)),
                Some(comparison) => {
                    let left = self.node(query)?;
                    self.compared(left, comparison)
                }
            };
        }
        let left = self.operand()?;
        let comparison = self.comparison().ok_or(self.cursor.wrong())?;
        self.compared(left, comparison)
    }

    fn compared(&mut self, left: Operand, comparison: Comparison) -> Parsed<Test> {
        self.cursor.blank();
        let right = self.operand()?;
        if !matches!(left, Operand::Literal(_)) && !matches!(right, Operand::Literal(_)) {
            self.reading.grows = true;
        }
        Ok(Test::Compare(left, comparison, right))
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let before = self.cursor.at;
        self.cursor.blank();
        let all = [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let found = all.into_iter().find(|(sign, _)| self.cursor.rest().starts_with(sign));
        self.cursor.at = found.map_or(before, |(sign, _)| self.cursor.at + sign.len());
        found.map(|(_, comparison)| comparison)
    }

    fn query(&mut self) -> Parsed<Query> {
        let absolute = self.cursor.next()? == '$';
        self.one_node = false;
        Ok(Query { absolute, segments: self.segments()? })
    }

    fn node(&self, query: Query) -> Parsed<Operand> {
        if query.is_singular() { Ok(Operand::Node(query)) } else { Err(QueryError::Several(self.cursor.at)) }
    }

    fn operand(&mut self) -> Parsed<Operand> {
        self.reading.parts += 1;
        match self.cursor.peek() {
            Some('@' | '$') => {
                let query = self.query()?;
                self.node(query)
            }
            Some('\'' | '"') => Ok(Operand::Literal(Exact::String(self.cursor.string()?))),
            Some('-' | '0'..='9') => self.cursor.number().map(Operand::Literal),
            _ if self.cursor.skip("true") => Ok(Operand::Literal(Exact::Bool(true))),
            _ if self.cursor.skip("false") => Ok(Operand::Literal(Exact::Bool(false))),
            _ if self.cursor.skip("null") => Ok(Operand::Literal(Exact::Null)),
            _ if self.cursor.skip("length(") => {
                let of = self.argument(Self::operand)?;
                Ok(Operand::Length(Box::new(of)))
            }
            _ if self.cursor.skip("count(") => self.argument(Self::nodes).map(Operand::Count),
            _ if self.cursor.skip("value(") => self.argument(Self::nodes).map(Operand::Only),
            _ => Err(self.cursor.wrong()),
        }
    }

    fn nodes(&mut self) -> Parsed<Query> {
        if self.cursor.peek().is_some_and(|c| matches!(c, '@' | '$')) {
            self.query()
        } else {
            Err(self.cursor.wrong())
        }
    }

    fn argument<T>(&mut self, read: fn(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.reading.grows = true;
        self.enter()?;
        self.cursor.blank();
        let argument = read(self)?;
        self.leave(")")?;
        Ok(argument)
    }

    fn matches(&mut self, whole: bool) -> Parsed<Test> {
        self.reading.grows = true;
        self.enter()?;
        self.cursor.blank();
        let text = self.operand()?;
        self.cursor.blank();
        self.cursor.expect(",")?;
        self.cursor.blank();
        if !self.cursor.peek().is_some_and(|c| matches!(c, '\'' | '"')) {
            return Err(QueryError::PatternLiteral);
        }
        let pattern = self.cursor.string()?;
        let room = limits::FILTER_PATTERNS_BYTES.saturating_sub(self.reading.pattern_bytes);
        let pattern = match Pattern::compile(&pattern, whole, room) {
            Ok(pattern) => {
                self.reading.pattern_bytes += pattern.memory();
                self.reading.pattern_steps += pattern.price(1 << 10);
                Some(pattern)
            }
            Err(_) if self.reading.lenient => None,
            Err(PatternError::Size) => return Err(QueryError::PatternSize),
            Err(PatternError::Syntax) => return Err(QueryError::Pattern(self.cursor.at)),
        };
        self.leave(")")?;
        Ok(Test::Matches(text, pattern))
    }
}
