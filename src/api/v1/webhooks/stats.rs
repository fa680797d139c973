//! Show a webhook's recent statistics.

use std::time::Duration;

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::edit::webhook_in_path;
use super::view::{HealthView, ShownState, state};
use crate::api::call::Call;
use crate::api::display_json::DisplayJson;
use crate::api::members::window;
use crate::api::param::Param;
use crate::api::words::OneOf;
use crate::app::webhook_list::statistics;
use crate::domain::id::WebhookId;
use crate::domain::time::Timestamp;
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Json, json};

/// The parameters.
pub const PARAMS: [Param; 1] = [Param::text("window", "How far to look back: 15m, 24h, 7d; 24h by default.")];

const DEFAULT_WINDOW: Duration = Duration::from_secs(24 * 3600);

/// A webhook's recent statistics.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StatsView {
    webhook_id: DisplayJson<WebhookId>,
    /// The beginning of the window.
    since: DisplayJson<Timestamp>,
    attempts: u64,
    /// The share of attempts that succeeded, 0 to 1; null without attempts.
    success_rate: Option<f64>,
    /// How many of the newest attempts in the window failed in a row.
    consecutive_failures: u64,
    duration_p50_ms: Option<f64>,
    duration_p95_ms: Option<f64>,
    duration_p99_ms: Option<f64>,
    /// Whether only the newest part of the window was counted.
    sampled: bool,
    /// Events that the webhook did not get because of its filter, of the newest 5,000 in the window.
    skipped_by_filter: u64,
    /// Deliveries that wait, including those that wait for the webhook to be resumed.
    backlog: u64,
    /// Whether more wait than were counted.
    backlog_more: bool,
    /// When the first of them is, or was, due; null while the webhook is paused or disabled.
    oldest_due: Option<DisplayJson<Timestamp>>,
    /// How its receiver has been doing.
    health: HealthView,
    state: OneOf<ShownState>,
    /// The former name of `state`.
    #[schemars(extend("deprecated" = true))]
    status: OneOf<ShownState>,
}

#[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
fn rate(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Answers `GET /v1/webhooks/{id}/stats`.
///
/// # Errors
/// When there is no such webhook, the window makes no sense, or the store cannot be read.
pub async fn show(call: Box<Call>) -> Result<Json<StatsView>, Problem> {
    let webhook = webhook_in_path(&call)?;
    let window = match call.query.text("window") {
        None => DEFAULT_WINDOW,
        Some(text) => window(text).ok_or_else(|| {
            Problem::new(Code::BadParameter, "window must be a number with s, m, h or d, at most 366d")
        })?,
    };
    let (no, since) = (webhook.no(), call.now.minus(window));
    let (stats, skipped_by_filter) = statistics(&call.context.app, &webhook, since).await?;
    let health = call.context.health(vec![no]).await;
    let oldest = stats.oldest.filter(|_| webhook.is_served(call.now));
    let millis = |duration: Duration| duration.as_secs_f64() * 1e3;
    let view = StatsView {
        webhook_id: DisplayJson(webhook.id),
        since: DisplayJson(since),
        attempts: stats.attempts,
        success_rate: rate(stats.successes, stats.attempts),
        consecutive_failures: stats.consecutive_failures,
        duration_p50_ms: stats.p50.map(millis),
        duration_p95_ms: stats.p95.map(millis),
        duration_p99_ms: stats.p99.map(millis),
        sampled: stats.sampled,
        skipped_by_filter,
        backlog: stats.backlog,
        backlog_more: stats.backlog_more,
        oldest_due: oldest.map(|row| DisplayJson(row.clamped(call.now).due)),
        health: HealthView::new(&webhook, health.first().copied().unwrap_or_default(), call.now),
        state: OneOf(state(&webhook, call.now).0),
        status: OneOf(state(&webhook, call.now).0),
    };
    json(StatusCode::OK, &view)
}
