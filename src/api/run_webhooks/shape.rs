//! Which members of a dataset's items are shown.

use std::borrow::Cow;
use std::collections::HashSet;

use super::window::flag;
use crate::api::call::Call;
use crate::api::jobs::csv::{Columns, Members};
use crate::api::problem::{Code, Problem};
use crate::limits;

/// See the module; the default shows items as they are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// The only ones, in this order.
    fields: Option<Columns<String>>,
    omit: HashSet<String>,
    skip_hidden: bool,
    skip_empty: bool,
}

impl Shape {
    /// # Errors
    /// When a parameter has no sense.
    pub(super) fn of(call: &Call) -> Result<Self, Problem> {
        let names =
            |name| call.query.text(name).filter(|text| !text.is_empty()).map(|text| names(name, text));
        let clean = flag(call, "clean")?;
        Ok(Self {
            fields: names("fields").transpose()?.map(Columns::new),
            omit: names("omit").transpose()?.unwrap_or_default().into_iter().collect(),
            skip_hidden: clean | flag(call, "skipHidden")?,
            skip_empty: clean | flag(call, "skipEmpty")?,
        })
    }

    /// The item as it is shown; `None` when it is not.
    pub(super) fn shaped<'r>(&self, row: &'r [u8]) -> Option<Cow<'r, [u8]>> {
        if *self == Self::default() {
            return Some(Cow::Borrowed(row));
        }
        // What is no object has no members to choose from.
        let Ok(Members(mut members)) = serde_json::from_slice(row) else { return Some(Cow::Borrowed(row)) };
        if let Some(fields) = &self.fields {
            members = fields.sort(members).into_iter().flatten().collect();
        }
        members.retain(|(name, _)| !(self.omit.contains(name) || self.skip_hidden && name.starts_with('#')));
        if self.skip_empty && members.is_empty() {
            return None;
        }
        let mut out = vec![b'{'];
        for (at, (name, value)) in members.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            serde_json::to_writer(&mut out, name).ok()?;
            out.push(b':');
            out.extend_from_slice(value.get().as_bytes());
        }
        out.push(b'}');
        Some(Cow::Owned(out))
    }
}

/// The names in a parameter.
fn names(parameter: &str, text: &str) -> Result<Vec<String>, Problem> {
    if text.split(',').count() > limits::ITEM_NAMES {
        let detail = format!("{parameter} may hold at most {} names", limits::ITEM_NAMES);
        return Err(Problem::new(Code::BadParameter, detail));
    }
    Ok(text.split(',').map(|name| name.trim().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_names_are_taken_and_no_more() {
        let text = |count: usize| vec!["a"; count].join(",");
        assert_eq!(names("omit", &text(limits::ITEM_NAMES)).unwrap().len(), limits::ITEM_NAMES);
        let problem = names("omit", &text(limits::ITEM_NAMES + 1)).unwrap_err();
        assert_eq!(
            (problem.code, &*problem.detail),
            (Code::BadParameter, "omit may hold at most 1000 names")
        );
    }

    #[test]
    fn members_are_chosen_and_hidden() {
        let row = br##"{"a":1,"#b":{"x":2.50},"c":"\u00e4"}"##;
        let shown = |shape: Shape| shape.shaped(row).map(|row| String::from_utf8(row.into_owned()).unwrap());
        let names = |all: &[&str]| all.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let plain = Shape::default();
        assert_eq!(shown(plain).unwrap().as_bytes(), row);
        let chosen = Shape { fields: Some(Columns::new(names(&["c", "no", "#b"]))), ..Shape::default() };
        assert_eq!(shown(chosen).unwrap(), r##"{"c":"\u00e4","#b":{"x":2.50}}"##);
        let clean = Shape { skip_hidden: true, skip_empty: true, ..Shape::default() };
        assert_eq!(shown(clean).unwrap(), r#"{"a":1,"c":"\u00e4"}"#);
        let nothing = || Shape {
            omit: names(&["a", "c"]).into_iter().collect(),
            skip_hidden: true,
            ..Shape::default()
        };
        assert_eq!(shown(nothing()).unwrap(), "{}");
        assert_eq!(shown(Shape { skip_empty: true, ..nothing() }), None);
    }
}
