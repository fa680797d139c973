//! `openapi`: the description of the API, from the table that the daemon answers with. It needs none.

use super::Context;
use super::failure::Failure;
use crate::api::openapi;

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    context.output.line(&openapi::description().to_string())
}
