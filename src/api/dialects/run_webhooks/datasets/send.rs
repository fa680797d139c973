//! Items on their way out, piece by piece.

use std::sync::Arc;

use super::format::{Format, ItemFormat};
use super::range::{Range, Unread};
use crate::api::context::Context;
use crate::api::v1::jobs::csv::Csv;
use crate::api::v1::jobs::cutter::{Cutter, Put};
use crate::domain::result_rows::ResultRows;
use crate::http::document::BOM;
use crate::http::response::Pieces;
use crate::limits;

/// Sends a range's rows as fast as they are taken.
pub(super) struct Sender {
    pub(super) range: Range,
    pub(super) writer: Writer,
    pub(super) pieces: Pieces,
}

impl Sender {
    pub(super) async fn run(mut self, context: Arc<Context>) {
        while self.range.from < self.range.until {
            let Some(mut room) = self.pieces.room(limits::PIECE_BYTES).await else { return };
            let mut read = self.range.next(&context, limits::RESULT_ROW_BYTES).await;
            if let Err(Unread::Long(length)) = read {
                drop(room);
                let Some(more) = self.pieces.room_for_row(length).await else { return };
                room = more;
                read = self.range.next(&context, length).await;
            }
            let Ok(rows) = read else { return };
            let (out, ended) = self.writer.piece(&rows, self.range.desc);
            drop(rows);
            self.range.pass(ended);
            if !out.is_empty() && !self.pieces.put(out, room).await {
                return;
            }
            // A long table lets others have the worker between its pieces.
            tokio::task::yield_now().await;
        }
        if let Some(room) = self.pieces.room(1).await {
            self.pieces.put(self.writer.end(), room).await;
        }
    }
}

/// Rows in the order in which they go out.
fn ordered(rows: &ResultRows, backwards: bool) -> Vec<&[u8]> {
    let mut all: Vec<&[u8]> = rows.iter().collect();
    if backwards {
        all.reverse();
    }
    all
}

/// Rows in the form that was asked for.
pub(super) struct Writer {
    form: ItemFormat,
    /// There is one where items are shown as CSV.
    csv: Option<Csv>,
    cutter: Cutter,
    /// Items that are shown of the row at hand, which is unwound.
    shown: u64,
}

impl Writer {
    pub(super) fn new(form: ItemFormat, csv: Option<Csv>) -> Self {
        Self { form, csv, cutter: Cutter::default(), shown: 0 }
    }

    /// A piece, and how many of the rows it ends.
    fn piece(&mut self, rows: &ResultRows, backwards: bool) -> (Vec<u8>, u64) {
        let Self { form, csv, cutter, shown } = self;
        let (mut piece, mut ended, mut looked) = (cutter.begin(), 0, 0);
        for row in ordered(rows, backwards) {
            let before = *shown;
            let whole = form.shape.each(row, *shown, &mut |item| {
                let put = item.map_or(Put::Whole, |item| {
                    piece.row(|begun, out| written(form, csv.as_ref(), &item, begun, out))
                });
                *shown += u64::from(put != Put::Part);
                looked += 1;
                put == Put::Whole && looked < limits::UNWOUND_AT_ONCE.max(rows.len())
            });
            // One that is not unwound is at its end when it is shown.
            if whole || !form.shape.unwinds() && *shown > before {
                *shown = 0;
                ended += 1;
            }
            if !whole {
                break;
            }
        }
        (piece.into_bytes(), ended)
    }

    /// What stands after all items.
    fn end(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let begun = self.cutter.begun;
        if self.form.bom && !begun {
            out.extend_from_slice(BOM);
        }
        match (self.form.format, &self.csv) {
            (Format::Json, _) => out.extend_from_slice(if begun { b"]" } else { b"[]" }),
            (Format::Csv, Some(csv)) if !begun => csv.header(&mut out),
            (Format::Lines | Format::Csv, _) => {}
        }
        out
    }
}

