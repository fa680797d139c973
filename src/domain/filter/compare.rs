//! Comparing values, step by step.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::query::Comparison;
use super::run::{Run, Runner};

impl Runner<'_> {
    pub(super) fn compare(
        &mut self,
        a: Option<&Value>,
        comparison: Comparison,
        b: Option<&Value>,
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

    fn equal(&mut self, a: Option<&Value>, b: Option<&Value>) -> Run<bool> {
        match (a, b) {
            (None, None) => Ok(true),
            (Some(a), Some(b)) => self.same(a, b),
            _ => Ok(false),
        }
    }

    fn less(&mut self, a: Option<&Value>, b: Option<&Value>) -> Run<bool> {
        match (a, b) {
            (Some(Value::Number(a)), Some(Value::Number(b))) => Ok(order(a, b) == Some(Ordering::Less)),
            (Some(Value::String(a)), Some(Value::String(b))) => {
                self.spend_text(a.len().min(b.len()))?;
                Ok(a < b)
            }
            _ => Ok(false),
        }
    }

    /// Equality in which 1 is 1.0.
    pub(super) fn same(&mut self, a: &Value, b: &Value) -> Run<bool> {
        self.spend(1)?;
        match (a, b) {
            (Value::Number(a), Value::Number(b)) => Ok(order(a, b) == Some(Ordering::Equal)),
            (Value::String(a), Value::String(b)) if a.len() == b.len() => {
                self.spend_text(a.len())?;
                Ok(a == b)
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                for (a, b) in a.iter().zip(b) {
                    if !self.same(a, b)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
                for (name, a) in a {
                    self.spend_lookup(b.len(), name)?;
                    let Some(b) = b.get(name) else { return Ok(false) };
                    if !self.same(a, b)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
            (Value::Null, Value::Null) => Ok(true),
            _ => Ok(false),
        }
    }
}

/// How two numbers stand to each other: whole ones exactly, others as doubles.
fn order(a: &Number, b: &Number) -> Option<Ordering> {
    match (a.as_i128(), b.as_i128()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}
