//! What an exchange means: for its delivery, for its lane, and for those who should know. Pure but for
//! the jitter, which is drawn here.

use std::sync::Arc;

use super::task::Task;
use crate::clock;
use crate::domain::delivery::{Attempt, Reason, Trigger};
use crate::domain::event::Event;
use crate::domain::id::AttemptId;
use crate::domain::operational::Notice;
use crate::domain::outcome::{ErrorKind, Exchange, Want};
use crate::domain::profile::Profile;
use crate::domain::reserved::is_operational;
use crate::domain::retry::{GiveUp, Verdict};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{DisabledWhy, Failing};
use crate::limits;
use crate::schedule::{Ended, Health, RunNews};
use crate::store::command::DeliveryChange;

/// Attempts at most, where the webhook or its profile says less than the policy.
fn most_attempts(task: &Task, profile: &Profile) -> u32 {
    let of_type = |event: &Arc<Event>| profile.attempts_of(&event.header.event_type);
    let of_type = task.event.as_ref().and_then(of_type);
    task.webhook.terms.max_attempts.into_iter().chain(of_type).min().unwrap_or(u32::MAX)
}

/// When the wait began that a try by hand interrupted: at the end of the last attempt of the schedule,
/// of those made since the delivery started at `started_at`.
pub(super) fn interrupted_wait(
    attempts: &[(AttemptId, Attempt)],
    started_at: Timestamp,
) -> Option<Timestamp> {
    let of_schedule =
        |attempt: &Attempt| attempt.trigger == Trigger::Scheduled && attempt.started_at >= started_at;
    let (_, last) = attempts.iter().rev().find(|(_, attempt)| of_schedule(attempt))?;
    Some(last.started_at.plus(last.exchange.timings.total))
}

/// What the exchange makes of its delivery; `since` is when the wait before the next attempt begins.
pub(super) fn change(
    task: &Task,
    profile: &Profile,
    exchange: &Exchange,
    spent: bool,
    since: Timestamp,
    now: Timestamp,
) -> DeliveryChange {
    // A try by hand is none of the schedule's: the wait after it is the one that it interrupted.
    let made = match task.row.trigger {
        Trigger::Manual => task.row.attempts.max(1),
        Trigger::Scheduled => task.row.attempts + 1,
    };
    let verdict = match profile.retry.decide(made, exchange, jitter(exchange), since, now) {
        Verdict::At(_) if made >= most_attempts(task, profile) => Verdict::GiveUp(GiveUp::Exhausted),
        verdict => verdict,
    };
    match verdict {
        Verdict::Delivered => DeliveryChange::Delivered,
        Verdict::At(due) => DeliveryChange::Retry { due: not_too_soon(due, exchange, now), spent },
        Verdict::GiveUp(_) if !spent => DeliveryChange::Retry { due: now.plus(limits::UNSPENT_RETRY), spent },
        // An attempt that somebody asked for says nothing of how the schedule went.
        Verdict::GiveUp(GiveUp::Exhausted)
            if profile.disable_when_exhausted && task.row.trigger == Trigger::Scheduled =>
        {
            DeliveryChange::DisableWebhook(DisabledWhy::Failing)
        }
        Verdict::GiveUp(GiveUp::Exhausted) => DeliveryChange::Failed(Reason::Exhausted),
        Verdict::GiveUp(GiveUp::Final) => DeliveryChange::Failed(Reason::FinalAnswer),
        Verdict::Remove => DeliveryChange::RemoveWebhook,
        Verdict::Disable => DeliveryChange::DisableWebhook(DisabledWhy::Gone),
    }
}

/// When to try again: what the daemon lacks is not there within the first wait of every schedule, and an attempt that
/// is not counted has the first wait again and again.
fn not_too_soon(due: Timestamp, exchange: &Exchange, now: Timestamp) -> Timestamp {
    match exchange.want {
        Some(Want::Own) => due.max(now.plus(limits::OWN_WANT_RETRY)),
        Some(Want::Network | Want::Resolver) | None => due,
    }
}

/// What an attempt's end means to the scheduler.
pub(super) fn ended(task: &Task, profile: &Profile, exchange: &Exchange, now: Timestamp) -> Ended {
    let failed = exchange.error.is_some();
    let change = || change(task, profile, exchange, true, now, now);
    Ended {
        health: health(exchange, profile, now),
        half_used: failed && half_used(task, profile),
        is_final: failed
            && matches!(change(), DeliveryChange::RemoveWebhook | DeliveryChange::DisableWebhook(_)),
    }
}

/// Whether a failed attempt leaves its delivery half of its attempts or fewer, where one that uses them
/// up disables its webhook.
fn half_used(task: &Task, profile: &Profile) -> bool {
    let most = profile.retry.waits.attempts().min(most_attempts(task, profile));
    profile.disable_when_exhausted
        && task.row.trigger == Trigger::Scheduled
        && (task.row.attempts + 1).saturating_mul(2) >= most
}

