//! The price of a JSONPath query, from its text: evaluation cannot be interrupted, so a query that
//! could take more than a few passes over the data is refused before it is compiled.
//!
//! - Each step that visits many nodes (`*`, `?`, `:`, `..`, a second selector in one bracket) is a
//!   pass over the data in the worst case; a filter may have a few in all.
//! - `..` twice visits nodes once per level; unions in a row multiply. Both are bounded apart.
//! - `$` inside a filter would make every element visit the whole document.
//! - `match` and `search` compile their pattern anew for each element, so they may only stand in
//!   the outermost filter of a query, which has one element: the data. Their pattern is a literal.

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
    #[error("brackets and parentheses may nest {} deep at most", limits::FILTER_NESTING)]
    Nesting,
    /// Too many steps that visit many nodes.
    #[error(
        "a filter may hold {} of \"*\", \"?\", \":\", \"..\" and \",\" between selectors at most; match() and search() count as {}",
        limits::FILTER_PASSES,
        limits::FILTER_PATTERN_PASSES
    )]
    Passes,
    /// `..` twice.
    #[error("a filter may hold one \"..\" at most")]
    Descents,
    /// Too many selectors in brackets.
    #[error(
        "a filter may hold {} \",\" between selectors at most; join comparisons with \"||\"",
        limits::FILTER_UNIONS
    )]
    Unions,
    /// `$` after the start.
    #[error("\"$\" may only begin a query; inside a filter use \"@\"")]
    Root,
    /// `match` or `search` where it would run many times.
    #[error(
        "match() and search() may only stand in the first brackets of a query that is a whole filter: \"$[?match(@.name, 'A.*')]\""
    )]
    RegexPlace,
    /// A pattern that is not a literal, or is too costly.
    #[error(
        "the pattern of match() and search() must be a quoted string of {} bytes at most, without flags or \\u; counts in braces follow no group and add up to {} at most",
        limits::FILTER_PATTERN_BYTES,
        limits::FILTER_PATTERN_COPIES
    )]
    Pattern,
}

/// What the queries of one filter have cost so far.
#[derive(Default)]
pub(super) struct Budget {
    passes: usize,
    descents: usize,
    unions: usize,
}

/// What an open bracket or parenthesis holds.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    /// `[`: selectors. `first`: directly after the leading `$`.
    Selectors { first: bool },
    /// `(`: a group, or a function's arguments.
    Group,
    /// `(` of `match` or `search`.
    Regex,
}

impl Budget {
    /// Pays for a query on a list that holds just the data.
    pub(super) fn spend_on_list(&mut self, query: &str) -> Result<(), QueryError> {
        self.spend(query, true)
    }

    /// Pays for a query on the data.
    pub(super) fn spend_on_data(&mut self, query: &str) -> Result<(), QueryError> {
        self.spend(query, false)
    }

    fn spend(&mut self, query: &str, on_list: bool) -> Result<(), QueryError> {
        if query.len() > limits::FILTER_QUERY_BYTES {
            return Err(QueryError::Length);
        }
        let mut open: Vec<Open> = Vec::new();
        let mut chars = query.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let before = query.get(..at).unwrap_or_default();
            let after = query.get(at + c.len_utf8()..).unwrap_or_default();
            match c {
                '\'' | '"' => {
                    let end = at + 1 + quoted(after, c).len();
                    while chars.next_if(|&(i, _)| i <= end).is_some() {}
                }
                '[' | '(' => {
                    let opened = opened(c, before, on_list, &open)?;
                    if opened == Open::Regex {
                        self.passes += limits::FILTER_PATTERN_PASSES;
                    }
                    open.push(opened);
                    if open.len() > limits::FILTER_NESTING {
                        return Err(QueryError::Nesting);
                    }
                }
                ']' | ')' => {
                    open.pop();
                }
                '$' if at > 0 => return Err(QueryError::Root),
                ',' if open.last() == Some(&Open::Regex) => check_pattern(after)?,
                ',' if open.last() == Some(&Open::Group) => {}
                ',' => {
                    self.unions += 1;
                    self.passes += 1;
                }
                '.' if chars.next_if(|&(_, next)| next == '.').is_some() => {
                    self.descents += 1;
                    self.passes += 1;
                }
                '*' | '?' | ':' => self.passes += 1,
                _ => {}
            }
        }
        self.check()
    }

    fn check(&self) -> Result<(), QueryError> {
        if self.descents > 1 {
            Err(QueryError::Descents)
        } else if self.unions > limits::FILTER_UNIONS {
            Err(QueryError::Unions)
        } else if self.passes > limits::FILTER_PASSES {
            Err(QueryError::Passes)
        } else {
            Ok(())
        }
    }
}

