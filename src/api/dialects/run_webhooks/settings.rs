//! A webhook's settings as this dialect's clients send them: to make one, to change one, with a run,
//! or in an actor's declaration.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::call::Call;
use crate::api::members::{Nullable, nullable};
use crate::api::v1::webhooks::edit::draft;
use crate::app::webhooks::{Approved, Asking, Draft, Member, make};
use crate::domain::actor::ActorId;
use crate::domain::dialect::Dialect;
use crate::domain::event::Key;
use crate::domain::event_type::EventPattern;
use crate::domain::id::{AccountNo, JobId};
use crate::domain::profile::RUN_WEBHOOKS;
use crate::domain::scope::Scope;
use crate::domain::terms::{Template, Terms};
use crate::domain::time::Timestamp;
use crate::http::document;
use crate::http::document::Faults;
use crate::http::problem::Problem;

/// What webhooks of this dialect may listen to.
pub const EVENT_TYPES: [&str; 12] = [
    "ACTOR.RUN.CREATED",
    "ACTOR.RUN.SUCCEEDED",
    "ACTOR.RUN.FAILED",
    "ACTOR.RUN.ABORTED",
    "ACTOR.RUN.TIMED_OUT",
    "ACTOR.RUN.RESURRECTED",
    "ACTOR.BUILD.CREATED",
    "ACTOR.BUILD.SUCCEEDED",
    "ACTOR.BUILD.FAILED",
    "ACTOR.BUILD.ABORTED",
    "ACTOR.BUILD.TIMED_OUT",
    "TEST",
];
/// The members of the data of this dialect's events.
const MEMBERS: [&str; 5] = ["userId", "createdAt", "eventType", "eventData", "resource"];
/// Characters of a URL, a description, and an owner's key.
const URL_CHARS: usize = 500;
const DESCRIPTION_CHARS: usize = 320;
const KEY_CHARS: usize = 128;

/// The one thing that a webhook is about.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct Condition {
    /// All runs of an actor.
    actor_id: Option<String>,
    /// All runs of a task.
    actor_task_id: Option<String>,
    /// One run.
    actor_run_id: Option<String>,
}

/// A webhook's settings; in a change, omitted members stay as they are.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(rename = "RunWebhookBody")]
pub struct WebhookBody {
    /// Whether it fires once; only with `actorRunId`.
    is_ad_hoc: Option<bool>,
    /// The event types it receives.
    event_types: Option<Vec<String>>,
    /// What it belongs to: exactly one member.
    condition: Option<Condition>,
    /// The owner's key: creating it again under the same key returns the existing one.
    idempotency_key: Option<String>,
    /// Whether any certificate is accepted; only where the operator allows it.
    ignore_ssl_errors: Option<bool>,
    /// Whether only one attempt is made.
    do_not_retry: Option<bool>,
    /// Its URL.
    request_url: Option<String>,
    /// The template of its body; by default the event's data.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    payload_template: Nullable<String>,
    /// The template of its headers.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    headers_template: Nullable<String>,
    /// A description.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    description: Nullable<String>,
    /// Whether variables inside the payload's strings are replaced.
    should_interpolate_strings: Option<bool>,
}

impl Condition {
    /// The scope it names, if it names one; one that names nothing leaves all as it is.
    fn scope(&self, faults: &mut Faults) -> Option<Scope> {
        let named = |kind, pointer, id: &Option<String>| Some((kind, pointer, id.clone()?));
        let all = [
            named("actor", "/condition/actorId", &self.actor_id),
            named("task", "/condition/actorTaskId", &self.actor_task_id),
            named("job", "/condition/actorRunId", &self.actor_run_id),
        ];
        let mut named = all.into_iter().flatten();
        let (kind, pointer, id) = named.next()?;
        if named.next().is_some() {
            faults.add("/condition", "must name one of actorId, actorTaskId and actorRunId");
            return None;
        }
        match kind {
            "job" => {
                let run: Option<JobId> = faults.parse(pointer, Some(&id));
                run.map(|run| Scope::of(kind, run))
            }
            // Somebody's actor is written with a tilde in paths, and with a slash elsewhere.
            kind => {
                let id: Option<ActorId> = faults.parse(pointer, Some(&id.replacen('/', "~", 1)));
                id.map(|id| Scope::of(kind, id))
            }
        }
    }
}