/// What an account should know of a delivery's end.
pub(super) fn notice(change: DeliveryChange, event: &Event) -> Option<Notice> {
    match change {
        DeliveryChange::Failed(reason) if !is_operational(&event.header.event_type) => {
            Some(Notice::DeliveryExhausted {
                event: event.header.id,
                event_type: event.header.event_type.clone(),
                reason,
            })
        }
        DeliveryChange::DisableWebhook(why) => Some(Notice::WebhookDisabled {
            why,
            by: Some((event.header.id, event.header.event_type.clone())),
        }),
        DeliveryChange::Failed(_)
        | DeliveryChange::Delivered
        | DeliveryChange::Retry { .. }
        | DeliveryChange::RemoveWebhook => None,
    }
}

/// What an account should know of a run of failures.
pub(super) fn run_notice(news: Option<RunNews>, failing: Option<Failing>) -> Option<Notice> {
    match (news?, failing) {
        (RunNews::HalfWay, Some(failing)) => Some(Notice::WebhookFailing(failing)),
        (RunNews::HalfWay, None) | (RunNews::Probing, _) => None,
        (RunNews::Recovered, _) => Some(Notice::WebhookRecovered),
    }
}

/// A number from 0 to 1, drawn only where it is used.
fn jitter(exchange: &Exchange) -> f64 {
    if exchange.succeeded() {
        return 0.0;
    }
    let drawn = clock::random_bits().unwrap_or_default();
    f64::from(drawn) / f64::from(u32::MAX)
}

/// What an exchange says about its receiver.
fn health(exchange: &Exchange, profile: &Profile, now: Timestamp) -> Health {
    let Some(error) = &exchange.error else { return Health::Success };
    match exchange.want {
        Some(Want::Network) => return Health::NoRoute,
        Some(Want::Resolver) => return Health::Unresolved,
        Some(Want::Own) => return Health::Neutral,
        None => {}
    }
    match error.kind {
        ErrorKind::Status => answered(exchange, profile, now),
        ErrorKind::TimeoutConnect
        | ErrorKind::TimeoutResponse
        | ErrorKind::TimeoutTotal
        | ErrorKind::BodyTooSlow => Health::TimedOut,
        ErrorKind::Render | ErrorKind::SecretMissing => Health::Neutral,
        ErrorKind::BlockedAddress
        | ErrorKind::Dns
        | ErrorKind::Connect
        | ErrorKind::Tls
        | ErrorKind::Redirect
        | ErrorKind::Protocol => Health::Failure,
    }
}

fn answered(exchange: &Exchange, profile: &Profile, now: Timestamp) -> Health {
    let status = exchange.status();
    let asked = exchange.retry_after(now).filter(|_| profile.retry.respect_retry_after);
    match (status, asked) {
        (Some(429 | 503), Some(until)) => Health::RetryAfter(until),
        (Some(429 | 502 | 504), _) => Health::Throttled,
        _ => Health::Failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_silence_says_that_there_is_no_network() {
        let health = |kind, want| {
            let exchange = Exchange { want, ..Exchange::failed(kind, "") };
            health(&exchange, &Profile::default(), Timestamp::default())
        };
        assert_eq!(health(ErrorKind::Dns, None), Health::Failure, "there is no such name");
        assert_eq!(health(ErrorKind::Dns, Some(Want::Resolver)), Health::Unresolved);
        assert_eq!(health(ErrorKind::TimeoutConnect, Some(Want::Resolver)), Health::Unresolved);
        assert_eq!(health(ErrorKind::TimeoutConnect, None), Health::TimedOut);
        assert_eq!(health(ErrorKind::Dns, Some(Want::Network)), Health::NoRoute);
        assert_eq!(health(ErrorKind::Connect, Some(Want::Own)), Health::Neutral);
    }

    #[test]
    fn what_the_daemon_lacks_is_given_time() {
        let (due, now) = (Timestamp::from_millis(250), Timestamp::default());
        let next =
            |want| not_too_soon(due, &Exchange { want, ..Exchange::failed(ErrorKind::Connect, "") }, now);
        assert_eq!(next(Some(Want::Own)), now.plus(limits::OWN_WANT_RETRY));
        assert_eq!([next(None), next(Some(Want::Network))], [due; 2]);
        let late = now.plus(limits::OWN_WANT_RETRY * 2);
        assert_eq!(
            not_too_soon(
                late,
                &Exchange { want: Some(Want::Own), ..Exchange::failed(ErrorKind::Connect, "") },
                now
            ),
            late
        );
    }
}
