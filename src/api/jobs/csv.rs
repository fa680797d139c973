//! Rows as comma-separated values (RFC 4180). The first row's members are the columns; what is not
//! an object is one column called `value`. Texts go out as they are, everything else as JSON.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;

use serde::Deserialize as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::api::problem::{Code, Problem};
use crate::limits;

/// A table's form.
#[derive(Debug)]
pub(in crate::api) struct Csv(Columns<String>);

/// Names in an order, where each is found at once however many there are.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::api) struct Columns<N: Eq + Hash> {
    names: Vec<N>,
    places: HashMap<N, usize>,
}

impl<N: Eq + Hash + Clone> Columns<N> {
    pub(in crate::api) fn new(names: Vec<N>) -> Self {
        let mut places = HashMap::with_capacity(names.len());
        for (at, name) in names.iter().enumerate() {
            places.entry(name.clone()).or_insert(at);
        }
        Self { names, places }
    }

    /// Members by column, the first of each name; those of other names are left out.
    pub(in crate::api) fn sort<V>(&self, members: impl IntoIterator<Item = (N, V)>) -> Vec<Option<(N, V)>> {
        let mut cells: Vec<Option<(N, V)>> = self.names.iter().map(|_| None).collect();
        for (at, member) in members.into_iter().enumerate() {
            // Rows mostly have the same members in the same order.
            let here = self.names.get(at).is_some_and(|name| *name == member.0);
            let place = if here { Some(at) } else { self.places.get(&member.0).copied() };
            if let Some(cell) = place.and_then(|place| cells.get_mut(place)) {
                cell.get_or_insert(member);
            }
        }
        cells
    }
}

/// The column of rows that are no objects.
const VALUE: &str = "value";

/// An object's members in their order.
pub(in crate::api) struct Members<'a>(pub(in crate::api) Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

fn members(row: &[u8]) -> Vec<(String, &RawValue)> {
    match serde_json::from_slice::<Members<'_>>(row) {
        Ok(Members(members)) => members,
        Err(_) => {
            serde_json::from_slice(row).map(|value| vec![(VALUE.to_owned(), value)]).unwrap_or_default()
        }
    }
}

impl Csv {
    /// The table whose first row this is.
    ///
    /// # Errors
    /// 422 when it has more columns than a table may have.
    pub(in crate::api) fn of(first: &[u8]) -> Result<Self, Problem> {
        let names: Vec<String> = members(first).into_iter().map(|(name, _)| name).collect();
        if names.len() > limits::CSV_COLUMNS {
            let (count, most) = (names.len(), limits::CSV_COLUMNS);
            let detail = format!(
                "the first row has {count} members, and format=csv may have at most {most} columns; \
                 ask for format=ndjson, which has no limit"
            );
            return Err(Problem::new(Code::Invalid, detail));
        }
        Ok(Self(Columns::new(names)))
    }

    /// Writes a row, and the header before the first.
    pub(in crate::api) fn row(&self, row: &[u8], begun: bool, out: &mut Vec<u8>) {
        if !begun {
            line(self.0.names.iter().map(|name| Cow::Borrowed(name.as_str())), out);
        }
        let cells = self.0.sort(members(row));
        line(cells.into_iter().map(|cell| cell.map(|(_, value)| text(value)).unwrap_or_default()), out);
    }
}

/// A value's text: null is nothing, a string is itself, anything else is JSON.
fn text(value: &RawValue) -> Cow<'_, str> {
    match value.get() {
        "null" => Cow::Borrowed(""),
        json if json.starts_with('"') => String::deserialize(value).map_or(Cow::Borrowed(json), Cow::Owned),
        json => Cow::Borrowed(json),
    }
}

fn line<'a>(cells: impl ExactSizeIterator<Item = Cow<'a, str>>, out: &mut Vec<u8>) {
    // Readers pass over empty lines, so an empty cell that is alone is quoted.
    let alone = cells.len() == 1;
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let cell = cell.as_bytes();
        let plain = !cell.iter().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'));
        if plain && !(alone && cell.is_empty()) {
            out.extend_from_slice(cell);
            continue;
        }
        out.push(b'"');
        for &byte in cell {
            if byte == b'"' {
                out.push(b'"');
            }
            out.push(byte);
        }
        out.push(b'"');
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&str]) -> String {
        let (csv, mut out) = (Csv::of(rows.first().unwrap().as_bytes()).unwrap(), Vec::new());
        rows.iter().enumerate().for_each(|(at, row)| csv.row(row.as_bytes(), at > 0, &mut out));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_first_rows_members_are_the_columns() {
        let rows = [
            r#"{"b":1,"a":"x, \"y\"\n","c":{"d":[1, 2]}}"#,
            r#"{"a":"=1+1","b":1.50,"other":true}"#,
            r#"{"b":null,"a":"","c":false}"#,
        ];
        assert_eq!(
            table(&rows),
            "b,a,c\r\n1,\"x, \"\"y\"\"\n\",\"{\"\"d\"\":[1, 2]}\"\r\n1.50,=1+1,\r\n,,false\r\n"
        );
    }

    #[test]
    fn what_is_no_object_is_one_column() {
        assert_eq!(table(&["1", r#""a,b""#, "[1,2]"]), "value\r\n1\r\n\"a,b\"\r\n\"[1,2]\"\r\n");
    }

    #[test]
    fn an_empty_cell_that_is_alone_is_quoted() {
        let rows = [r#"{"a":"x"}"#, r#"{"a":""}"#, r#"{"a":null}"#, "{}"];
        assert_eq!(table(&rows), "a\r\nx\r\n\"\"\r\n\"\"\r\n\"\"\r\n");
        assert_eq!(table(&[r#"{"":""}"#]), "\"\"\r\n\"\"\r\n");
        assert_eq!(table(&[r#"{"a":"","b":""}"#]), "a,b\r\n,\r\n");
    }

    #[test]
    fn a_table_has_so_many_columns_and_no_more() {
        let row = |members: usize| {
            let members: Vec<String> = (0..members).map(|n| format!("\"{n}\":1")).collect();
            format!("{{{}}}", members.join(","))
        };
        let most = limits::CSV_COLUMNS;
        assert!(Csv::of(row(most).as_bytes()).is_ok());
        let problem = Csv::of(row(most + 1).as_bytes()).unwrap_err();
        assert_eq!(problem.status(), http::StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            problem.detail.contains(&most.to_string()) && problem.detail.contains("ndjson"),
            "{problem:?}"
        );
    }

    thread_local! {
        static COMPARED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    /// A name that counts how often it is compared.
    #[derive(Debug, Clone, Eq)]
    struct Counted(usize);

    impl Hash for Counted {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }

    impl PartialEq for Counted {
        fn eq(&self, other: &Self) -> bool {
            COMPARED.set(COMPARED.get() + 1);
            self.0 == other.0
        }
    }

    #[test]
    fn a_member_is_found_in_a_few_steps_however_many_there_are() {
        let names = limits::CSV_COLUMNS;
        let columns = Columns::new((0..names).map(Counted).collect());
        for members in [names, 10 * names] {
            COMPARED.set(0);
            let cells = columns.sort((0..members).rev().map(|n| (Counted(n), n)));
            assert!(cells.iter().enumerate().all(|(at, cell)| cell.as_ref().unwrap().1 == at));
            // Its place, and in the map its own name.
            assert!(COMPARED.get() <= 4 * (names + members), "{} comparisons", COMPARED.get());
        }
    }
}
