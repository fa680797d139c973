//! What the provider has and this dialect does not.

use crate::api::call::Call;
use crate::http::problem::{Code, Problem};

/// Refuses parameters that the provider has and that mean nothing here: an answer as if they had not been
/// given would be a wrong one.
pub(super) fn refuse(call: &Call, names: &[&str]) -> Result<(), Problem> {
    let asks = |(name, value): &&(String, String)| {
        names.contains(&name.as_str()) && !["0", "false"].contains(&value.as_str())
    };
    match call.query.others().iter().find(asks) {
        Some((name, _)) => {
            Err(Problem::new(Code::BadParameter, format!("{name} is not supported here; leave it out")))
        }
        None => Ok(()),
    }
}
