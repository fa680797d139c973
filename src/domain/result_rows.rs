//! Rows of a job's results: JSON texts of one line each, in one piece of memory.

/// Some rows, each ended by a line feed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResultRows {
    text: Vec<u8>,
    count: u64,
}

impl ResultRows {
    /// Adds a row: a text without a line feed.
    pub fn push(&mut self, row: &[u8]) {
        self.text.extend_from_slice(row);
        self.text.push(b'\n');
        self.count += 1;
    }

    /// None, with room for so many bytes.
    #[must_use]
    pub fn with_room(bytes: usize) -> Self {
        Self { text: Vec::with_capacity(bytes), count: 0 }
    }

    /// Adds a row of JSON that may be written on several lines: between its parts, a line's end is white space like
    /// any other, and within a string there is none.
    pub fn push_on_one_line(&mut self, json: &[u8]) {
        let start = self.text.len();
        self.push(json);
        let end = self.text.len() - 1;
        for byte in self.text.iter_mut().take(end).skip(start).filter(|byte| matches!(byte, b'\n' | b'\r')) {
            *byte = b' ';
        }
    }

    /// Rows that were kept as [`ResultRows::text`] gave them.
    #[must_use]
    pub fn from_stored(text: Vec<u8>, count: u64) -> Self {
        Self { text, count }
    }

    /// All of them, as newline-delimited JSON.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The same, without a copy.
    #[must_use]
    pub fn into_text(self) -> Vec<u8> {
        self.text
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Each of them, without its line feed.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        lines(&self.text)
    }
}

/// The lines of a text whose every line is ended.
pub fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_out_as_they_went_in() {
        let mut rows = ResultRows::default();
        assert!(rows.is_empty() && rows.iter().next().is_none());
        for row in [b"{}".as_slice(), b"", br#"{"a":"\n"}"#] {
            rows.push(row);
        }
        assert_eq!(rows.iter().collect::<Vec<_>>(), [b"{}".as_slice(), b"", br#"{"a":"\n"}"#]);
        assert_eq!((rows.len(), rows.text()), (3, b"{}\n\n{\"a\":\"\\n\"}\n".as_slice()));
        assert_eq!(ResultRows::from_stored(rows.clone().into_text(), 3), rows);
    }
}
