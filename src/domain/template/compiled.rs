//! A template that was read: its pieces, and where the values of its variables come from.

use crate::limits;

/// The root of what the event itself says, apart from its data.
pub(super) const GLOBALS: &str = "globals";

/// The root of the account's secrets.
pub(super) const SECRETS: &str = "secrets";

/// What [`GLOBALS`] holds: when the event was accepted, as RFC 3339 and as seconds.
pub(super) const DATE_ISO: &str = "dateISO";

/// See [`DATE_ISO`].
pub(super) const DATE_UNIX: &str = "dateUnix";

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Longer than the limit.
    #[error("may have at most {} bytes", limits::TEMPLATE_BYTES)]
    Length,
    /// More variables than the limit.
    #[error("may hold at most {} variables", limits::TEMPLATE_VARIABLES)]
    Variables,
    /// Nested too deep.
    #[error("may nest at most {} levels deep", limits::TEMPLATE_DEPTH)]
    Depth,
    /// Braces without the name of a variable between them.
    #[error(
        "{{{{ and }}}} must enclose a variable: up to {} names of letters, digits, _ and -, joined by dots",
        limits::TEMPLATE_PATH
    )]
    Variable,
    /// A variable that there is not.
    #[error(
        "there is no variable {{{{{name}}}}} here; they begin with {roots}, or are globals.dateISO and globals.dateUnix"
    )]
    Unknown {
        /// The variable.
        name: String,
        /// What it might begin with.
        roots: String,
    },
    /// Not JSON.
    #[error("is not JSON once its variables are filled in: {0}")]
    NotJson(String),
}

/// What a template's variables may begin with, besides `globals`.
#[derive(Debug, Clone, Copy)]
pub struct Roots {
    /// Members of the event's data.
    pub data: &'static [&'static str],
    /// Whether it may name the account's secrets.
    pub secrets: bool,
}

/// Where a variable's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source<'t> {
    /// A member of the data, by the names on the way to it.
    Data(Vec<&'t str>),
    /// When the event was accepted, as text.
    DateIso,
    /// The same in seconds.
    DateUnix,
    /// A secret of the account.
    Secret(&'t str),
    /// Nothing there is: below [`GLOBALS`] or [`SECRETS`].
    Nothing,
}

/// A piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// Copied as it is.
    Text(&'t str),
    /// A whole value: the variable of this number.
    Value(usize),
    /// A part of a string.
    Part(usize),
}

/// A template that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled<'t> {
    pub(super) pieces: Vec<Piece<'t>>,
    pub(super) variables: Vec<Variable<'t>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable<'t> {
    pub(super) name: &'t str,
    pub(super) source: Source<'t>,
}

impl Compiled<'_> {
    /// Whether all its variables are ones that there are.
    ///
    /// # Errors
    /// Names the first that is not.
    pub fn check(&self, roots: Roots) -> Result<(), TemplateError> {
        let known = |source: &Source<'_>| match source {
            Source::Data(path) => path.first().is_some_and(|root| roots.data.contains(root)),
            Source::DateIso | Source::DateUnix => true,
            Source::Secret(_) => roots.secrets,
            Source::Nothing => false,
        };
        match self.variables.iter().find(|variable| !known(&variable.source)) {
            None => Ok(()),
            Some(Variable { name, .. }) => {
                let secrets = roots.secrets.then_some(SECRETS);
                let roots: Vec<&str> = roots.data.iter().copied().chain(secrets).collect();
                Err(TemplateError::Unknown { name: (*name).to_owned(), roots: roots.join(", ") })
            }
        }
    }

    /// Any value may stand where `null` may: it is a whole token and part of no other. A space shows
    /// what may not stand in a string at the variable's place, such as half an escape before it.
    pub(super) fn check_json(&self) -> Result<(), TemplateError> {
        let sample: String = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Value(_) => "null",
                Piece::Part(_) => " ",
            })
            .collect();
        match serde_json::from_str::<serde::de::IgnoredAny>(&sample) {
            Ok(_) => Ok(()),
            Err(error) => Err(TemplateError::NotJson(error.to_string())),
        }
    }
}
