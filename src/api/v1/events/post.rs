//! `POST /v1/events`. In whatever form events come, they are read, accepted and answered in one way.

use super::form::Form;
use super::stream;
use super::view::AcceptedAnswer;
use crate::api::call::Call;
use crate::api::request_key;
use crate::app::events::accept;
use crate::http::problem::Problem;
use crate::http::response::Response;

/// Answers `POST /v1/events`.
///
/// # Errors
/// When the body is not events, or they cannot be accepted.
pub async fn post(mut call: Box<Call>) -> Result<Response, Problem> {
    let form = Form::of(&call.headers)?;
    let key = request_key::of(&call.headers)?;
    if form == Form::Lines {
        return Ok(stream::answer(call, key));
    }
    let posted = form.read(&mut call, key).await?;
    let is_array = posted.is_array();
    let receipts = accept(&call.context.app, posted, call.now).await?;
    let receipts = receipts.into_iter().collect::<Result<Vec<_>, _>>()?;
    AcceptedAnswer::answer(&receipts, is_array).map(Response::from)
}
