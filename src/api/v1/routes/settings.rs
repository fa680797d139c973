//! What an account has declared and set, and what only administrators do.

use http::{Method, StatusCode};

use crate::api::route::{Route, admin, get, handler, manage};
use crate::api::v1::{accounts, audit, event_types, secrets, tokens};

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
        get("/v1/event-types", handler!(types::list)).about("List declared event types by name.").lists(),
        manage(Method::PUT, "/v1/event-types/{*name}", handler!(takes types::put))
            .about("Declare an event type; with a schema, events whose data does not match it are refused.")
            .gives(StatusCode::OK)
            .gives(StatusCode::CREATED),
        get("/v1/event-types/{*name}", handler!(types::show))
            .about("Show a declared event type.")
            .gives(StatusCode::OK),
        manage(Method::DELETE, "/v1/event-types/{*name}", handler!(types::delete))
            .about("Delete a declaration; events of the type are accepted as before it.")
            .gives_nothing(),
    ]
}

fn secret_routes() -> Vec<Route> {
    vec![
        manage(Method::GET, "/v1/secrets", handler!(secrets::list))
            .about("List the account's secrets by name, without their values.")
            .lists(),
        manage(Method::PUT, "/v1/secrets/{name}", handler!(takes secrets::put))
            .about("Set a secret that header templates can name; its value is never shown.")
            .gives(StatusCode::OK)
            .gives(StatusCode::CREATED),
        manage(Method::DELETE, "/v1/secrets/{name}", handler!(secrets::delete))
            .about("Delete a secret; what names it fails from now on.")
            .gives_nothing(),
    ]
}

fn admin_routes() -> Vec<Route> {
    vec![
        admin(Method::POST, "/v1/tokens", handler!(takes tokens::create))
            .about("Create a token. Its text is shown only in this response.")
            .gives(StatusCode::CREATED),
        admin(Method::GET, "/v1/tokens", handler!(tokens::list))
            .about("List all tokens, or those of the named account, newest first.")
            .lists(),
        admin(Method::GET, "/v1/tokens/{id}", handler!(tokens::get))
            .about("Show a token, without its text.")
            .global()
            .gives(StatusCode::OK),
        admin(Method::DELETE, "/v1/tokens/{id}", handler!(tokens::revoke))
            .about("Revoke a token.")
            .global()
            .gives_nothing(),
        admin(Method::POST, "/v1/accounts", handler!(takes accounts::create))
            .about("Create an account.")
            .global()
            .gives(StatusCode::CREATED),
        admin(Method::GET, "/v1/accounts", handler!(accounts::list))
            .about("List accounts, newest first.")
            .global()
            .lists(),
        admin(Method::GET, "/v1/accounts/{id}", handler!(accounts::get))
            .about("Show an account and what it holds.")
            .global()
            .gives(StatusCode::OK),
    ]
}

fn audit_routes() -> Vec<Route> {
    vec![
        manage(Method::GET, "/v1/audit", handler!(audit::list))
            .about("List who changed what, newest first; for admins who name no account, of all accounts.")
            .query(&audit::FILTERS)
            .lists(),
        admin(Method::GET, "/v1/audit/verify", handler!(audit::verify))
            .about("Verify the audit log from its beginning to its end, and say where it was changed.")
            .global()
            .gives(StatusCode::OK),
    ]
}
