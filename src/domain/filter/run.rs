//! Running queries on data, step by step: each node looked at, each part of a query tried on it, each
//! comparison inside two values and each few bytes of text cost one step. A run ends when its steps are
//! used up, so what it takes is bounded whatever the query and the data. A step takes some ten nanoseconds.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow::{self, Break, Continue};

use super::query::{Operand, Query, Segment, Selector, Test};
use super::runner::{Run, Runner, Stopped};
use crate::domain::json::Exact;

type Found<'f, 'a> = dyn FnMut(&mut Runner<'a>, &'a Exact) -> Run<ControlFlow<()>> + 'f;

impl<'a> Runner<'a> {
    /// Gives each node of a query to `found`, until that breaks off.
    pub(super) fn nodes(
        &mut self,
        query: &'a Query,
        current: &'a Exact,
        found: &mut Found<'_, 'a>,
    ) -> Run<ControlFlow<()>> {
        self.walk(&query.segments, if query.absolute { self.root } else { current }, found)
    }

    // Each call but the last goes one level down in the data, so they nest as deep as that does.
    fn walk(
        &mut self,
        segments: &'a [Segment],
        node: &'a Exact,
        found: &mut Found<'_, 'a>,
    ) -> Run<ControlFlow<()>> {
        let Some((segment, rest)) = segments.split_first() else { return found(self, node) };
        for selector in &segment.selectors {
            self.spend(1)?;
            if self.select(selector, rest, node, found)?.is_break() {
                return Ok(Break(()));
            }
        }
        if segment.descends {
            for child in children(node) {
                self.spend(1)?;
                if self.walk(segments, child, found)?.is_break() {
                    return Ok(Break(()));
                }
            }
        }
        Ok(Continue(()))
    }

    fn select(
        &mut self,
        selector: &'a Selector,
        rest: &'a [Segment],
        node: &'a Exact,
        found: &mut Found<'_, 'a>,
    ) -> Run<ControlFlow<()>> {
        match selector {
            Selector::Name(name) => match self.member(node, name)? {
                Some(child) => self.walk(rest, child, found),
                None => Ok(Continue(())),
            },
            Selector::Index(index) => match element(node, *index) {
                Some(child) => self.walk(rest, child, found),
                None => Ok(Continue(())),
            },
            Selector::Every => self.each(children(node), None, rest, found),
            Selector::Filter(test) => self.each(children(node), Some(test), rest, found),
            Selector::Slice { start, end, step } => {
                let elements = node.as_array().unwrap_or_default();
                let (from, to) = bounds(*start, *end, *step, elements.len());
                let by = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX).max(1);
                let range = elements.get(from..to.max(from)).unwrap_or_default();
                if *step > 0 {
                    self.each(range.iter().step_by(by), None, rest, found)
                } else {
                    self.each(range.iter().rev().step_by(by), None, rest, found)
                }
            }
        }
    }

    fn each(
        &mut self,
        nodes: impl Iterator<Item = &'a Exact>,
        test: Option<&'a Test>,
        rest: &'a [Segment],
        found: &mut Found<'_, 'a>,
    ) -> Run<ControlFlow<()>> {
        for node in nodes {
            self.spend(1)?;
            let wanted = match test {
                Some(test) => self.test(test, node)?,
                None => true,
            };
            if wanted && self.walk(rest, node, found)?.is_break() {
                return Ok(Break(()));
            }
        }
        Ok(Continue(()))
    }

    pub(super) fn member(&mut self, node: &'a Exact, name: &str) -> Run<Option<&'a Exact>> {
        let Some(members) = node.as_object() else { return Ok(None) };
        self.spend_lookup(members.len(), name)?;
        Ok(members.get(name))
    }

    fn test(&mut self, test: &'a Test, current: &'a Exact) -> Run<bool> {
        self.spend(1)?;
        match test {
            Test::Any(tests) => {
                for test in tests {
                    if self.test(test, current)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Test::All(tests) => {
                for test in tests {
                    if !self.test(test, current)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Test::Not(test) => Ok(!self.test(test, current)?),
            Test::Exists(query) => Ok(self.nodes(query, current, &mut |_, _| Ok(Break(())))?.is_break()),
            Test::Compare(left, comparison, right) => {
                let left = self.value(left, current)?;
                let right = self.value(right, current)?;
                self.compare(left.as_deref(), *comparison, right.as_deref())
            }
            Test::Matches(text, pattern) => {
                let text = self.value(text, current)?;
                let Some(text) = text.as_deref().and_then(Exact::as_str) else { return Ok(false) };
                let pattern = pattern.as_ref().ok_or(Stopped::Pattern)?;
                self.spend(pattern.price(text.len()))?;
                Ok(pattern.is_match(text))
            }
        }
    }

    fn value(&mut self, operand: &'a Operand, current: &'a Exact) -> Run<Option<Cow<'a, Exact>>> {
        self.spend(1)?;
        Ok(match operand {
            Operand::Literal(value) => Some(Cow::Borrowed(value)),
            Operand::Node(query) | Operand::Only(query) => self.only(query, current)?.map(Cow::Borrowed),
            Operand::Count(query) => {
                let mut count = 0_usize;
                let _ = self.nodes(query, current, &mut |_, _| {
                    count += 1;
                    Ok(Continue(()))
                })?;
                Some(Cow::Owned(count.into()))
            }
            Operand::Length(of) => {
                let of = self.value(of, current)?;
                let length = match of.as_deref() {
                    Some(Exact::String(text)) => {
                        self.spend_text(text.len())?;
                        Some(text.chars().count())
                    }
                    Some(Exact::Array(elements)) => Some(elements.len()),
                    Some(Exact::Object(members)) => Some(members.len()),
                    _ => None,
                };
                length.map(|length| Cow::Owned(length.into()))
            }
        })
    }

    /// The node of a query that gives just one.
    fn only(&mut self, query: &'a Query, current: &'a Exact) -> Run<Option<&'a Exact>> {
        let (mut first, mut several) = (None, false);
        let _ = self.nodes(query, current, &mut |_, node| {
            several = first.replace(node).is_some();
            Ok(if several { Break(()) } else { Continue(()) })
        })?;
        Ok(first.filter(|_| !several))
    }
}

/// The elements of a list, or the values of an object's members.
fn children(node: &Exact) -> impl Iterator<Item = &Exact> {
    let elements = node.as_array().into_iter().flatten();
    elements.chain(node.as_object().into_iter().flat_map(BTreeMap::values))
}

/// An element by its number; negative ones count from the end.
fn element(node: &Exact, index: i64) -> Option<&Exact> {
    let elements = node.as_array()?;
    let from_end = usize::try_from(index.unsigned_abs()).ok()?;
    let at = if index < 0 { elements.len().checked_sub(from_end)? } else { from_end };
    elements.get(at)
}

/// The part of a list that a slice takes its steps in: for a negative step, from the end of it.
fn bounds(start: Option<i64>, end: Option<i64>, step: i64, len: usize) -> (usize, usize) {
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    let from_start = |at: i64| if at < 0 { len.saturating_add(at) } else { at };
    let (low, high) = match step {
        0 => (0, 0),
        1.. => (from_start(start.unwrap_or(0)).clamp(0, len), from_start(end.unwrap_or(len)).clamp(0, len)),
        // From `start` down to what comes after `end`.
        _ => (
            end.map_or(0, |end| from_start(end).clamp(-1, len - 1) + 1),
            from_start(start.unwrap_or(len - 1)).clamp(-1, len - 1) + 1,
        ),
    };
    (usize::try_from(low).unwrap_or(0), usize::try_from(high).unwrap_or(0))
}
