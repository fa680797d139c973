//! Comparing values, step by step.

use super::pattern::BYTES_PER_STEP;
use super::query::Comparison;
use super::runner::{Run, Runner};
use crate::domain::json::{Decimal, Exact};

impl Runner<'_> {
    pub(super) fn compare(
        &mut self,
        a: Option<&Exact>,
        comparison: Comparison,
        b: Option<&Exact>,
    ) -> Run<bool> {
        Ok(match comparison {
            Comparison::Equal => self.equal(a, b)?,
            Comparison::NotEqual => !self.equal(a, b)?,
            Comparison::Less => self.less(a, b)?,
            Comparison::Greater => self.less(b, a)?,
            Comparison::LessOrEqual => self.less(a, b)? || self.equal(a, b)?,
            Comparison::GreaterOrEqual => self.less(b, a)? || self.equal(a, b)?,
        })
    }

    fn equal(&mut self, a: Option<&Exact>, b: Option<&Exact>) -> Run<bool> {
        match (a, b) {
            (None, None) => Ok(true),
            (Some(a), Some(b)) => self.same(a, b),
            _ => Ok(false),
        }
    }

    /// What comparing two numbers costs that have more digits than most.
    fn spend_digits(&mut self, a: &Decimal, b: &Decimal) -> Run<()> {
        self.spend((a.digits().min(b.digits()) / BYTES_PER_STEP) as u64)
    }

    fn less(&mut self, a: Option<&Exact>, b: Option<&Exact>) -> Run<bool> {
        match (a, b) {
            (Some(Exact::Number(a)), Some(Exact::Number(b))) => {
                self.spend_digits(a, b)?;
                Ok(a < b)
            }
            (Some(Exact::String(a)), Some(Exact::String(b))) => {
                self.spend_text(a.len().min(b.len()))?;
                Ok(a < b)
            }
            _ => Ok(false),
        }
    }

    /// Equality in which 1 is 1.0.
    pub(super) fn same(&mut self, a: &Exact, b: &Exact) -> Run<bool> {
        self.spend(1)?;
        match (a, b) {
            (Exact::Number(a), Exact::Number(b)) => {
                self.spend_digits(a, b)?;
                Ok(a == b)
            }
            (Exact::String(a), Exact::String(b)) if a.len() == b.len() => {
                self.spend_text(a.len())?;
                Ok(a == b)
            }
            (Exact::Array(a), Exact::Array(b)) if a.len() == b.len() => {
                for (a, b) in a.iter().zip(b) {
                    if !self.same(a, b)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Exact::Object(a), Exact::Object(b)) if a.len() == b.len() => {
                for (name, a) in a {
                    self.spend_lookup(b.len(), name)?;
                    let Some(b) = b.get(name) else { return Ok(false) };
                    if !self.same(a, b)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Exact::Bool(a), Exact::Bool(b)) => Ok(a == b),
            (Exact::Null, Exact::Null) => Ok(true),
            _ => Ok(false),
        }
    }
}
