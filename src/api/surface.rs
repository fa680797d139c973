//! What an API is besides its routes: each dialect has its own form of errors, and its clients' habits.

use http::StatusCode;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use crate::http::head::TargetBound;
use crate::http::problem::Problem;

/// An API with a form of its own.
pub struct Surface {
    /// What its paths begin with.
    pub prefixes: &'static [&'static str],
    /// Whether a slash at a path's end is passed over, since its clients send one.
    pub passes_over_slash: bool,
    /// Whether query parameters and members that are not known are passed over: the dialects' clients
    /// send more than is documented.
    pub is_lenient: bool,
    /// The query parameter that may hold the token.
    pub token_parameter: Option<&'static str>,
    /// What is said of a path with nothing at it: which there are.
    pub offers: &'static str,
    /// How long path and query may be, by the path.
    pub target_bound: fn(&str) -> TargetBound,
    /// The dialect's form of a problem, and its status there; `None`: problem details.
    pub error: Option<ErrorForm>,
}

/// A dialect's form of a problem.
pub struct ErrorForm {
    /// Writes a problem in this form, with its status there.
    pub write: fn(&Problem) -> (StatusCode, Value),
    /// The form's JSON Schema.
    pub described: fn(&mut SchemaGenerator) -> Schema,
}

impl Surface {
    /// Ringback's own, and everything that is not a dialect's.
    pub const NATIVE: Self = Self {
        prefixes: &[],
        passes_over_slash: false,
        is_lenient: false,
        token_parameter: None,
        offers: "/openapi.json lists all paths",
        target_bound: |_| TargetBound { bytes: crate::limits::REQUEST_TARGET_BYTES, remedy: None },
        error: None,
    };

    /// A dialect's, with what most of them have in common.
    #[must_use]
    pub const fn dialect(prefixes: &'static [&'static str]) -> Self {
        let offers = "/openapi.json?dialects=all lists all paths";
        Self { prefixes, is_lenient: true, offers, ..Self::NATIVE }
    }

    /// Whether it is the API of a path.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        let begins = |prefix: &&str| {
            path.strip_prefix(*prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.prefixes.iter().any(begins)
    }

    /// The path as it is looked up.
    #[must_use]
    pub fn path<'a>(&self, path: &'a str) -> &'a str {
        if self.passes_over_slash { path.strip_suffix('/').unwrap_or(path) } else { path }
    }
}
