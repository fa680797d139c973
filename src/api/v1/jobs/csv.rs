//! Rows as comma-separated values (RFC 4180). The members of all rows are the columns, so the rows are read
//! twice: once for the header. What is not an object is one column called `value`. Texts go out as they are,
//! everything else as JSON, or, where nested members have columns of their own, a column for each.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use serde::Deserialize as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::http::problem::{Code, Problem};
use crate::limits;

/// A table's form.
#[derive(Debug)]
pub(in crate::api) struct Csv {
    columns: Columns<String>,
    nested: bool,
    /// What stands between two cells.
    pub(in crate::api) delimiter: char,
    /// Whether the columns' names stand above them.
    pub(in crate::api) named: bool,
}

/// The columns of a table, while its rows are looked at.
#[derive(Debug, Default)]
pub(in crate::api) struct Header {
    /// Members in the order in which they were met, each with its columns.
    members: Vec<(String, Vec<String>)>,
    places: HashMap<String, usize>,
    known: HashSet<String>,
    bytes: usize,
    /// Whether members of members are columns, `a/b` and `a/0`.
    nested: bool,
}

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

    /// The names in their order.
    pub(in crate::api) fn names(&self) -> &[N] {
        &self.names
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
/// What the names within one row may take, also of members that only hold others.
const ROW_NAME_BYTES: usize = 4 * limits::CSV_HEADER_BYTES;

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

/// Hands each column that a member fills to `cell`: itself, or what is within it. False once the names take more
/// than there is `room` for: each repeats all the names that it lies within.
fn cells<'r>(
    name: String,
    value: &'r RawValue,
    nested: bool,
    room: &mut usize,
    cell: &mut dyn FnMut(String, &'r RawValue),
) -> bool {
    let within: Vec<(String, &'r RawValue)> = match value.get().as_bytes().first() {
        Some(b'{') if nested => members(value.get().as_bytes()),
        Some(b'[') if nested => {
            let all: Vec<&'r RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
            all.into_iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    if within.is_empty() {
        cell(name, value);
        return true;
    }
    let bytes = within.iter().map(|(member, _)| name.len() + 1 + member.len()).sum();
    let Some(left) = room.checked_sub(bytes) else { return false };
    *room = left;
    within.into_iter().all(|(member, value)| cells(format!("{name}/{member}"), value, nested, room, cell))
}

impl Header {
    /// That of a table in which members of members have columns of their own.
    pub(in crate::api) fn nested() -> Self {
        Self { nested: true, ..Self::default() }
    }

    /// Takes in the members of a row.
    ///
    /// # Errors
    /// 422 when there are more columns than a table may have.
    pub(in crate::api) fn add(&mut self, row: &[u8]) -> Result<(), Problem> {
        let mut room = ROW_NAME_BYTES;
        for (member, value) in members(row) {
            let mut within = Vec::new();
            let fits = cells(member.clone(), value, self.nested, &mut room, &mut |name, _| {
                if !self.known.contains(&name) {
                    within.push(name);
                }
            });
            if !fits {
                return Err(too_wide());
            }
            for name in within {
                self.bytes += name.len();
                let next = self.members.len();
                let place = *self.places.entry(member.clone()).or_insert(next);
                if place == next {
                    self.members.push((member.clone(), Vec::new()));
                }
                if let Some((_, columns)) = self.members.get_mut(place) {
                    columns.push(name.clone());
                }
                self.known.insert(name);
            }
            if self.known.len() > limits::CSV_COLUMNS || self.bytes > limits::CSV_HEADER_BYTES {
                return Err(too_wide());
            }
        }
        Ok(())
    }

    /// The table. `fields`: its members, in this order, whether there are any or not.
    pub(in crate::api) fn table(mut self, fields: Option<&[String]>) -> Csv {
        let names = match fields {
            None => self.members.into_iter().flat_map(|(_, columns)| columns).collect(),
            Some(fields) => {
                let mut columns = |field: &String| match self.places.remove(field) {
                    Some(place) => self.members.get_mut(place).map(|(_, columns)| std::mem::take(columns)),
                    None => Some(vec![field.clone()]),
                };
                fields.iter().filter_map(&mut columns).flatten().collect()
            }
        };
        Csv { columns: Columns::new(names), nested: self.nested, delimiter: ',', named: true }
    }
}

fn too_wide() -> Problem {
    let (most, bytes) = (limits::CSV_COLUMNS, limits::CSV_HEADER_BYTES);
    let detail = format!(
        "the rows have more than {most} different members, or names of more than {bytes} bytes, and format=csv may \
         have at most that many columns; ask for lines of JSON, which have no limit"
    );
    Problem::new(Code::Invalid, detail)
}

impl Csv {
    /// Writes a row, and the header before the first.
    pub(in crate::api) fn row(&self, row: &[u8], begun: bool, out: &mut Vec<u8>) {
        if !begun {
            self.header(out);
        }
        let mut all = Vec::new();
        let mut room = ROW_NAME_BYTES;
        for (name, value) in members(row) {
            // What does not fit has no column: the header would have been refused.
            cells(name, value, self.nested, &mut room, &mut |name, value| all.push((name, value)));
        }
        let cells = self.columns.sort(all);
        self.line(cells.into_iter().map(|cell| cell.map(|(_, value)| text(value)).unwrap_or_default()), out);
    }

    /// Writes the columns' names, unless they are not wanted.
    pub(in crate::api) fn header(&self, out: &mut Vec<u8>) {
        if self.named && !self.columns.names.is_empty() {
            self.line(self.columns.names.iter().map(|name| Cow::Borrowed(name.as_str())), out);
        }
    }

    fn line<'a>(&self, cells: impl ExactSizeIterator<Item = Cow<'a, str>>, out: &mut Vec<u8>) {
        let (mut buffer, alone) = ([0; 4], cells.len() == 1);
        let delimiter = self.delimiter.encode_utf8(&mut buffer).as_bytes();
        for (at, cell) in cells.enumerate() {
            if at > 0 {
                out.extend_from_slice(delimiter);
            }
            let special = |c: char| c == self.delimiter || matches!(c, '"' | '\r' | '\n');
            // Readers pass over empty lines, so an empty cell that is alone is quoted.
            if !(cell.contains(special) || alone && cell.is_empty()) {
                out.extend_from_slice(cell.as_bytes());
                continue;
            }
            out.push(b'"');
            out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        }
        out.extend_from_slice(b"\r\n");
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

#[cfg(test)]
mod tests {
    use super::*;

    fn header(rows: &[&str], nested: bool) -> Header {
        let mut header = if nested { Header::nested() } else { Header::default() };
        rows.iter().for_each(|row| header.add(row.as_bytes()).unwrap());
        header
    }

    fn written(csv: &Csv, rows: &[&str]) -> String {
        let mut out = Vec::new();
        rows.iter().enumerate().for_each(|(at, row)| csv.row(row.as_bytes(), at > 0, &mut out));
        String::from_utf8(out).unwrap()
    }

    fn table(rows: &[&str]) -> String {
        written(&header(rows, false).table(None), rows)
    }

    #[test]
    fn names_that_multiply_are_refused_before_they_are_made() {
        let within: Vec<String> = (0..10_000).map(|n| format!("\"{n}\":0")).collect();
        let row = format!("{{\"{}\":{{{}}}}}", "x".repeat(100_000), within.join(","));
        let refused = Header::nested().add(row.as_bytes()).unwrap_err();
        assert_eq!(refused.code, Code::Invalid);
    }

    #[test]
    fn the_members_of_all_rows_are_the_columns() {
        let rows = [
            r#"{"b":1,"a":"x, \"y\"\n","c":{"d":[1, 2]}}"#,
            r#"{"a":"=1+1","b":1.50,"other":true}"#,
            r#"{"b":null,"a":"","c":false}"#,
        ];
        assert_eq!(
            table(&rows),
            "b,a,c,other\r\n1,\"x, \"\"y\"\"\n\",\"{\"\"d\"\":[1, 2]}\",\r\n1.50,=1+1,,true\r\n,,false,\r\n"
        );
        assert_eq!(table(&["{}", r#"{"a":1}"#, r#"{"a":2}"#]), "a\r\n\"\"\r\n1\r\n2\r\n");
    }

    #[test]
    fn nested_members_have_columns_beside_each_other() {
        let rows = [r#"{"a":{"x":1},"b":[true,{"c":"d"}],"e":{}}"#, r#"{"z":0,"a":{"y":[],"x":"2"},"b":3}"#];
        let csv = header(&rows, true).table(None);
        assert_eq!(written(&csv, &rows), "a/x,a/y,b/0,b/1/c,b,e,z\r\n1,,true,d,,{},\r\n2,[],,,3,,0\r\n");
    }

    #[test]
    fn named_members_are_the_columns_whether_there_are_any_or_not() {
        let rows = [r#"{"b":1}"#, r#"{"a":{"x":1}}"#];
        let fields = ["a", "no", "b"].map(str::to_owned);
        let csv = header(&rows, true).table(Some(&fields));
        assert_eq!(written(&csv, &rows), "a/x,no,b\r\n,,1\r\n1,,\r\n");
        let csv = Csv { delimiter: ';', named: false, ..header(&rows, true).table(Some(&fields)) };
        assert_eq!(written(&csv, &[r#"{"a":{"x":"a;b"},"b":"c,d"}"#]), "\"a;b\";;c,d\r\n");
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
        let row = |from: usize, to: usize| {
            let members: Vec<String> = (from..to).map(|n| format!("\"{n}\":1")).collect();
            format!("{{{}}}", members.join(","))
        };
        let most = limits::CSV_COLUMNS;
        let mut header = Header::default();
        header.add(row(0, most).as_bytes()).unwrap();
        header.add(row(0, most).as_bytes()).unwrap();
        let problem = header.add(row(most, most + 1).as_bytes()).unwrap_err();
        assert_eq!(problem.status(), http::StatusCode::UNPROCESSABLE_ENTITY);
        assert!(problem.detail.contains(&most.to_string()), "{problem:?}");
        let long = |n: usize| format!("{{\"{}{n}\":1}}", "x".repeat(limits::CSV_HEADER_BYTES / 2));
        let mut header = Header::default();
        header.add(long(1).as_bytes()).unwrap();
        assert!(header.add(long(2).as_bytes()).is_err());
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