/// Writes an item.
fn written(form: &ItemFormat, csv: Option<&Csv>, item: &[u8], begun: bool, out: &mut Vec<u8>) {
    if form.bom && !begun {
        out.extend_from_slice(BOM);
    }
    match form.format {
        Format::Csv => csv.into_iter().for_each(|csv| csv.row(item, begun, out)),
        Format::Lines => {
            out.extend_from_slice(item);
            out.push(b'\n');
        }
        Format::Json => {
            out.push(if begun { b',' } else { b'[' });
            out.extend_from_slice(item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::shape::Shape;
    use super::*;
    use crate::api::v1::jobs::csv::Header;

    fn writer(format: Format, csv: Option<Csv>) -> Writer {
        let form = ItemFormat { format, shape: Shape::default(), delimiter: ',', named: true, bom: false };
        Writer::new(form, csv)
    }

    fn table(rows: &ResultRows) -> Csv {
        let mut header = Header::nested();
        rows.iter().for_each(|row| header.add(row).unwrap());
        header.table(None)
    }

    #[test]
    fn each_format_has_its_form() {
        let mut rows = ResultRows::default();
        rows.push(br#"{"a":1,"b":"x"}"#);
        rows.push(br#"{"a":2,"c":"y"}"#);
        let written = |format, backwards, bom| {
            let mut writer = writer(format, Some(table(&rows)));
            writer.form.bom = bom;
            let (mut out, ended) = writer.piece(&rows, backwards);
            assert_eq!(ended, 2);
            out.extend_from_slice(&writer.end());
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(Format::Json, false, false), r#"[{"a":1,"b":"x"},{"a":2,"c":"y"}]"#);
        assert_eq!(written(Format::Lines, true, false), "{\"a\":2,\"c\":\"y\"}\n{\"a\":1,\"b\":\"x\"}\n");
        assert_eq!(written(Format::Csv, false, true), "\u{FEFF}a,b,c\r\n1,x,\r\n2,,y\r\n");
        let none = Writer {
            form: ItemFormat { bom: true, ..writer(Format::Json, None).form },
            ..writer(Format::Json, None)
        };
        assert_eq!(none.end(), "\u{FEFF}[]".as_bytes());
    }

    #[test]
    fn what_is_unwound_comes_whole_in_bounded_pieces() {
        let mut rows = ResultRows::default();
        let (count, text) = (3000, "x".repeat(2000));
        let list: Vec<String> = (0..count).map(|n| n.to_string()).collect();
        rows.push(format!("{{\"l\":[{}],\"t\":\"{text}\"}}", list.join(",")).as_bytes());
        rows.push(br#"{"l":7}"#);
        let mut writer = writer(Format::Lines, None);
        writer.form.shape = Shape::unwinding("l");
        let (mut all, mut ended) = (String::new(), 0);
        while ended < 2 {
            let mut left = ResultRows::default();
            rows.iter().skip(ended).for_each(|row| left.push(row));
            let (piece, rows) = writer.piece(&left, false);
            assert!(piece.len() <= limits::PIECE_BYTES, "{} bytes in a piece", piece.len());
            all.push_str(std::str::from_utf8(&piece).unwrap());
            ended += usize::try_from(rows).unwrap();
        }
        let want = (0..count).map(|n| format!("{{\"l\":{n},\"t\":\"{text}\"}}\n"));
        assert!(all == want.chain(["{\"l\":7}\n".to_owned()]).collect::<String>());
    }

    #[test]
    fn a_wide_table_goes_out_in_bounded_pieces() {
        let mut rows = ResultRows::default();
        let names: Vec<String> = (0..limits::CSV_COLUMNS).map(|n| format!("\"{n}\":\"\\\"{n}\"")).collect();
        rows.push(format!("{{{}}}", names.join(",")).as_bytes());
        (1..16_000).for_each(|_| rows.push(b"{}"));
        for backwards in [false, true] {
            let mut writer = writer(Format::Csv, Some(table(&rows)));
            let (piece, ended) = writer.piece(&rows, backwards);
            assert!(piece.len() <= limits::PIECE_BYTES, "{} bytes in a piece", piece.len());
            assert!((1..10).contains(&ended), "{ended} rows in a piece");
        }
    }
}
