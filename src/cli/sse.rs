//! Server-sent events, as the daemon's streams are made of them.

use super::failure::Failure;
use crate::limits;

/// Takes events out of a stream's pieces.
#[derive(Debug, Default)]
pub struct Reader {
    rest: Vec<u8>,
}

/// An event, or a comment: then it has no name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub name: String,
    /// Its place in the stream, where it has one.
    pub id: Option<String>,
    /// What it says.
    pub data: String,
}

impl Reader {
    /// The events that end in this piece.
    ///
    /// # Errors
    /// When one is too large.
    pub fn take(&mut self, piece: &[u8]) -> Result<Vec<Item>, Failure> {
        if self.rest.len() + piece.len() > limits::CLIENT_BODY_BYTES {
            return Err(Failure::other("the daemon sent an event that is too large"));
        }
        // What was looked at before holds no end, but for a half of one.
        let mut from = self.rest.len().saturating_sub(1);
        self.rest.extend_from_slice(piece);
        let mut items = Vec::new();
        while let Some(end) = end(&self.rest, from) {
            items.push(Item::of(self.rest.get(..end).unwrap_or_default()));
            self.rest.drain(..end);
            from = 0;
        }
        Ok(items)
    }
}

/// Where the first event ends, which is not before `from`.
fn end(text: &[u8], from: usize) -> Option<usize> {
    let at = text.get(from..)?.windows(2).position(|pair| pair == b"\n\n")?;
    Some(from + at + 2)
}

impl Item {
    fn of(frame: &[u8]) -> Self {
        let mut item = Self::default();
        for line in String::from_utf8_lossy(frame).lines() {
            match line.split_once(": ") {
                Some(("event", name)) => name.clone_into(&mut item.name),
                Some(("id", id)) => item.id = Some(id.to_owned()),
                Some(("data", data)) => item.data.push_str(data),
                // A comment, which only shows that the connection stands.
                _ => {}
            }
        }
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_pieces() {
        let mut reader = Reader::default();
        let mut take = |piece: &[u8]| reader.take(piece).unwrap();
        let item = |name: &str, id: Option<&str>, data: &str| Item {
            name: name.to_owned(),
            id: id.map(str::to_owned),
            data: data.to_owned(),
        };
        assert_eq!(take(b"id: 6\n: following\n\nid: 7\nevent: ev"), [item("", Some("6"), "")]);
        let items = take(b"ent\ndata: {\"a\":1}\n\n:\n\nevent: bye\ndata: {}\n\nid: 8\n");
        assert_eq!(
            items,
            [item("event", Some("7"), "{\"a\":1}"), item("", None, ""), item("bye", None, "{}")]
        );
        assert_eq!(take(b"\n"), [item("", Some("8"), "")]);
    }
}