/// The text up to the quote that ends it.
fn quoted(rest: &str, quote: char) -> &str {
    let mut escaped = false;
    let end = rest.find(|c| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}

fn opened(c: char, before: &str, on_list: bool, open: &[Open]) -> Result<Open, QueryError> {
    let before = before.trim_end();
    if c == '[' {
        return Ok(Open::Selectors { first: before == "$" });
    }
    if !before.ends_with("match") && !before.ends_with("search") {
        return Ok(Open::Group);
    }
    let mut brackets = open.iter().filter(|open| matches!(open, Open::Selectors { .. }));
    let alone = brackets.next() == Some(&Open::Selectors { first: true }) && brackets.next().is_none();
    if on_list && alone { Ok(Open::Regex) } else { Err(QueryError::RegexPlace) }
}

/// Bounds what compiling and running a pattern costs; `argument` is what follows the comma. A count
/// (`{40}`) copies what it follows, so counts may not nest; flags and escapes that could hide one
/// are refused with them.
fn check_pattern(argument: &str) -> Result<(), QueryError> {
    let argument = argument.trim_start();
    let quote = argument.chars().next().filter(|c| matches!(c, '\'' | '"')).ok_or(QueryError::Pattern)?;
    let pattern = quoted(argument.get(1..).unwrap_or_default(), quote);
    let counts = || pattern.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let hides = ["){", "}{", "\\u"].iter().any(|hidden| pattern.contains(hidden))
        || counts().any(|count| count.contains('\\'))
        || pattern.split("(?").skip(1).any(|rest| !rest.starts_with(':'));
    let copies = counts().flat_map(|count| count.split(',')).filter_map(|n| n.trim().parse::<usize>().ok());
    let copies = copies.fold(0, usize::saturating_add);
    if hides || pattern.len() > limits::FILTER_PATTERN_BYTES || copies > limits::FILTER_PATTERN_COPIES {
        return Err(QueryError::Pattern);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_list(query: &str) -> Result<(), QueryError> {
        Budget::default().spend_on_list(query)
    }

    #[test]
    fn queries_that_outgrow_the_data_are_refused() {
        for (query, why) in [
            ("$..a..b", QueryError::Descents),
            ("$[?@..a && @..b]", QueryError::Descents),
            ("$[0,0][0,0][0,0][0,0]", QueryError::Unions),
            ("$[*][*][*][*][*][*][*][*][*]", QueryError::Passes),
            ("$[?@.a == $.b]", QueryError::Root),
            ("$[?(((((((( @.a ))))))))]", QueryError::Nesting),
            (&format!("$.{}", "a".repeat(1023)), QueryError::Length),
        ] {
            assert_eq!(on_list(query), Err(why), "{query}");
        }
    }

    #[test]
    fn quoted_text_costs_nothing() {
        let free = r#"$['..[[[[[[[[[,,,,$*?:']["\"]['\'..$..'].a"#;
        assert_eq!(on_list(free), Ok(()));
        assert_eq!(on_list(r"$['\\'].a..b..c"), Err(QueryError::Descents));
        assert_eq!(on_list("$['never closed.."), Ok(()), "the parser refuses it");
    }

    #[test]
    fn one_budget_serves_all_queries_of_a_filter() {
        let mut budget = Budget::default();
        assert_eq!(budget.spend_on_data("$..a"), Ok(()));
        assert_eq!(budget.spend_on_data("$..b"), Err(QueryError::Descents));
    }

    #[test]
    fn patterns_run_once_per_event_and_are_literals() {
        for query in [
            "$[?match(@.a, 'x{8}-[0-9a-f]{4}')]",
            "$[?@.b && (search( @.a , \"(?:a|b)\" ))]",
            "$[?match(@.a, 'x') || length(@.b) == 2]",
        ] {
            assert_eq!(on_list(query), Ok(()), "{query}");
        }
        for query in ["$[?@.b[?match(@.a, 'x')]]", "$[0][?match(@.a, 'x')]", "$..[?search(@, 'x')]"] {
            assert_eq!(on_list(query), Err(QueryError::RegexPlace), "{query}");
        }
        let on_data = Budget::default().spend_on_data("$[?match(@.a, 'x')]");
        assert_eq!(on_data, Err(QueryError::RegexPlace));
        for pattern in [
            "@.b",
            "value(@.b)",
            "'x{99}'",
            "'x{ 99 }'",
            r"'x{\t99}'",
            r"'x\u007b99}'",
            "'(x{9}){9}'",
            "'x{9}{9}'",
            "'(?x)x{9} {9}'",
        ] {
            let query = format!("$[?match(@.a, {pattern})]");
            assert_eq!(on_list(&query), Err(QueryError::Pattern), "{query}");
        }
        let three = "$[?match(@.a,'x') || match(@.a,'y') || match(@.a,'z')]";
        assert_eq!(on_list(three), Err(QueryError::Passes));
    }
}