impl WebhookBody {
    /// The new webhook that the settings describe, bound to `scope` or to what its condition says.
    ///
    /// # Errors
    /// When no secret could be drawn.
    pub(super) fn drafted(
        self,
        account: AccountNo,
        scope: Option<Scope>,
        now: Timestamp,
        faults: &mut Faults,
    ) -> Result<Draft, Problem> {
        let mut draft = draft(account, now)?;
        draft.settings.profile = RUN_WEBHOOKS.to_owned();
        draft.settings.terms = Terms { dialect: Dialect::RunWebhooks, scope, ..Terms::default() };
        faults.require("/eventTypes", self.event_types.as_ref());
        if let Some(key) = self.idempotency_key.as_deref() {
            let key = Some(key).filter(|key| key.chars().count() <= KEY_CHARS);
            let key = key.and_then(|key| Key::new(key).ok());
            let rule = format!("must be 1 to {KEY_CHARS} printable ASCII characters");
            draft.settings.terms.key = faults.check("/idempotencyKey", key.ok_or(rule));
        }
        self.apply(&mut draft, faults);
        Ok(draft)
    }

    /// Puts what is given into `draft`; whatever has no meaning is a fault.
    pub(super) fn apply(self, draft: &mut Draft, faults: &mut Faults) {
        draft.template_roots = &MEMBERS;
        let Draft { settings, url, .. } = draft;
        let terms = &mut settings.terms;
        if let Some(scope) = self.condition.and_then(|condition| condition.scope(faults)) {
            terms.scope = Some(scope);
        }
        terms.once = self.is_ad_hoc.unwrap_or(terms.once);
        terms.any_certificate = self.ignore_ssl_errors.unwrap_or(terms.any_certificate);
        if let Some(once) = self.do_not_retry {
            terms.max_attempts = once.then_some(1);
        }
        let before = terms.template.as_deref().cloned().unwrap_or_default();
        let text = |given: Nullable<String>, before: Option<Box<str>>| match given {
            None => before,
            Some(text) => text.filter(|text| !text.trim().is_empty()).map(Into::into),
        };
        let template = Template {
            payload: text(self.payload_template, before.payload.clone()),
            headers: text(self.headers_template, before.headers.clone()),
            interpolate_strings: self.should_interpolate_strings.unwrap_or(before.interpolate_strings),
        };
        if template != before {
            terms.template = (template != Template::default()).then(|| template.into());
        }
        if let Some(types) = self.event_types {
            settings.events = patterns(&types, faults);
        }
        if self.request_url.as_ref().is_some_and(|url| url.chars().count() > URL_CHARS) {
            faults.add("/requestUrl", format_args!("may have at most {URL_CHARS} characters"));
        }
        *url = self.request_url;
        if let Some(description) = self.description {
            settings.description = description.unwrap_or_default();
            if settings.description.chars().count() > DESCRIPTION_CHARS {
                faults.add("/description", format_args!("may have at most {DESCRIPTION_CHARS} characters"));
            }
        }
    }
}

/// What must hold of a webhook that stands for itself.
pub(super) fn check_whole(terms: &Terms, faults: &mut Faults) {
    let Some(scope) = &terms.scope else {
        return faults.add("/condition", "must name one of actorId, actorTaskId and actorRunId");
    };
    if terms.once && scope.parts().0 != "job" {
        faults.add("/isAdHoc", "needs condition.actorRunId: such a webhook belongs to one run");
    }
}

