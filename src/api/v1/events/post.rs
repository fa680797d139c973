//! `POST /v1/events`. In whatever form events come, they are read, accepted and answered in one way.

use super::body::{EventBody, EventsBody};
use super::cloud::CloudEvent;
use super::form::{self, Incoming};
use super::stream::{self, LineView};
use super::view::AcceptedAnswer;
use crate::api::call::Call;
use crate::api::route::{BodyForm, Forms, InForm, JSON, NDJSON, TakesForm, body_form};
use crate::app::events::accept;
use crate::http::problem::Problem;

/// The forms that events come in.
pub struct Posting;

impl Forms for Posting {
    const FORMS: &'static [BodyForm] = &[
        body_form::<EventsBody>(JSON),
        body_form::<EventBody<'_>>(NDJSON),
        body_form::<CloudEvent>("application/cloudevents+json"),
        body_form::<Vec<CloudEvent>>("application/cloudevents-batch+json"),
    ];
}

/// The forms of what came of them.
pub struct Accepting;

impl Forms for Accepting {
    const FORMS: &'static [BodyForm] =
        &[body_form::<AcceptedAnswer>(JSON), body_form::<LineView<'_>>(NDJSON)];
}

/// Answers `POST /v1/events`.
///
/// # Errors
/// When the body is not events, or they cannot be accepted.
pub async fn post(mut call: Box<Call>, _: TakesForm<Posting>) -> Result<InForm<Accepting>, Problem> {
    match form::read(&mut call).await? {
        Incoming::Lines(key) => Ok(stream::answer(call, key).into()),
        Incoming::Whole(posted) => {
            let is_array = posted.is_array();
            let receipts = accept(&call.context.app, posted, call.now).await?;
            AcceptedAnswer::answer(receipts, is_array).map(InForm::from)
        }
    }
}
