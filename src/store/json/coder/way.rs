//! A record on its way from bytes to members of an object, or back.

use serde_json::Value;

use crate::store::json::fault::Fault;
use crate::store::json::line::Line;

/// Lets a record's serde form drive a coder.
pub(in crate::store) type ExportFormat = fn(&mut Coder<'_>) -> Result<(), Fault>;

/// Carries one record over.
pub(in crate::store) struct Coder<'a> {
    pub(super) way: Way<'a>,
    /// Whether what comes next are members of the line itself.
    pub(super) top: bool,
    /// The member that is carried over: it says what numbers and bytes mean.
    pub(super) name: &'static str,
    /// What the elements of a tuple are called whose members are the line's own.
    pub(super) columns: &'static [&'static str],
    /// What the ids of this kind of record begin with.
    pub(super) prefix: &'static str,
}

/// The two ways of carrying a record over.
pub(super) enum Way<'a> {
    Show { bytes: &'a [u8], text: &'a mut String },
    Read { line: &'a Line<'a>, at: Value, bytes: Vec<u8> },
}
