//! `/v1/secrets`: texts that templates put into headers. What was set is never shown again.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::call::Call;
use crate::api::display_json::DisplayJson;
use crate::api::query::Listing;
use crate::api::route::Takes;
use crate::app::secrets::{self, Set};
use crate::domain::secret::SecretRecord;
use crate::domain::secret::{SecretName, SecretText};
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::reply::{Json, created, json};
use crate::http::response::{Response, no_content, segment};

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
    let by = if call.query.is_dry_run()? { None } else { Some(call.actor()) };
    let Set { record, is_new } =
        secrets::put(&call.context.app, call.account(), (name, text), by, call.now).await?;
    let view = NamedSecretView::new(&record);
    if is_new && by.is_some() {
        return created(&format!("/v1/secrets/{}", segment(record.name.as_str())), &view);
    }
    json(StatusCode::OK, &view)
}

/// Answers `GET /v1/secrets`.
///
/// # Errors
/// When a parameter makes no sense.
pub async fn list(call: Box<Call>) -> Result<Json<Listing<NamedSecretView>>, Problem> {
    let page = call.query.page_by_name()?;
    let found = secrets::page(&call.context.app, call.account(), &page);
    call.list(found.rows.iter().map(|record| NamedSecretView::new(record)).collect(), found.next)
}

/// Answers `DELETE /v1/secrets/{name}`.
///
/// # Errors
/// When there is no such secret.
pub async fn delete(call: Box<Call>) -> Result<Response, Problem> {
    let name = call.param.parse().map_err(|_| Problem::not_found("secret"))?;
    secrets::delete(&call.context.app, call.account(), name, call.actor(), call.now).await?;
    Ok(no_content())
}