/// Where the run is that an ad-hoc webhook is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunIs {
    /// The webhook is made together with it.
    New,
    /// It goes on.
    Open,
    /// It has ended, and may be resurrected.
    Ended,
}

/// Refuses an ad-hoc webhook that would never fire: the run's next end removes it.
pub(super) fn check_fires(events: &[EventPattern], run: RunIs, faults: &mut Faults) {
    let comes = |name: &str| match name {
        "ACTOR.RUN.CREATED" => run == RunIs::New,
        "ACTOR.RUN.RESURRECTED" => run == RunIs::Ended,
        "TEST" => run != RunIs::New,
        other => other.starts_with("ACTOR.RUN."),
    };
    if events.is_empty() || events.iter().any(|pattern| comes(&pattern.to_string())) {
        return;
    }
    let detail = "must name an event that can come before the run's end removes the ad-hoc webhook, as \
                  ACTOR.RUN.SUCCEEDED";
    faults.add("/eventTypes", detail);
}

/// What this API calls a member.
pub(super) fn pointer(member: Member) -> &'static str {
    match member {
        Member::Url => "/requestUrl",
        Member::Events => "/eventTypes",
        Member::PayloadTemplate => "/payloadTemplate",
        Member::HeadersTemplate => "/headersTemplate",
        Member::AnyCertificate => "/ignoreSslErrors",
        // These are not its callers' to say.
        Member::Profile
        | Member::Headers
        | Member::Ordering
        | Member::ExpiresAt
        | Member::Secret
        | Member::Tls => "",
    }
}

fn patterns(types: &[String], faults: &mut Faults) -> Vec<EventPattern> {
    if types.is_empty() {
        faults.add("/eventTypes", "must name at least one type");
    }
    let mut patterns = Vec::new();
    for (at, name) in types.iter().enumerate().take(EVENT_TYPES.len() * 2) {
        let known = EVENT_TYPES.contains(&name.as_str()).then(|| name.parse().map(EventPattern::Exact));
        match known {
            Some(Ok(pattern)) if !patterns.contains(&pattern) => patterns.push(pattern),
            Some(_) => {}
            None => {
                let detail = format_args!("must be one of {}", EVENT_TYPES.join(", "));
                faults.add(&format!("/eventTypes/{at}"), detail);
            }
        }
    }
    patterns
}

/// The webhook of one run that a run's starter asks for; the code that makes the run binds it to that.
///
/// # Errors
/// Names every member that cannot be taken.
pub(super) fn ad_hoc(call: &Call, json: &str) -> Result<Approved, Problem> {
    let (mut body, mut faults) = document::read::<WebhookBody>(json.as_bytes())?;
    // Each run has its own, so there is nothing to find again.
    (body.condition, body.idempotency_key, body.is_ad_hoc) = (None, None, None);
    let draft = body.drafted(call.account(), None, call.now, &mut faults)?;
    check_fires(&draft.settings.events, RunIs::New, &mut faults);
    let made = make(draft, &call.context.app.rules().asking(call.manages_secrets(), call.now));
    let made = faults.judged(made, pointer);
    faults.unless(made).map_err(|refusal| Problem::from(refusal).with_status(StatusCode::BAD_REQUEST))
}

/// A webhook of an actor's declaration.
///
/// # Errors
/// Names every member that cannot be taken.
pub(in crate::api) fn declared(
    account: AccountNo,
    scope: Scope,
    json: &str,
    asking: &Asking<'_>,
) -> Result<Approved, Problem> {
    let (mut body, mut faults) = document::read::<WebhookBody>(json.as_bytes())?;
    (body.condition, body.idempotency_key, body.is_ad_hoc) = (None, None, None);
    let mut draft = body.drafted(account, Some(scope), asking.now, &mut faults)?;
    draft.settings.terms.declared = true;
    let made = faults.judged(make(draft, asking), pointer);
    Ok(faults.unless(made)?)
}
