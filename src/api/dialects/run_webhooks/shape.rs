//! How a dataset's items are shown: which members, and what becomes of those that hold others.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::value::RawValue;

use super::window::flag;
use crate::api::call::Call;
use crate::api::v1::jobs::csv::{Columns, Members};
use crate::http::problem::{Code, Problem};
use crate::limits;

/// See the module; the default shows items as they are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Members whose elements are shown as items of their own.
    unwind: Vec<String>,
    /// Members in whose place those within them are shown, as `a.b`.
    flatten: HashSet<String>,
    /// The only ones, in this order.
    fields: Option<Columns<String>>,
    omit: HashSet<String>,
    skip_hidden: bool,
    skip_empty: bool,
}

/// An item's members in their order.
type Item<'r> = Vec<(String, &'r RawValue)>;

/// Hears of each item as it is shown, `None` for one that is not, and says whether to go on.
type Show<'s, 'r> = &'s mut dyn FnMut(Option<Cow<'r, [u8]>>) -> bool;

impl Shape {
    /// # Errors
    /// When a parameter makes no sense.
    pub(super) fn of(call: &Call) -> Result<Self, Problem> {
        let names = |name| call.query.text(name).map(|text| names(name, text)).transpose();
        let clean = flag(call, "clean")?;
        Ok(Self {
            unwind: one_name("unwind", names("unwind")?.unwrap_or_default())?,
            flatten: names("flatten")?.unwrap_or_default().into_iter().collect(),
            fields: names("fields")?.map(Columns::new),
            omit: names("omit")?.unwrap_or_default().into_iter().collect(),
            skip_hidden: clean | flag(call, "skipHidden")?,
            skip_empty: clean | flag(call, "skipEmpty")?,
        })
    }

    /// What `clean` asks for.
    pub(super) fn clean() -> Self {
        Self { skip_hidden: true, skip_empty: true, ..Self::default() }
    }

    /// Whether an item may become several.
    pub(super) fn unwinds(&self) -> bool {
        !self.unwind.is_empty()
    }

    #[cfg(test)]
    pub(super) fn unwinding(name: &str) -> Self {
        Self { unwind: vec![name.to_owned()], ..Self::default() }
    }

    /// The only members, if they are named.
    pub(super) fn fields(&self) -> Option<&[String]> {
        self.fields.as_ref().map(Columns::names)
    }

    /// Shows what an item becomes, but for the first `skip`: one item, or several if it is unwound. False if
    /// `show` did not go on.
    pub(super) fn each<'r>(&self, row: &'r [u8], mut skip: u64, show: Show<'_, 'r>) -> bool {
        // What is no object has no members to choose from.
        let members = if *self == Self::default() { None } else { serde_json::from_slice(row).ok() };
        let Some(Members(members)) = members else {
            return skip > 0 || show(Some(Cow::Borrowed(row)));
        };
        unwound(members, self.unwind.first(), &mut skip, &mut |item| show(self.shaped(item)))
    }

    /// The item as it is shown; `None` when it is not.
    fn shaped<'r>(&self, mut members: Item<'r>) -> Option<Cow<'r, [u8]>> {
        if !self.flatten.is_empty() {
            let mut flat = Vec::with_capacity(members.len());
            let mut room = limits::FLATTENED_NAME_BYTES;
            for (name, value) in members {
                let deep = self.flatten.contains(&name);
                flattened(name, value, deep, &mut room, &mut flat);
            }
            members = flat;
        }
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

/// Hands on the items that one becomes when the elements of a member are items of their own. It stops, as if
/// `each` had, once they have had so many members together: another turn goes on after those that were shown.
fn unwound<'r>(
    item: Item<'r>,
    name: Option<&String>,
    skip: &mut u64,
    each: &mut dyn FnMut(Item<'r>) -> bool,
) -> bool {
    let value = name.and_then(|name| Some((name, item.iter().find(|(known, _)| known == name)?.1)));
    match value.map(|(name, value)| (name, value, value.get().as_bytes().first())) {
        Some((name, value, Some(b'['))) => {
            let elements: Vec<&'r RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
            let passed = (*skip).min(elements.len() as u64);
            *skip -= passed;
            let mut elements =
                elements.into_iter().skip(usize::try_from(passed).unwrap_or(usize::MAX)).peekable();
            let mut members = 0;
            while let Some(element) = elements.next() {
                let made = merged(&item, name, element);
                members += made.len();
                if !each(made) || members > limits::UNWOUND_MEMBERS && elements.peek().is_some() {
                    return false;
                }
            }
            true
        }
        Some((name, value, Some(b'{'))) => passed_or(merged(&item, name, value), skip, each),
        _ => passed_or(item, skip, each),
    }
}

