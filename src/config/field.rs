//! One setting as the row of its key reads it.

use super::reader::{Parse, Section};

/// One setting of a table, about to be read.
pub(super) struct Field<'s, 'p> {
    table: &'s mut Section<'p>,
    name: &'static str,
    /// Where it was written.
    origin: String,
}

impl<'s, 'p> Field<'s, 'p> {
    /// The setting `name` of a table.
    pub(super) fn of(table: &'s mut Section<'p>, name: &'static str) -> Self {
        let origin = table.origin(name);
        Self { table, name, origin }
    }

    /// It, if it was written and can be read.
    pub(super) fn optional<T>(&mut self, parse: Parse<T>) -> Option<T> {
        self.table.optional(self.name, parse)
    }

    /// It or its default.
    pub(super) fn take<T>(&mut self, default: T, parse: Parse<T>) -> T {
        self.table.take(self.name, default, parse)
    }

    /// A number within bounds, or its default.
    pub(super) fn bounded<T>(&mut self, default: T, bounds: (T, T), parse: Parse<T>) -> T
    where
        T: PartialOrd + std::fmt::Display,
    {
        self.table.bounded(self.name, default, bounds, parse)
    }

    /// A list, if it was written; a text is a list separated by commas.
    pub(super) fn list<T>(&mut self, parse: Parse<T>) -> Option<Vec<T>> {
        self.table.list(self.name, parse)
    }

    /// The table it is in.
    pub(super) fn table(&mut self) -> &mut Section<'p> {
        self.table
    }

    /// Notes that what was read cannot be used.
    pub(super) fn refuse(&mut self, detail: &str) {
        self.table.refuse_at(self.origin.clone(), self.name, detail);
    }
}
