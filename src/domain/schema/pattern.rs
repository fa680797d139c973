//! What a schema's regular expressions cost: what they take compiled, and how long they look at a text.

use std::collections::HashMap;

use regex_automata::dfa::{StartKind, dense};
use regex_automata::meta;
use regex_automata::nfa::thompson;

use super::units::TEXT_UNIT;
use crate::limits;

/// Searches of a pattern that leave what they remember: one for each of the engine's stacks of caches.
const CACHES: usize = 9;
/// An automaton that is this small when all its states are known is searched in one step for each byte.
const SMALL_BYTES: usize = 8 << 10;
/// What working that out may take.
const DETERMINIZE_BYTES: usize = 64 << 10;
/// A byte in a small automaton: a sixteenth of a step.
const SMALL_TEXT: u32 = TEXT_UNIT / 16;
/// A byte in one state of another: a quarter of a step, when every state is looked at.
const STATE_TEXT: u32 = TEXT_UNIT / 4;

/// The patterns of a schema, each looked at once.
#[derive(Debug, Default)]
pub(super) struct Patterns<'s> {
    known: HashMap<&'s str, u32>,
    text: usize,
    /// What they take in memory, about.
    pub(super) bytes: usize,
    /// Whether searching for one of them leaves memory behind that grows with the texts.
    pub(super) remembers: bool,
}

impl<'s> Patterns<'s> {
    /// What each byte of a text costs that a pattern is looked for in.
    ///
    /// # Errors
    /// Says why the pattern is not taken.
    pub(super) fn cost(&mut self, pattern: &'s str) -> Result<u32, String> {
        if let Some(cost) = self.known.get(pattern) {
            return Ok(*cost);
        }
        self.text += pattern.len();
        if pattern.len() > limits::SCHEMA_PATTERN_BYTES || self.text > limits::SCHEMA_PATTERNS_BYTES {
            return Err(format!(
                "is too long: a pattern may have {} bytes, and all patterns of a schema together {}",
                limits::SCHEMA_PATTERN_BYTES,
                limits::SCHEMA_PATTERNS_BYTES
            ));
        }
        let (cost, bytes) = measure(pattern)?;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > limits::SCHEMA_COMPILED_BYTES {
            return Err(large());
        }
        self.remembers |= cost > SMALL_TEXT;
        self.known.insert(pattern, cost);
        Ok(cost)
    }
}

fn large() -> String {
    "makes the schema's patterns too large to compile; use fewer patterns, smaller counts in braces or simpler \
     classes, and \"maxLength\" for a length"
        .to_owned()
}

/// What each byte of a text costs, and what the pattern takes in memory.
fn measure(pattern: &str) -> Result<(u32, usize), String> {
    let translated = jsonschema_regex::to_rust_regex(pattern)
        .map_err(|()| "is not a supported regular expression".to_owned())?;
    // Within the limit first, since what is made of it below is larger.
    let config = thompson::Config::new().nfa_size_limit(Some(limits::SCHEMA_NFA_BYTES));
    let nfa =
        thompson::Compiler::new().configure(config).build(&translated).map_err(|error| refused(&error))?;
    let config = meta::Config::new()
        .nfa_size_limit(Some(limits::SCHEMA_NFA_BYTES))
        .hybrid_cache_capacity(limits::SCHEMA_SEARCH_BYTES);
    let regex = meta::Builder::new().configure(config).build(&translated).map_err(|_| large())?;
    let small = dense::Builder::new()
        .configure(
            dense::Config::new()
                .start_kind(StartKind::Unanchored)
                .dfa_size_limit(Some(SMALL_BYTES))
                .determinize_size_limit(Some(DETERMINIZE_BYTES)),
        )
        .build_from_nfa(&nfa);
    let (cost, cache) = match small {
        Ok(dfa) => (SMALL_TEXT, dfa.memory_usage()),
        Err(_) => {
            let states = u32::try_from(nfa.states().len()).unwrap_or(u32::MAX);
            (states.saturating_mul(STATE_TEXT), limits::SCHEMA_SEARCH_BYTES)
        }
    };
    Ok((cost, regex.memory_usage() + nfa.memory_usage() + CACHES * cache))
}

fn refused(error: &thompson::BuildError) -> String {
    if error.size_limit().is_some() { large() } else { "is not a supported regular expression".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(pattern: &str) -> Result<(u32, usize), String> {
        measure(pattern)
    }

    #[test]
    fn common_patterns_cost_little() {
        for pattern in [
            "^[a-z0-9-]+$",
            "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
            "^\\d{4}-\\d{2}-\\d{2}$",
            "^https?://",
            "^(get|put|post)$",
        ] {
            let (text, bytes) = cost(pattern).unwrap();
            assert_eq!(text, SMALL_TEXT, "{pattern}");
            assert!(bytes < 256 << 10, "{pattern} takes {bytes}");
        }
    }

    #[test]
    fn patterns_that_grow_are_dear_or_refused() {
        for (pattern, remedy) in [
            ("(?:[\\p{L}\\p{N}]{10}){9}0", "smaller counts"),
            ("(?:[a-z]{1000}){100}", "smaller counts"),
            ("(?=x)", "not a supported regular expression"),
            ("(", "not a supported regular expression"),
        ] {
            let refused = cost(pattern).unwrap_err();
            assert!(refused.contains(remedy), "{pattern}: {refused}");
        }
        // It needs a state for each subset of the last places.
        let (text, _) = cost("(a|b)*a(a|b){20}").unwrap();
        assert!(text > 20 * STATE_TEXT, "{text}");
    }
}