fn passed_or<'r>(item: Item<'r>, skip: &mut u64, each: &mut dyn FnMut(Item<'r>) -> bool) -> bool {
    if *skip > 0 {
        *skip -= 1;
        return true;
    }
    each(item)
}

/// An item with the members of an object in place of one of its own, or with another value for that one.
fn merged<'r>(item: &Item<'r>, name: &str, value: &'r RawValue) -> Item<'r> {
    let Ok(Members(within)) = serde_json::from_str(value.get()) else {
        let replaced =
            |(known, old): &(String, &'r RawValue)| (known.clone(), if known == name { value } else { *old });
        return item.iter().map(replaced).collect();
    };
    let taken: HashSet<&str> = within.iter().map(|(name, _)| name.as_str()).collect();
    let kept = item.iter().filter(|(known, _)| known != name && !taken.contains(known.as_str()));
    let mut all: Item<'r> = kept.cloned().collect();
    all.extend(within);
    all
}

/// Adds a member, or in the place of an object those within it, as long as there is room for their names: each
/// repeats all the names that it lies within.
fn flattened<'r>(name: String, value: &'r RawValue, deep: bool, room: &mut usize, out: &mut Item<'r>) {
    let within = match deep.then(|| serde_json::from_str::<Members<'r>>(value.get())) {
        Some(Ok(Members(within))) if !within.is_empty() => within,
        _ => return out.push((name, value)),
    };
    let bytes = within.iter().map(|(member, _)| name.len() + 1 + member.len()).sum();
    let Some(left) = room.checked_sub(bytes) else { return out.push((name, value)) };
    *room = left;
    for (member, value) in within {
        flattened(format!("{name}.{member}"), value, true, room, out);
    }
}

/// The name in a parameter that takes one: the lists of an item, with each other, may have any number of elements.
fn one_name(parameter: &str, names: Vec<String>) -> Result<Vec<String>, Problem> {
    if names.len() > 1 {
        let detail = format!("{parameter} takes one name here, and there are {}", names.len());
        return Err(Problem::new(Code::BadParameter, detail));
    }
    Ok(names)
}

