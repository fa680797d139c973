use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::domain::webhook::Webhook;
pub(super) fn ad_hoc(_call: &Call, _json: &str) -> Result<Webhook, Problem> {
    Err(Problem::not_found("x"))
}
