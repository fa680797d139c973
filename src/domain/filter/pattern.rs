//! Patterns of `match()` and `search()`: compiled once, when their filter is read, into as much memory as
//! a filter may take for them.

use regex_automata::Input;
use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures, pikevm::PikeVM};
use regex_automata::util::syntax;

use crate::limits;

/// Bytes of text that are compared or counted in one step.
pub(super) const BYTES_PER_STEP: usize = 32;

/// A compiled pattern.
pub(super) struct Pattern {
    machine: Machine,
    /// States of the pattern as it is written.
    states: u64,
}

/// What looks through texts. It looks at no byte more than once per state, whatever the pattern and the
/// text, and keeps nothing between two texts.
enum Machine {
    /// One look at each byte. Only patterns that give a small table have one.
    Table(Box<dense::DFA<Vec<u32>>>),
    /// One look at each byte for each state.
    States(Box<PikeVM>),
}

/// A pattern that is not one, or is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PatternError {
    Syntax,
    Size,
}

impl Pattern {
    /// Compiles a pattern, of at most `room` bytes; `whole` says whether it must match the whole text.
    pub(super) fn compile(pattern: &str, whole: bool, room: usize) -> Result<Self, PatternError> {
        if has_flags(pattern) {
            return Err(PatternError::Syntax);
        }
        let pattern = if whole { format!("^({pattern})$") } else { format!("({pattern})") };
        // "." is no end of a line, as RFC 9485 has it.
        let config = thompson::Config::new().nfa_size_limit(Some(room)).which_captures(WhichCaptures::None);
        let nfa = thompson::Compiler::new()
            .syntax(syntax::Config::new().crlf(true))
            .configure(config)
            .build(&pattern)
            .map_err(|error| error.size_limit().map_or(PatternError::Syntax, |_| PatternError::Size))?;
        if nfa.memory_usage() > room {
            return Err(PatternError::Size);
        }
        let states = nfa.states().len() as u64;
        let machine = match table(&nfa) {
            Some(table) => Machine::Table(Box::new(table)),
            None => Machine::States(Box::new(PikeVM::new_from_nfa(nfa).map_err(|_| PatternError::Size)?)),
        };
        Ok(Self { machine, states })
    }

    /// Bytes of memory it takes.
    pub(super) fn memory(&self) -> usize {
        match &self.machine {
            Machine::Table(table) => table.memory_usage(),
            Machine::States(states) => states.get_nfa().memory_usage(),
        }
    }

    /// Steps that looking through a text of so many bytes takes at most.
    pub(super) fn price(&self, bytes: usize) -> u64 {
        let bytes = bytes as u64 + 1;
        match &self.machine {
            Machine::Table(_) => 1 + bytes / (BYTES_PER_STEP as u64 / 4),
            Machine::States(_) => self.states.saturating_mul(bytes),
        }
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        let input = Input::new(text).earliest(true);
        match &self.machine {
            // It only fails where it was asked to give up on some bytes, which it was not.
            Machine::Table(table) => matches!(table.try_search_fwd(&input), Ok(Some(_))),
            Machine::States(states) => states.is_match(&mut states.create_cache(), input),
        }
    }
}

/// Whether a pattern has flags, which RFC 9485 knows none of: looking up the other case of each letter of a class
/// of Unicode takes long, before anything is compiled. Takes more for flags than are, in nested classes.
fn has_flags(pattern: &str) -> bool {
    let (mut in_class, mut rest) = (false, pattern);
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '\\' => rest = rest.get(rest.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default(),
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class && rest.starts_with('?') && !rest.starts_with("?:") => return true,
            _ => {}
        }
    }
    false
}

/// The table of a pattern, if it is small.
fn table(nfa: &NFA) -> Option<dense::DFA<Vec<u32>>> {
    let config = dense::Config::new()
        .start_kind(StartKind::Unanchored)
        .dfa_size_limit(Some(limits::FILTER_TABLE_BYTES))
        .determinize_size_limit(Some(limits::FILTER_TABLE_BYTES));
    dense::Builder::new().configure(config).build_from_nfa(nfa).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str, whole: bool) -> Pattern {
        Pattern::compile(text, whole, limits::FILTER_PATTERNS_BYTES).ok().unwrap()
    }

    #[test]
    fn both_machines_find_the_same() {
        let texts =
            ["", "a", "ab", "xaby", "a\nb", "a\rb", "é", "éa", "aé", "a b", "-", "ab\n", "aaaaaaaaaaaa"];
        for text in [
            "a",
            "ab?",
            "a.b",
            "[^a]",
            "é",
            ".",
            ".*",
            "^a",
            "b$",
            "a|b",
            r"\p{L}+",
            r"\ba",
            "(a|b){2,3}",
            "",
        ] {
            for whole in [true, false] {
                let mine = pattern(text, whole);
                let nfa = match &mine.machine {
                    Machine::States(states) => states.get_nfa().clone(),
                    Machine::Table(_) => {
                        let whole = if whole { format!("(?R)^({text})$") } else { format!("(?R)({text})") };
                        NFA::new(&whole).unwrap()
                    }
                };
                let other = PikeVM::new_from_nfa(nfa).unwrap();
                for data in texts {
                    let want = other.is_match(&mut other.create_cache(), data);
                    assert_eq!(mine.is_match(data), want, "{text} {whole} {data:?}");
                }
            }
        }
    }

    #[test]
    fn common_patterns_have_tables_and_large_ones_none() {
        for common in ["error", "A.*", "[0-9a-f]{8}-[0-9a-f]{4}", ".*@example\\.com", "(?:paid|refunded)"] {
            let pattern = pattern(common, false);
            assert!(matches!(pattern.machine, Machine::Table(_)), "{common}");
            assert!(pattern.memory() <= limits::FILTER_TABLE_BYTES);
            assert!(pattern.price(1 << 20) < limits::FILTER_STEPS / 4, "{common}");
        }
        for large in [r"\p{L}", "[ab]*a[ab]{20}c"] {
            let pattern = pattern(large, false);
            assert!(matches!(pattern.machine, Machine::States(_)), "{large}");
            assert!(pattern.memory() <= limits::FILTER_PATTERNS_BYTES && pattern.price(1000) > 20_000);
        }
        let refused = |text: &str| Pattern::compile(text, false, limits::FILTER_PATTERNS_BYTES).err();
        assert_eq!(refused(r"[\p{L}\p{N}]{40}"), Some(PatternError::Size));
        for no in ["(", "(?i)a", "(?x: a)", "a(?P<n>b)", r"\\(?i)\p{L}", "[^a]](?i)a"] {
            assert_eq!(refused(no), Some(PatternError::Syntax), "{no}");
        }
        for yes in ["(?:a)", r"\(?i", "[(?i)]", "[^(?i)]?"] {
            assert_eq!(refused(yes), None, "{yes}");
        }
    }
}
