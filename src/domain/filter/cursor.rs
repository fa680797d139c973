//! The words of a JSONPath query: names, numbers and quoted strings.

use serde::de::IgnoredAny;

use super::query::QueryError;
use crate::domain::json::{Decimal, Exact};

pub(super) type Parsed<T> = Result<T, QueryError>;

/// A query, and how far it is read.
pub(super) struct Cursor<'q> {
    pub(super) text: &'q str,
    pub(super) at: usize,
}

impl Cursor<'_> {
    pub(super) fn wrong(&self) -> QueryError {
        QueryError::Syntax(self.at)
    }

    pub(super) fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Parsed<char> {
        let c = self.peek().ok_or(self.wrong())?;
        self.at += c.len_utf8();
        Ok(c)
    }

    pub(super) fn skip(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    pub(super) fn expect(&mut self, text: &str) -> Parsed<()> {
        if self.skip(text) { Ok(()) } else { Err(self.wrong()) }
    }

    pub(super) fn blank(&mut self) {
        while self.peek().is_some_and(|c| matches!(c, ' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    pub(super) fn shorthand(&mut self) -> Parsed<Box<str>> {
        let first = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
        let rest = self.rest();
        if !rest.starts_with(first) {
            return Err(self.wrong());
        }
        let end = rest.find(|c: char| !first(c) && !c.is_ascii_digit()).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default().into();
        self.at += end;
        Ok(name)
    }

    /// An integer, if there is one: none with leading zeros, and none beyond what a double holds.
    pub(super) fn integer(&mut self) -> Parsed<Option<i64>> {
        let rest = self.rest();
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        let count = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let length = rest.len() - digits.len() + count;
        let text = rest.get(..length).unwrap_or_default();
        if text.is_empty() {
            return Ok(None);
        }
        let leading = text == "-0" || (count > 1 && digits.starts_with('0'));
        let number = text.parse::<i64>().ok().filter(|n| n.unsigned_abs() < 1 << 53 && !leading);
        self.at += length;
        number.map(Some).ok_or(QueryError::Syntax(self.at - length))
    }

    pub(super) fn number(&mut self) -> Parsed<Exact> {
        let rest = self.rest();
        let end = rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'));
        let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
        let number = Decimal::read(text).filter(|_| is_json).ok_or(self.wrong())?;
        self.at += text.len();
        Ok(Exact::Number(number))
    }

    pub(super) fn string(&mut self) -> Parsed<String> {
        let quote = self.next()?;
        let mut text = String::new();
        loop {
            let at = self.at;
            match self.next()? {
                c if c == quote => return Ok(text),
                '\\' => text.push(self.escaped(quote)?),
                c if c < ' ' => return Err(QueryError::Syntax(at)),
                c => text.push(c),
            }
        }
    }

    fn escaped(&mut self, quote: char) -> Parsed<char> {
        let at = self.at;
        Ok(match self.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            c @ ('/' | '\\') => c,
            c if c == quote => c,
            'u' => {
                let unit = self.unit()?;
                let high = (0xd800..0xdc00).contains(&unit);
                let low = if high && self.skip("\\u") { Some(self.unit()?) } else { None };
                let pair = std::iter::once(unit).chain(low);
                let mut decoded = char::decode_utf16(pair);
                match (decoded.next(), decoded.next()) {
                    (Some(Ok(c)), None) => c,
                    _ => return Err(QueryError::Syntax(at)),
                }
            }
            _ => return Err(QueryError::Syntax(at)),
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Parsed<u16> {
        let digits = self.rest().get(..4).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()).ok_or(self.wrong())?;
        self.at += 4;
        Ok(unit)
    }
}
