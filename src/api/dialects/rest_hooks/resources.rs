//! `/r/{token}`: what a delivered `resource_url` points at. Its webhook says who may read it, how
//! often and how long.
//!
//! A removed webhook's resources stay readable as it said while it was there: their URLs were handed
//! out before, and a receiver may well unsubscribe between the two.

use http::{Method, StatusCode};
use serde_json::Value;

use crate::api::auth::{account_named, authenticate, permit};
use crate::api::call::Call;
use crate::api::query::ACCOUNT;
use crate::api::route::{InForm, JSON, Written};
use crate::app::permissions;
use crate::app::resources::{self, Resource};
use crate::domain::delivery::Delivery;
use crate::domain::id::AccountNo;
use crate::domain::terms::ResourceAuth;
use crate::domain::time::Timestamp;
use crate::http::problem::{Code, Problem};
use crate::http::response::no_store;
use crate::http::response::typed;

/// Answers `GET /r/{token}`. HEAD says the same and uses nothing up.
///
/// # Errors
/// 404 when there is no such resource for the caller, 401 where it has to say who it is, 410 when the
/// resource has expired or was used up.
pub async fn read(call: Box<Call>) -> Result<InForm<Written<Value>>, Problem> {
    let app = &call.context.app;
    let resource = resources::find(app, &call.param).await?;
    let Resource { delivery, event, terms, used } = &resource;
    if terms.auth == ResourceAuth::Required {
        check_reader(&call, event.header.account)?;
    }
    if terms.ttl.is_some_and(|ttl| expired(delivery, ttl, call.now)) {
        return Err(Problem::new(Code::Gone, "the resource has expired"));
    }
    let used_up = || Problem::new(Code::Gone, "the resource could be read only once, and was");
    if *used && terms.one_time {
        return Err(used_up());
    }
    let reads = call.method != Method::HEAD;
    if terms.one_time && reads && !resources::use_up(app, &resource, call.now).await? {
        return Err(used_up());
    }
    Ok(no_store(typed(StatusCode::OK, JSON, event.data.to_vec())).into())
}

/// Makes sure that the caller may read what an account's resources hold. Anyone who acts for another account
/// hears what is said where there is nothing, whatever its token may do.
fn check_reader(call: &Call, account: AccountNo) -> Result<(), Problem> {
    let (caller, _) = authenticate(&call.context, &call.headers, None, call.peer)?;
    if caller.account != account && !caller.roles.may(permissions::ACT_FOR_ACCOUNTS) {
        return Err(missing());
    }
    permit(caller, permissions::READ_RESOURCES)?;
    let named = account_named(&call.headers, call.query.text(ACCOUNT.name));
    if caller.acting_for(&call.context.app, named)?.account == account { Ok(()) } else { Err(missing()) }
}

fn missing() -> Problem {
    Problem::not_found("resource")
}

fn expired(delivery: &Delivery, ttl: std::time::Duration, now: Timestamp) -> bool {
    delivery.started_at.plus(ttl) <= now
}
