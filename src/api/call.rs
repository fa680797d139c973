//! One authenticated request on its way through its handler.

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::budgets::Place;
use super::context::Context;
use super::query::{Listing, Query};
use crate::app::audit::Actor;
use crate::app::caller::Caller;
use crate::app::permissions;
use crate::app::standing::Standing;
use crate::app::webhook_edits::{self, Idempotency};
use crate::app::webhooks::{Approved, WebhookChange};
use crate::domain::id::AccountNo;
use crate::domain::refusal::push;
use crate::domain::target::TargetUrl;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::http::body::RequestBody;
use crate::http::connection::Connection;
use crate::http::content_type::is_json;
use crate::http::document::{self, Faults};
use crate::http::owner::Owner;
use crate::http::problem::Problem;
use crate::http::reply::{Json, json};
use crate::http::response::{Pieces, Response, pieces};
use crate::limits;

/// A request whose caller may make it.
pub struct Call {
    /// What handlers work with.
    pub context: Arc<Context>,
    /// Who calls.
    pub caller: Caller,
    /// Whether its token still opens anything; `None` where none was asked for.
    pub standing: Option<Standing>,
    /// The address it came from.
    pub peer: IpAddr,
    /// The request's method.
    pub method: Method,
    /// The request's headers.
    pub headers: HeaderMap,
    /// Its query parameters.
    pub query: Query,
    /// What stands for the path template's first variable, percent-decoded once.
    pub param: String,
    /// The same for its second one: the key of something within what the first one names.
    pub key: String,
    /// The request's id.
    pub request_id: Arc<str>,
    /// When it came.
    pub now: Timestamp,
    /// Its body.
    pub(super) body: RequestBody,
    /// The connection it came on.
    pub(super) connection: Arc<Connection>,
    /// Whom what it takes is counted for.
    pub(super) owner: Owner,
}

impl Call {
    /// The account the caller acts for.
    #[must_use]
    pub fn account(&self) -> AccountNo {
        self.caller.account
    }

    /// Refuses more of a stream once the daemon is stopping, or the caller's token has ended.
    ///
    /// # Errors
    /// 503 while draining, 401 after the token's end.
    pub fn open_for_more(&self) -> Result<(), Problem> {
        self.context.open_for_new()?;
        Ok(self.standing.as_ref().map_or(Ok(()), Standing::check)?)
    }

    /// A place among the answers that wait for something to happen, if there is one. Without it the
    /// answer is given at once, as things are.
    pub(super) fn place_to_wait(&self) -> Option<Place> {
        let per_account = self.context.rules().settings.waits;
        self.context.budgets.waits.take(&self.caller, per_account).ok()
    }

    /// The body as a JSON document of settings, and the faults of its form.
    ///
    /// # Errors
    /// When it is no such document at all.
    pub async fn document<T: DeserializeOwned + JsonSchema>(&mut self) -> Result<(T, Faults), Problem> {
        self.document_of(limits::SETTINGS_BODY_BYTES).await
    }

    /// The body as a JSON document of at most `most` bytes, and the faults of its form.
    ///
    /// # Errors
    /// When it is no such document at all.
    pub async fn document_of<T: DeserializeOwned + JsonSchema>(
        &mut self,
        most: usize,
    ) -> Result<(T, Faults), Problem> {
        is_json(&self.headers)?;
        let body = self.body.json(most).await?;
        document::read(&body)
    }

    /// The body as a JSON document of settings; an empty body is an empty object.
    ///
    /// # Errors
    /// When it is no such document at all.
    pub async fn optional_document<T: DeserializeOwned + JsonSchema>(
        &mut self,
    ) -> Result<(T, Faults), Problem> {
        let body = self.body.json(limits::SETTINGS_BODY_BYTES).await?;
        if body.trim_ascii().is_empty() {
            return document::read(b"{}");
        }
        is_json(&self.headers)?;
        document::read(&body)
    }

    /// Makes sure that nothing is asked for in a body: there is none, or an empty object.
    ///
    /// # Errors
    /// Names what is in it.
    pub(super) async fn no_document(&mut self) -> Result<(), Problem> {
        if self.body.is_at_end() {
            return Ok(());
        }
        let (members, mut faults) = self.optional_document::<Map<String, Value>>().await?;
        for name in members.keys().take(limits::PROBLEM_ERRORS) {
            let mut pointer = String::new();
            push(&mut pointer, name);
            faults.add(&pointer, "unknown member; this path takes no members");
        }
        Ok(faults.done()?)
    }

    /// A streamed answer, and where its pieces are put.
    pub(super) fn pieces(&self, content_type: &'static str) -> (Pieces, Response) {
        pieces(self.context.budgets.answers.clone(), self.owner, content_type)
    }

    /// A target as the caller may see it: the values in its query may be its password.
    #[must_use]
    pub fn shown_target(&self, target: &TargetUrl) -> String {
        if self.manages_secrets() { target.as_str().to_owned() } else { target.masked() }
    }

    /// Who changes something by this request.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Token(self.caller.token)
    }

    /// Whether the caller may manage the account's secrets.
    #[must_use]
    pub fn manages_secrets(&self) -> bool {
        self.caller.roles.may(permissions::MANAGE_SECRETS)
    }

    /// Makes a webhook in the caller's name.
    ///
    /// # Errors
    /// When the store cannot, or refuses it.
    pub async fn create_webhook(
        &self,
        approved: Approved,
        idempotency: Option<Idempotency>,
    ) -> Result<Arc<Webhook>, Problem> {
        Ok(webhook_edits::create(&self.context.app, approved, idempotency, self.actor(), self.now).await?)
    }

    /// Stores a change of a webhook in the caller's name.
    ///
    /// # Errors
    /// When the store cannot, or somebody was quicker.
    pub async fn save_webhook(&self, change: WebhookChange) -> Result<Arc<Webhook>, Problem> {
        Ok(webhook_edits::save(&self.context.app, change, self.actor(), self.now).await?)
    }

    /// The page of a list as its answer.
    ///
    /// # Errors
    /// When it has no JSON form.
    pub fn list<T: serde::Serialize, P: super::query::Position>(
        &self,
        rows: Vec<T>,
        next: Option<P>,
    ) -> Result<Json<Listing<T>>, Problem> {
        json(StatusCode::OK, &self.query.listing(rows, next))
    }
}
