//! Pushing items into a dataset.

use http::StatusCode;
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::actors::Nothing;
use super::super::runs::run_in_path;
use crate::api::call::Call;
use crate::api::route::Takes;
use crate::app::results;
use crate::domain::result_rows::ResultRows;
use crate::http::content_type::media_type;
use crate::http::document::{check_walk, syntax};
use crate::http::problem::{Code, Invalid, Problem};
use crate::http::reply::{Json, json as answer};
use crate::limits;

/// Answers `POST /v2/datasets/{id}/items`: an item, or an array of items, in one commit.
///
/// # Errors
/// When there is no such dataset, its run has ended, or the body is no JSON.
pub async fn push(mut call: Box<Call>, _: Takes<Value>) -> Result<Json<Nothing>, Problem> {
    media_type(&call.headers)?;
    let job = run_in_path(&call).await?;
    let body = call.body.json(limits::REQUEST_BODY_BYTES).await?;
    // Clients of some versions push no items as no body.
    let mut rows = ResultRows::default();
    if !body.is_empty() {
        // The rows beside the body, until that is let go.
        call.body.hold(2 * body.len())?;
        let long = body.len() > limits::LONG_BYTES;
        rows = call.context.app.tenant_work.run_if_long(job.account, long, move || pushed(&body)).await??;
        call.body.hold_only(rows.text().len());
    }
    results::append(&call.context.app, &job, None, rows, limits::PUSH_PATIENCE).await?;
    answer(StatusCode::CREATED, &Nothing {})
}

fn pushed(body: &[u8]) -> Result<ResultRows, Problem> {
    check_walk(body)?;
    let document: &RawValue = serde_json::from_slice(body).map_err(|error| syntax(&error))?;
    let mut rows = ResultRows::default();
    if document.get().starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(document.get()).map_err(|error| syntax(&error))?;
        for (at, item) in items.into_iter().enumerate() {
            push_row(item, &format!("/{at}"), &mut rows)?;
        }
    } else {
        push_row(document, "", &mut rows)?;
    }
    Ok(rows)
}

/// Adds an item as a row.
fn push_row(item: &RawValue, pointer: &str, rows: &mut ResultRows) -> Result<(), Problem> {
    let text = item.get();
    let fault = |code, detail: String| {
        let invalid = Invalid::new(pointer, detail);
        Err(Problem::new(code, invalid.to_string()).at(invalid.pointer, invalid.detail))
    };
    if !text.starts_with('{') {
        return fault(Code::MalformedJson, "must be an object".to_owned());
    }
    if text.len() > limits::ITEM_BYTES {
        let most = limits::ITEM_BYTES;
        return fault(Code::TooLarge, format!("has {} bytes; an item may have {most}", text.len()));
    }
    if text.len() > limits::RESULT_ROW_BYTES && values(text.as_bytes()) > limits::ITEM_VALUES {
        let (long, most) = (limits::RESULT_ROW_BYTES, limits::ITEM_VALUES);
        let detail =
            format!("has more than {most} values, and an item of more than {long} bytes may have no more");
        return fault(Code::TooLarge, detail + "; push it as several items");
    }
    rows.push_on_one_line(text.as_bytes());
    Ok(())
}

/// About how many values are within a JSON text: those that begin a list or an object, or follow another one.
fn values(text: &[u8]) -> usize {
    let (mut count, mut in_string, mut escaped) = (0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_rows_of_one_line() {
        let rows = pushed(b"[{\"a\": [1,\n 2]}, {\"b\":\"\\n\"}]").unwrap();
        assert_eq!(rows.text(), b"{\"a\": [1,  2]}\n{\"b\":\"\\n\"}\n");
        assert_eq!(pushed(b" {\"a\":1} ").unwrap().len(), 1);
        assert_eq!(pushed(b"[]").unwrap().len(), 0);
        for bad in ["", "[1]", "7", "[{}", "[{\"a\":1,\"a\":2}]"] {
            assert_eq!(pushed(bad.as_bytes()).unwrap_err().code, Code::MalformedJson, "{bad}");
        }
    }
}
