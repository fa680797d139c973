//! The events of JSON documents: of one, of an array of them, of a line.

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::app::events::Draft;
use crate::domain::id::AccountNo;
use crate::domain::refusal::Refusal;
use crate::http::document::json_text;
use crate::http::problem::{Code, Invalid, Problem};
use crate::limits;

/// How one event is read.
pub type Reader = fn(&[u8], AccountNo) -> Result<Draft, Problem>;

/// The event of a document, whose data may have `most` bytes.
///
/// # Errors
/// When it is larger than one event can be, or no event.
pub fn document(document: &[u8], read: Reader, account: AccountNo, most: usize) -> Result<Draft, Problem> {
    check_size(document, most)?;
    read(document, account)
}

/// The events of an array, up to as many as cannot be read as an answer names.
///
/// # Errors
/// When it is no array, or one of too many events.
pub fn array(
    body: &[u8],
    read: Reader,
    account: AccountNo,
    most: usize,
) -> Result<Vec<Result<Draft, Refusal>>, Problem> {
    let elements = elements(body)?;
    let (mut drafts, mut unread) = (Vec::with_capacity(elements.len()), 0);
    for element in elements {
        let draft = document(element.get().as_bytes(), read, account, most);
        unread += usize::from(draft.as_ref().map_or(true, |draft| draft.faults.any()));
        drafts.push(draft.map_err(Refusal::from));
        if unread == limits::PROBLEM_ERRORS {
            break;
        }
    }
    Ok(drafts)
}

/// Whether reading so many bytes of JSON is long work.
#[must_use]
pub fn is_long(document: &[u8]) -> bool {
    document.len() > limits::LONG_BYTES
}

/// Refuses what is larger than one event can be, before anything is made of it.
fn check_size(document: &[u8], most: usize) -> Result<(), Problem> {
    if document.len() <= most + limits::EVENT_EXTRA_BYTES {
        return Ok(());
    }
    Err(Problem::new(Code::TooLarge, format!("an event's data may have at most {most} bytes"))
        .at("/data", format!("may have at most {most} bytes")))
}

/// The first elements of a JSON array as they are written, and how many there are. What is too
/// many is counted, not kept.
struct Elements<'a> {
    kept: Vec<&'a RawValue>,
    count: usize,
}

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Elements<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut kept = Vec::new();
                while kept.len() < limits::EVENTS_PER_ARRAY {
                    let Some(element) = seq.next_element()? else { break };
                    kept.push(element);
                }
                let mut count = kept.len();
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Elements { kept, count })
            }
        }
        deserializer.deserialize_seq(Reader)
    }
}

/// The elements of a JSON array.
fn elements(body: &[u8]) -> Result<Vec<&RawValue>, Problem> {
    let Ok(Elements { kept, count }) = serde_json::from_slice(body) else {
        json_text(body)?;
        return Err(Problem::invalid(vec![Invalid::new("", "must be an array of events")]));
    };
    if (1..=limits::EVENTS_PER_ARRAY).contains(&count) {
        return Ok(kept);
    }
    let most = limits::EVENTS_PER_ARRAY;
    let detail = format!(
        "an array may hold 1 to {most} events; this one holds {count}. Longer ones can be streamed as \
         application/x-ndjson"
    );
    let problem = Problem::new(if count == 0 { Code::Invalid } else { Code::TooLarge }, detail);
    Err(problem.at("", format!("must hold 1 to {most} events")))
}

#[cfg(test)]
mod tests {
    use super::super::body::one_event;
    use super::*;

    #[test]
    fn an_array_of_wrong_events_is_read_no_further_than_an_answer_names() {
        let wrong = format!("[{}]", vec![r#"{"x":1}"#; 1000].join(","));
        let drafts = array(wrong.as_bytes(), one_event, AccountNo(1), 1 << 20).unwrap();
        assert_eq!(drafts.len(), limits::PROBLEM_ERRORS);
    }

    #[test]
    fn arrays_are_bounded() {
        assert!(elements(b"[]").is_err());
        let many = format!("[{}]", vec!["1"; 1001].join(","));
        assert_eq!(elements(many.as_bytes()).unwrap_err().code, Code::TooLarge);
    }
}
