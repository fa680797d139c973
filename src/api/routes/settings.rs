//! What an account has declared and set, and what only administrators do.

use http::{Method, StatusCode};

use super::{Route, admin, get, handler, manage};
use crate::api::{accounts, audit, event_types, secrets, tokens};

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
        get("/v1/event-types", handler!(types::list))
            .about("Lists declared event types by name.")
            .lists::<types::EventTypeView>(),
        manage(Method::PUT, "/v1/event-types/{*name}", handler!(types::put))
            .about("Declares an event type; with a schema, events whose data does not fit are refused.")
            .takes::<types::EventTypeBody>()
            .gives::<types::EventTypeView>(StatusCode::OK)
            .gives::<types::EventTypeView>(StatusCode::CREATED),
        get("/v1/event-types/{*name}", handler!(types::show))
            .about("Shows a declared event type.")
            .gives::<types::EventTypeView>(StatusCode::OK),
        manage(Method::DELETE, "/v1/event-types/{*name}", handler!(types::delete))
            .about("Takes a declaration back; events of the type are taken as before it.")
            .gives_nothing(),
    ]
}

fn secret_routes() -> Vec<Route> {
    vec![
        manage(Method::GET, "/v1/secrets", handler!(secrets::list))
            .about("Lists the account's secrets by name, without their values.")
            .lists::<secrets::NamedSecretView>(),
        manage(Method::PUT, "/v1/secrets/{name}", handler!(secrets::put))
            .about("Sets a secret that templates of headers can name; its value is never shown.")
            .takes::<secrets::SecretBody>()
            .gives::<secrets::NamedSecretView>(StatusCode::OK)
            .gives::<secrets::NamedSecretView>(StatusCode::CREATED),
        manage(Method::DELETE, "/v1/secrets/{name}", handler!(secrets::delete))
            .about("Takes a secret away; what names it fails from now on.")
            .gives_nothing(),
    ]
}

fn admin_routes() -> Vec<Route> {
    vec![
        admin(Method::POST, "/v1/tokens", handler!(tokens::create))
            .about("Makes a token. Its text is shown in this answer only.")
            .takes::<tokens::TokenBody>()
            .gives::<tokens::TokenView>(StatusCode::CREATED),
        admin(Method::GET, "/v1/tokens", handler!(tokens::list))
            .about("Lists all tokens, or those of the account that is named, newest first.")
            .lists::<tokens::TokenView>(),
        admin(Method::GET, "/v1/tokens/{id}", handler!(tokens::get))
            .about("Shows a token, without its text.")
            .global()
            .gives::<tokens::TokenView>(StatusCode::OK),
        admin(Method::DELETE, "/v1/tokens/{id}", handler!(tokens::revoke))
            .about("Revokes a token.")
            .global()
            .gives_nothing(),
        admin(Method::POST, "/v1/accounts", handler!(accounts::create))
            .about("Makes an account.")
            .global()
            .takes::<accounts::AccountBody>()
            .gives::<accounts::AccountView>(StatusCode::CREATED),
        admin(Method::GET, "/v1/accounts", handler!(accounts::list))
            .about("Lists accounts, newest first.")
            .global()
            .lists::<accounts::AccountView>(),
        admin(Method::GET, "/v1/accounts/{id}", handler!(accounts::get))
            .about("Shows an account and what it holds.")
            .global()
            .gives::<accounts::AccountView>(StatusCode::OK),
    ]
}

fn audit_routes() -> Vec<Route> {
    vec![
        manage(Method::GET, "/v1/audit", handler!(audit::list))
            .about("Lists who changed what, newest first; of all accounts for admins who name none.")
            .query(&audit::FILTERS)
            .lists::<audit::AuditView>(),
        admin(Method::GET, "/v1/audit/verify", handler!(audit::verify))
            .about("Follows the audit log from its beginning to its end and tells where it was changed.")
            .global()
            .gives::<audit::VerifyView>(StatusCode::OK),
    ]
}
