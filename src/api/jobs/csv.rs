//! Rows as comma-separated values (RFC 4180). The first row's members are the columns; what is not
//! an object is one column called `value`. Texts go out as they are, everything else as JSON.

use serde::Deserialize as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

/// A table under way.
#[derive(Debug, Default)]
pub(in crate::api) struct Csv {
    columns: Option<Vec<String>>,
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

impl Csv {
    /// Writes a row, and the header before the first.
    pub(in crate::api) fn row(&mut self, row: &[u8], out: &mut Vec<u8>) {
        let members = match serde_json::from_slice::<Members<'_>>(row) {
            Ok(Members(members)) => members,
            Err(_) => {
                serde_json::from_slice(row).map(|value| vec![(VALUE.to_owned(), value)]).unwrap_or_default()
            }
        };
        let columns = self.columns.get_or_insert_with(|| {
            let names: Vec<String> = members.iter().map(|(name, _)| name.clone()).collect();
            line(names.iter().map(|name| name.as_bytes()), out);
            names
        });
        // Rows mostly have the same members in the same order.
        let cell = |(at, column): (usize, &String)| {
            let here = members.get(at).filter(|(name, _)| name == column);
            let found = here.or_else(|| members.iter().find(|(name, _)| name == column));
            found.map(|(_, value)| text(value)).unwrap_or_default()
        };
        let cells: Vec<String> = columns.iter().enumerate().map(cell).collect();
        line(cells.iter().map(|cell| cell.as_bytes()), out);
    }
}

/// A value's text: null is nothing, a string is itself, anything else is JSON.
fn text(value: &RawValue) -> String {
    match value.get() {
        "null" => String::new(),
        json if json.starts_with('"') => String::deserialize(value).unwrap_or_else(|_| json.to_owned()),
        json => json.to_owned(),
    }
}

fn line<'a>(cells: impl Iterator<Item = &'a [u8]>, out: &mut Vec<u8>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let plain = !cell.iter().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'));
        if plain {
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
        let (mut csv, mut out) = (Csv::default(), Vec::new());
        rows.iter().for_each(|row| csv.row(row.as_bytes(), &mut out));
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
}
