//! What is wrong with a configuration: everything at once, each with its place.

use std::fmt;
use std::io;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it was written: `file:line`, a variable's name, or a flag.
    pub origin: String,
    /// The setting, as `log.level`; `None` where the file could not be read so far.
    pub key: Option<String>,
    /// What is wrong and what would be right.
    pub detail: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{}: {key}: {}", self.origin, self.detail),
            None => write!(f, "{}: {}", self.origin, self.detail),
        }
    }
}

/// That a file cannot be read, and what would help.
#[must_use]
pub fn unreadable(error: &io::Error) -> String {
    let remedy = match error.kind() {
        io::ErrorKind::NotFound => "put the file there, or name another",
        io::ErrorKind::PermissionDenied => "let the daemon's user read it",
        _ => "name a readable text file",
    };
    format!("cannot be read: {error}; {remedy}")
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError(pub Vec<Problem>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            let newline = if at == 0 { "" } else { "\n" };
            write!(f, "{newline}{problem}")?;
        }
        Ok(())
    }
}
