//! The built-in profiles, one or two for each system whose dialect is spoken.

use std::collections::BTreeMap;
use std::time::Duration;

use http::HeaderName;

use crate::domain::event_type::EventPattern;
use crate::domain::form::PayloadForm;
use crate::domain::profile::{
    ACTION_PROFILE, DEFAULT_PROFILE, JOB_PROFILE, Profile, RUN_WEBHOOKS, SignatureScheme, Timeouts,
};
use crate::domain::reserved::JOB_ENDS;
use crate::domain::retry::{OnGone, RetryOn, RetryPolicy, Waits};

/// All of them by name.
pub(super) fn all() -> BTreeMap<String, Profile> {
    let named = [
        (DEFAULT_PROFILE, Profile::default()),
        (JOB_PROFILE, job_webhooks()),
        ("rest-hooks", rest_hooks(PayloadForm::Data)),
        ("notification-hooks", rest_hooks(PayloadForm::ResourceUrl)),
        (ACTION_PROFILE, action_runs()),
        (RUN_WEBHOOKS, run_webhooks()),
    ];
    named.into_iter().map(|(name, profile)| (name.to_owned(), profile)).collect()
}

/// A stamped body under `t=…,v1=…`, for the ends of jobs, with quick retries of whatever fails.
fn job_webhooks() -> Profile {
    let eight = Duration::from_secs(8);
    Profile {
        signature: vec![SignatureScheme::Timestamped {
            header: HeaderName::from_static("x-ringback-signature"),
            multi_signature: false,
        }],
        payload: PayloadForm::Stamped,
        event_header: Some(HeaderName::from_static("x-ringback-event")),
        retry: RetryPolicy {
            waits: Waits::Quadratic { base: Duration::from_millis(250), attempts: 3 },
            jitter: 0.0,
            retry_on: RetryOn::AnyFailure,
            respect_retry_after: false,
            on_gone: OnGone::Remove,
            retry_too_large: true,
        },
        default_events: JOB_ENDS.iter().filter_map(|name| name.parse().ok()).collect(),
        timeouts: Timeouts { connect: eight, body: eight, total: eight * 2 },
        whole_answer: true,
        ..Profile::default()
    }
}

/// The bare data, or where it is to be read; given up after a day, and the webhook with it.
fn rest_hooks(payload: PayloadForm) -> Profile {
    let waits = [0, 5, 30, 300, 3600, 86_400].map(Duration::from_secs);
    Profile {
        payload,
        retry: RetryPolicy {
            waits: Waits::Schedule(waits.to_vec()),
            jitter: 0.1,
            retry_on: RetryOn::AnyFailure,
            respect_retry_after: true,
            on_gone: OnGone::Remove,
            retry_too_large: false,
        },
        // Receivers take at most 100 MB.
        max_body: 100_000_000,
        disable_after: None,
        disable_when_exhausted: true,
        ..Profile::default()
    }
}

/// A token over the bare data, and a few retries within seconds: a result that was not taken can be
/// fetched.
fn action_runs() -> Profile {
    let ten = Duration::from_secs(10);
    Profile {
        signature: vec![SignatureScheme::Jwt {
            header: HeaderName::from_static("ringback-callback-signature"),
            algorithm: None,
        }],
        payload: PayloadForm::Data,
        retry: RetryPolicy {
            waits: Waits::Schedule([0, 1, 2].map(Duration::from_secs).into()),
            jitter: 0.2,
            retry_on: RetryOn::ServerErrors,
            respect_retry_after: false,
            on_gone: OnGone::Retry,
            retry_too_large: false,
        },
        timeouts: Timeouts { connect: ten, body: ten, total: ten },
        disable_after: None,
        ..Profile::default()
    }
}

/// The bare data, or what a template makes of it, unsigned; what was not taken is tried again after 1,
/// 2, 4 … minutes, eleven times, and a test three times.
fn run_webhooks() -> Profile {
    let minute = Duration::from_secs(60);
    let test = "TEST".parse().map(|test| (EventPattern::Exact(test), 4));
    Profile {
        signature: Vec::new(),
        payload: PayloadForm::Data,
        delivery_header: Some(HeaderName::from_static("x-ringback-webhook-dispatch-id")),
        retry: RetryPolicy {
            waits: Waits::Exponential { base: minute, factor: 2.0, max: minute * 1440, attempts: 12 },
            jitter: 0.0,
            retry_on: RetryOn::AnyFailure,
            respect_retry_after: true,
            on_gone: OnGone::Remove,
            retry_too_large: true,
        },
        max_attempts: test.into_iter().collect(),
        disable_after: None,
        ..Profile::default()
    }
}
