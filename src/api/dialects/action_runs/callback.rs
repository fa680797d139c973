//! The callback of a run: its webhook, its event, and what became of it.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::view::{callback_body, run_id, run_in_path};
use crate::api::call::Call;
use crate::api::v1::deliveries::{DeliveryDetail, detail};
use crate::api::v1::webhooks::edit::draft;
use crate::app::callbacks::{self, Callback};
use crate::app::deliveries;
use crate::app::job_dialect::JobDialect;
use crate::app::webhooks::{Approved, make};
use crate::domain::dialect::Dialect;
use crate::domain::event::{Key, NewEvent};
use crate::domain::event_type::EventPattern;
use crate::domain::job::Job;
use crate::domain::profile::ACTION_PROFILE;
use crate::domain::result_rows::ResultRows;
use crate::domain::terms::Terms;
use crate::domain::webhook::Settings;
use crate::http::document::Faults;
use crate::http::problem::Problem;
use crate::http::reply::{Json, json};

/// The type of the event that only a run's own webhook hears.
const EVENT_TYPE: &str = "job.callback";

/// A run's callback.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CallbackAnswer {
    data: CallbackView,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CallbackView {
    /// `callback`.
    r#type: &'static str,
    run_id: String,
    /// Null if the webhook and its log are gone.
    url: Option<String>,
    /// waiting (the run has not ended), pending, delivered, failed or cancelled.
    status: &'static str,
    /// The delivery with its attempts, once the run has ended.
    delivery: Option<DeliveryDetail>,
}

/// The webhook of a run's `callback_url`; `None` where it cannot be.
pub(super) fn webhook(url: String, call: &Call, faults: &mut Faults) -> Result<Option<Approved>, Problem> {
    let mut draft = draft(call.account(), call.now)?;
    let events = EVENT_TYPE.parse().ok().map(EventPattern::Exact).into_iter().collect();
    let terms = Terms { dialect: Dialect::ActionRuns, ..Terms::default() };
    draft.settings = Settings { profile: ACTION_PROFILE.to_owned(), events, terms, ..draft.settings };
    draft.url = Some(url);
    let made = make(draft, &call.context.app.rules().asking(call.manages_secrets(), call.now));
    Ok(faults.judged(made, |_| "/callback_url"))
}

/// Runs call back when they end.
pub struct Runs;

impl JobDialect for Runs {
    fn calls_back(&self) -> bool {
        true
    }

    fn callback(&self, job: &Job, rows: &ResultRows, most: usize) -> Option<NewEvent> {
        Some(NewEvent {
            account: job.account,
            event_type: EVENT_TYPE.parse().ok()?,
            // What a token of the callback is about.
            source_id: Key::new(&run_id(job.id)).ok(),
            occurred_at: job.completed_at,
            order_key: None,
            metadata: None,
            data: callback_body(job, rows, most).into(),
        })
    }
}

/// Answers `GET /v2/action-runs/{id}/callback`.
///
/// # Errors
/// 404 when there is no such run, or it was made without a `callback_url`.
pub async fn show(call: Box<Call>) -> Result<Json<CallbackAnswer>, Problem> {
    let job = run_in_path(&call).await?;
    let app = &call.context.app;
    let found = callbacks::of_job(app, &job).await?;
    let Some(Callback { webhook, delivery }) = found else {
        return Err(Problem::not_found("callback: the run has none"));
    };
    let (run_id, ended) = (run_id(job.id), job.status.is_terminal());
    let url = webhook.map(|webhook| call.shown_target(&webhook.url));
    let status = match &delivery {
        Some(delivery) => delivery.state.as_str(),
        None if ended => "cancelled",
        None => "waiting",
    };
    let delivery = match delivery {
        Some(delivery) => {
            let listed = deliveries::find(app, call.account(), delivery.id).await?;
            Some(detail(&call, listed).await?)
        }
        None => None,
    };
    json(
        StatusCode::OK,
        &CallbackAnswer { data: CallbackView { r#type: "callback", run_id, url, status, delivery } },
    )
}
