use crate::api::call::Call;
use crate::api::context::Context;
use crate::api::problem::Problem;
use crate::domain::id::AccountNo;
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
pub(super) fn ad_hoc(_call: &Call, _json: &str) -> Result<Webhook, Problem> {
    Err(Problem::invalid(vec![]).with_status(http::StatusCode::BAD_REQUEST))
}
pub(in crate::api) fn declared(
    _: &Context,
    _: AccountNo,
    _: Scope,
    _: &str,
    _: Timestamp,
) -> Result<Webhook, Problem> {
    Err(Problem::not_found("x"))
}
