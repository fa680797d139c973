//! What an account has declared and set, and what only administrators do.

use http::{Method, StatusCode};

use crate::api::query::DRY_RUN;
use crate::api::route::{LOCATION, Route, get, handler, post, route};
use crate::api::v1::{accounts, audit, event_types, secrets, tokens};
use crate::app::permissions as may;

/// Every route of theirs.
pub(super) fn routes() -> Vec<Route> {
    let mut all = event_type_routes();
    all.extend(secret_routes());
    all.extend(admin_routes());
    all.extend(audit_routes());
    all
}

fn event_type_routes() -> Vec<Route> {
    use event_types as types;
    vec![
        get("/v1/event-types", may::SEE_EVENT_TYPES, handler!(types::list))
            .about("List declared event types by name.")
            .lists(),
        route(Method::PUT, "/v1/event-types/{*name}", may::DECLARE_EVENT_TYPES, handler!(takes types::put))
            .about("Declare an event type; with a schema, events whose data does not match it are refused.")
            .query(&[DRY_RUN])
            .gives(StatusCode::OK)
            .gives(StatusCode::CREATED)
            .with(&[LOCATION]),
        get("/v1/event-types/{*name}", may::SEE_EVENT_TYPES, handler!(types::show))
            .about("Show a declared event type.")
            .gives(StatusCode::OK),
        route(Method::DELETE, "/v1/event-types/{*name}", may::DECLARE_EVENT_TYPES, handler!(types::delete))
            .about("Delete a declaration; events of the type are accepted as before it.")
            .gives_nothing(),
    ]
}

fn secret_routes() -> Vec<Route> {
    vec![
        get("/v1/secrets", may::MANAGE_SECRETS, handler!(secrets::list))
            .about("List the account's secrets by name, without their values.")
            .lists(),
        route(Method::PUT, "/v1/secrets/{name}", may::MANAGE_SECRETS, handler!(takes secrets::put))
            .about("Set a secret that header templates can name; its value is never shown.")
            .query(&[DRY_RUN])
            .gives(StatusCode::OK)
            .gives(StatusCode::CREATED)
            .with(&[LOCATION]),
        route(Method::DELETE, "/v1/secrets/{name}", may::MANAGE_SECRETS, handler!(secrets::delete))
            .about("Delete a secret; what names it fails from now on.")
            .gives_nothing(),
    ]
}

fn admin_routes() -> Vec<Route> {
    vec![
        post("/v1/tokens", may::MANAGE_TOKENS, handler!(takes tokens::create))
            .about("Create a token. Its text is shown only in this response.")
            .gives(StatusCode::CREATED)
            .with(&[LOCATION]),
        get("/v1/tokens", may::MANAGE_TOKENS, handler!(tokens::list))
            .about("List all tokens, or those of the named account, newest first.")
            .lists(),
        get("/v1/tokens/{id}", may::MANAGE_TOKENS, handler!(tokens::get))
            .about("Show a token, without its text.")
            .global()
            .gives(StatusCode::OK),
        route(Method::DELETE, "/v1/tokens/{id}", may::MANAGE_TOKENS, handler!(tokens::revoke))
            .about("Revoke a token.")
            .global()
            .gives_nothing()
            .refuses(&[StatusCode::CONFLICT]),
        post("/v1/accounts", may::MANAGE_ACCOUNTS, handler!(takes accounts::create))
            .about("Create an account.")
            .global()
            .gives(StatusCode::CREATED)
            .with(&[LOCATION]),
        get("/v1/accounts", may::MANAGE_ACCOUNTS, handler!(accounts::list))
            .about("List accounts, newest first.")
            .global()
            .lists(),
        get("/v1/accounts/{id}", may::MANAGE_ACCOUNTS, handler!(accounts::get))
            .about("Show an account and what it holds.")
            .global()
            .gives(StatusCode::OK),
    ]
}

fn audit_routes() -> Vec<Route> {
    vec![
        get("/v1/audit", may::SEE_AUDIT, handler!(audit::list))
            .about("List who changed what, newest first; for admins who name no account, of all accounts.")
            .query(&audit::FILTERS)
            .lists(),
        get("/v1/audit/verify", may::CHECK_AUDIT, handler!(audit::verify))
            .about("Verify the audit log from its beginning to its end, and say where it was changed.")
            .global()
            .gives(StatusCode::OK),
    ]
}
