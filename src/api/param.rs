//! Query parameters and headers of routes: their names, what they are for, and what may stand in them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::display_json::DisplayJson;
use super::words::{OneOf, Words};
use crate::domain::time::Timestamp;
use crate::limits;

/// A type's JSON Schema in a description.
pub type Described = fn(&mut SchemaGenerator) -> Schema;

/// A query parameter of a route, or a header.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// The JSON Schema of its value.
    pub described: Described,
    /// Whether every answer has it that may, if it is a header of answers.
    pub always: bool,
}

impl Param {
    /// One that is a `T`.
    pub const fn of<T: JsonSchema>(name: &'static str, about: &'static str) -> Self {
        Self { name, about, described: SchemaGenerator::subschema_for::<T>, always: false }
    }

    /// One that is a text.
    pub const fn text(name: &'static str, about: &'static str) -> Self {
        Self::of::<String>(name, about)
    }

    /// One that is a point in time.
    pub const fn time(name: &'static str, about: &'static str) -> Self {
        Self::of::<DisplayJson<Timestamp>>(name, about)
    }

    /// One that is a word of a `T`.
    pub const fn word<T: Words>(name: &'static str, about: &'static str) -> Self {
        Self::of::<OneOf<T>>(name, about)
    }
}

/// A whole number of at least `LEAST` and at most `MOST`.
pub struct Whole<const LEAST: u64, const MOST: u64>;

impl<const LEAST: u64, const MOST: u64> JsonSchema for Whole<LEAST, MOST> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Whole{LEAST}To{MOST}").into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = json_schema!({"type": "integer", "minimum": LEAST});
        if MOST < u64::MAX {
            schema.insert("maximum".to_owned(), MOST.into());
        }
        schema
    }
}

/// Any whole number that is not negative.
pub type Count = Whole<0, { u64::MAX }>;

/// A text of 1 to `MOST` bytes, which are as many characters at most.
pub struct Short<const MOST: usize>;

impl<const MOST: usize> JsonSchema for Short<MOST> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Short{MOST}").into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "minLength": 1, "maxLength": MOST})
    }
}

/// An event's type, or a pattern: the beginning of one with `.*` after it.
pub type Pattern = Short<{ limits::EVENT_TYPE_BYTES + ".*".len() }>;

/// A caller's own name for something.
pub type OwnKey = Short<{ limits::KEY_BYTES }>;

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// From the oldest, or the first by name.
    Ascending,
    /// From the newest, or the last by name.
    Descending,
}

impl Words for Order {
    const NAME: &'static str = "Order";
    const ALL: &'static [Self] = &[Self::Ascending, Self::Descending];
    fn word(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }
}
