//! `/v1/secrets`: texts that templates put into headers. What was set is never shown again.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::call::Call;
use crate::api::display_json::DisplayJson;
use crate::api::query::Listing;
use crate::api::route::Takes;
use crate::app::pages::{Page, page_of};
use crate::domain::secret::SecretRecord;
use crate::domain::secret::{SecretName, SecretText};
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::reply::{Json, created, json};
use crate::http::response::{Response, no_content, segment};
use crate::store::command::Edit;

/// A secret to set.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["value"]))]
pub struct SecretBody {
    /// Visible ASCII characters, with spaces between them only.
    #[serde(default)]
    #[schemars(required)]
    value: Option<String>,
}

/// A secret without its value.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NamedSecretView {
    name: String,
    created_at: DisplayJson<Timestamp>,
    updated_at: DisplayJson<Timestamp>,
}

impl NamedSecretView {
    fn new(record: &SecretRecord) -> Self {
        let SecretRecord { name, text: _, created_at, updated_at } = record;
        Self {
            name: name.to_string(),
            created_at: DisplayJson(*created_at),
            updated_at: DisplayJson(*updated_at),
        }
    }
}

/// Answers `PUT /v1/secrets/{name}`.
///
/// # Errors
/// When the name or the value cannot be taken, or the account has too many.
pub async fn put(mut call: Box<Call>, document: Takes<SecretBody>) -> Result<Json<NamedSecretView>, Problem> {
    let name: SecretName =
        call.param.parse().map_err(|error| Problem::bad_name("a secret", &call.param, error))?;
    let (body, mut faults) = document.read(&mut call).await?;
    let value = faults.require("/value", body.value);
    let text = value.and_then(|value| faults.check("/value", SecretText::parse(&value)));
    let text = faults.unless(text)?;
    let before = call.context.store.directory().secret(call.account(), name.as_str()).cloned();
    let created_at = before.as_ref().map_or(call.now, |before| before.created_at);
    // The same text again changes nothing.
    let same = before.as_ref().filter(|before| before.text == text);
    let updated_at = same.map_or(call.now, |same| same.updated_at);
    let record = SecretRecord { name, text, created_at, updated_at };
    let view = NamedSecretView::new(&record);
    let answer = match before {
        Some(_) => json(StatusCode::OK, &view),
        None => created(&format!("/v1/secrets/{}", segment(record.name.as_str())), &view),
    };
    call.edit(Edit::PutSecret(call.account(), record), "secret").await?;
    answer
}

/// Answers `GET /v1/secrets`.
///
/// # Errors
/// When a parameter has no sense.
pub async fn list(call: Box<Call>) -> Result<Json<Listing<NamedSecretView>>, Problem> {
    let mut page = call.query.page::<String>()?;
    page.descending = call.query.text("order") == Some("desc");
    let (rows, next) = {
        let directory = call.context.store.directory();
        let records = directory.secrets(call.account());
        let Page { rows, next } = page_of(records, |record| record.name.to_string(), &page);
        (rows.into_iter().map(|record| NamedSecretView::new(record)).collect(), next)
    };
    call.list(rows, next)
}

/// Answers `DELETE /v1/secrets/{name}`.
///
/// # Errors
/// When there is no such secret.
pub async fn delete(call: Box<Call>) -> Result<Response, Problem> {
    let name = call.param.parse().map_err(|_| Problem::not_found("secret"))?;
    call.edit(Edit::DeleteSecret(call.account(), name), "secret").await?;
    Ok(no_content())
}
