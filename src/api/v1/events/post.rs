//! `POST /v1/events`. In whatever form events come, they are read, accepted and answered in one way.

use http::StatusCode;

use super::form::{Events, Form};
use super::stream;
use super::view::{AcceptedAnswer, AcceptedView};
use crate::api::call::Call;
use crate::api::request_key;
use crate::app::events::{Rejection, accept_all, accept_one};
use crate::domain::refusal::Refusal;
use crate::http::problem::{Invalid, Problem};
use crate::http::reply::json;
use crate::http::response::Response;

/// Answers `POST /v1/events`.
///
/// # Errors
/// When the body is not events, or they cannot be accepted.
pub async fn post(mut call: Box<Call>) -> Result<Response, Problem> {
    let form = Form::of(&call.headers)?;
    let key = request_key::of(&call.headers)?;
    let events = form.read(&mut call).await?;
    let (app, now) = (&call.context.app, call.now);
    match events {
        Events::Lines => Ok(stream::answer(call, key)),
        Events::One(draft) => {
            let view = AcceptedView::from(accept_one(app, draft, key.as_ref(), now).await?);
            json(status(!view.duplicate), &AcceptedAnswer::One(view)).map(Response::from)
        }
        Events::Many(drafts) => {
            let receipts = accept_all(app, drafts, key.as_ref(), now).await.map_err(rejected)?;
            let fresh = receipts.iter().any(|receipt| !receipt.duplicate);
            let data = receipts.into_iter().map(AcceptedView::from).collect();
            json(status(fresh), &AcceptedAnswer::Many { data }).map(Response::from)
        }
    }
}

fn status(fresh: bool) -> StatusCode {
    if fresh { StatusCode::ACCEPTED } else { StatusCode::OK }
}

/// Why an array was not accepted: every fault of its events, with the worst one's code.
fn rejected(rejection: Rejection) -> Problem {
    let events = match rejection {
        Rejection::Request(refusal) => return refusal.into(),
        Rejection::Events(events) => events,
    };
    let worst = events.iter().map(|(_, refusal)| refusal.code).max_by_key(|code| code.status().as_u16());
    let mut refusal = Refusal::invalid(events.into_iter().flat_map(at_place).collect());
    refusal.code = worst.unwrap_or(refusal.code);
    refusal.into()
}

/// What is wrong with an event, as faults of the array.
fn at_place((at, refusal): (usize, Refusal)) -> Vec<Invalid> {
    let place = |pointer: &str, detail: &str| Invalid::new(format!("/{at}{pointer}"), detail);
    match refusal.errors.as_slice() {
        [] => vec![place("", &refusal.detail)],
        errors => errors.iter().map(|error| place(&error.pointer, &error.detail)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::body::one_event;
    use super::*;
    use crate::domain::id::AccountNo;

    #[test]
    fn the_faults_of_an_arrays_events_are_named_by_place() {
        let refusal = one_event(b"{}", AccountNo(1)).unwrap().whole().unwrap_err();
        let problem = rejected(Rejection::Events(vec![(3, refusal)]));
        assert_eq!(problem.errors[0].pointer, "/3/type");
    }
}