/// The names in a parameter.
fn names(parameter: &str, text: &str) -> Result<Vec<String>, Problem> {
    if text.split(',').count() > limits::ITEM_NAMES {
        let detail = format!("{parameter} may hold at most {} names", limits::ITEM_NAMES);
        return Err(Problem::new(Code::BadParameter, detail));
    }
    let mut known = HashSet::new();
    Ok(text.split(',').map(str::trim).filter(|name| known.insert(*name)).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(all: &[&str]) -> Vec<String> {
        all.iter().map(|&name| name.to_owned()).collect()
    }

    /// What an item becomes, but for the first of it.
    fn shown_from(shape: &Shape, row: &str, skip: u64) -> Vec<Option<String>> {
        let mut all = Vec::new();
        shape.each(row.as_bytes(), skip, &mut |item| {
            all.push(item.map(|item| String::from_utf8(item.into_owned()).unwrap()));
            true
        });
        all
    }

    fn shown(shape: &Shape, row: &str) -> Vec<String> {
        shown_from(shape, row, 0).into_iter().flatten().collect()
    }

    #[test]
    fn so_many_names_are_taken_and_no_more() {
        let text = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        assert_eq!(names("omit", &text(limits::ITEM_NAMES)).unwrap().len(), limits::ITEM_NAMES);
        assert_eq!(names("fields", "b, a,b,a ,").unwrap(), ["b", "a", ""]);
        let problem = names("omit", &text(limits::ITEM_NAMES + 1)).unwrap_err();
        assert_eq!(
            (problem.code, &*problem.detail),
            (Code::BadParameter, "omit may hold at most 1000 names")
        );
    }

    #[test]
    fn members_are_chosen_and_hidden() {
        let row = r##"{"a":1,"#b":{"x":2.50},"c":"\u00e4"}"##;
        assert_eq!(shown(&Shape::default(), row), [row]);
        let chosen = Shape { fields: Some(Columns::new(list(&["c", "no", "#b"]))), ..Shape::default() };
        assert_eq!(shown(&chosen, row), [r##"{"c":"\u00e4","#b":{"x":2.50}}"##]);
        assert_eq!(shown(&Shape::clean(), row), [r#"{"a":1,"c":"\u00e4"}"#]);
        let nothing =
            Shape { omit: list(&["a", "c"]).into_iter().collect(), skip_hidden: true, ..Shape::default() };
        assert_eq!(shown(&nothing, row), ["{}"]);
        assert_eq!(shown_from(&Shape { skip_empty: true, ..nothing }, row, 0), [None]);
    }

    #[test]
    fn elements_are_items_of_their_own() {
        let unwind = |names: &[&str]| Shape { unwind: list(names), ..Shape::default() };
        let row = r#"{"n":1,"l":[{"a":1,"n":2},7,{}],"m":["x","y"],"o":{"p":1.0},"e":[]}"#;
        let rest = r#""m":["x","y"],"o":{"p":1.0},"e":[]"#;
        assert_eq!(
            shown(&unwind(&["l"]), row),
            [
                format!("{{{rest},\"a\":1,\"n\":2}}"),
                format!("{{\"n\":1,\"l\":7,{rest}}}"),
                format!("{{\"n\":1,{rest}}}")
            ]
        );
        assert_eq!(shown(&unwind(&["o"]), r#"{"o":{"p":1.0},"q":2}"#), [r#"{"q":2,"p":1.0}"#]);
        assert_eq!(shown(&unwind(&["no"]), r#"{"n":1}"#), [r#"{"n":1}"#]);
        assert_eq!(shown(&unwind(&["e"]), row), Vec::<String>::new());
        for skip in 0..4 {
            let all = shown_from(&unwind(&["m"]), row, 0);
            assert_eq!(shown_from(&unwind(&["m"]), row, skip as u64), all[skip.min(2)..], "{skip}");
        }
        assert_eq!(one_name("unwind", list(&["l", "m"])).unwrap_err().code, Code::BadParameter);
    }

    /// Each item repeats the members beside the list.
    #[test]
    fn a_wide_item_is_unwound_in_turns() {
        let members: Vec<String> = (0..1_000).map(|n| format!("\"m{n}\":0")).collect();
        let row = format!("{{{},\"l\":[{}]}}", members.join(","), vec!["0"; 100].join(","));
        let shape = Shape::unwinding("l");
        let (mut shown, mut turns) = (0, 0);
        while !shape.each(row.as_bytes(), shown, &mut |_| {
            shown += 1;
            true
        }) {
            turns += 1;
            assert!(turns < 100, "it goes on");
        }
        assert_eq!((shown, turns), (100, 4));
    }

    #[test]
    fn names_that_multiply_stay_where_they_are() {
        let deep: Vec<String> = (0..100).map(|n| format!("\"{n}\":0")).collect();
        let name = "x".repeat(limits::FLATTENED_NAME_BYTES / 50);
        let row = format!("{{\"a\":{{\"{name}\":{{{}}}}}}}", deep.join(","));
        let shape = Shape { flatten: list(&["a"]).into_iter().collect(), ..Shape::default() };
        let shown = shown(&shape, &row);
        assert_eq!(
            shown,
            [row.replacen("{\"a\":{", "{", 1)
                .replacen(&name, &format!("a.{name}"), 1)
                .replacen("}}}", "}}", 1)]
        );
    }

    #[test]
    fn flattened_members_take_the_place_of_what_held_them() {
        let shape = Shape {
            flatten: list(&["a"]).into_iter().collect(),
            fields: Some(Columns::new(list(&["b", "a.x.y"]))),
            ..Shape::default()
        };
        let row = r#"{"a":{"x":{"y":1},"l":[{"z":1}]},"b":{"c":1}}"#;
        assert_eq!(shown(&shape, row), [r#"{"b":{"c":1},"a.x.y":1}"#]);
        let all = Shape { fields: None, ..shape };
        assert_eq!(shown(&all, row), [r#"{"a.x.y":1,"a.l":[{"z":1}],"b":{"c":1}}"#]);
    }
}
