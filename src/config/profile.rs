//! `[profiles.NAME]`: how to render, sign, send and retry.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::parse;
use super::reader::Section;
use super::signature;
use crate::domain::event_type::{EventPattern, EventTypeError};
use crate::domain::form::{PayloadForm, Verification};
use crate::domain::header::check_free;
use crate::domain::profile::{DisableAfter, Profile, Timeouts};
use crate::domain::profiles::Profiles;
use crate::domain::retry::{OnGone, RetryOn, RetryPolicy, Waits};
use crate::limits;

/// Reads one profile. What it does not say is as in the profile it extends: the one named by
/// `extends`, else the built-in one of its own name, else the standard one.
pub(super) fn read(name: &str, section: &mut Section<'_>) -> Profile {
    let base = section.optional("extends", built_in).or_else(|| built_in(name).ok()).unwrap_or_default();
    let payload = section.take("payload", base.payload, |word| match word {
        "envelope" => Ok(PayloadForm::Envelope),
        "data" => Ok(PayloadForm::Data),
        "stamped" => Ok(PayloadForm::Stamped),
        "resource_url" => Ok(PayloadForm::ResourceUrl),
        "template" => Ok(PayloadForm::Template),
        "cloudevents" => Ok(PayloadForm::CloudEvents),
        _ => Err("must be envelope, data, stamped, resource_url, template or cloudevents".to_owned()),
    });
    // What the form is, unless the one who wrote the profile says otherwise.
    let content_type = match payload {
        PayloadForm::CloudEvents if base.payload != PayloadForm::CloudEvents => {
            HeaderValue::from_static("application/cloudevents+json")
        }
        _ => base.content_type,
    };
    let signature = signature::read(section, &base.signature);
    let profile = Profile {
        signature: signature.unwrap_or(base.signature),
        payload,
        headers: headers(section).unwrap_or(base.headers),
        event_header: section.optional("event_header", parse::filled_header).or(base.event_header),
        delivery_header: section.optional("delivery_header", parse::filled_header).or(base.delivery_header),
        user_agent: section.take("user_agent", base.user_agent, parse::header_value),
        content_type: section.take("content_type", content_type, parse::header_value),
        retry: retry(section, base.retry),
        max_attempts: max_attempts(section).unwrap_or(base.max_attempts),
        timeouts: timeouts(section.section("timeouts"), base.timeouts),
        whole_answer: section.take("whole_answer", base.whole_answer, parse::boolean),
        default_events: default_events(section).unwrap_or(base.default_events),
        max_body: section.bounded("max_body", base.max_body, (1, 1 << 30), |text| {
            usize::try_from(parse::size(text)?).map_err(|_| "is too large".to_owned())
        }),
        disable_after: disable_after(section, base.disable_after),
        disable_when_exhausted: section.take(
            "disable_when_exhausted",
            base.disable_when_exhausted,
            parse::boolean,
        ),
        verification: verification(section, base.verification),
    };
    let own = profile.headers.iter().map(|(name, _)| name);
    let mut names: Vec<&str> = profile.filled_headers().chain(own).map(HeaderName::as_str).collect();
    names.sort_unstable();
    if let Some(name) =
        names.windows(2).find(|pair| pair.first() == pair.last()).and_then(|pair| pair.first())
    {
        section.refuse(&format!("{name} is the name of two headers; one would take the other's place"));
    }
    profile
}

fn default_events(section: &mut Section<'_>) -> Option<Vec<EventPattern>> {
    let pattern = |text: &str| text.parse().map_err(|error: EventTypeError| error.to_string());
    let events = section.list("default_events", pattern)?;
    if events.len() > limits::EVENT_PATTERNS {
        section.refuse(&format!("default_events may hold at most {} types", limits::EVENT_PATTERNS));
    }
    Some(events)
}

fn built_in(name: &str) -> Result<Profile, String> {
    let all = Profiles::new([]);
    let names = || all.names().collect::<Vec<_>>().join(", ");
    all.get(name).cloned().ok_or_else(|| format!("must name a built-in profile: {}", names()))
}

fn headers(section: &mut Section<'_>) -> Option<Vec<(HeaderName, HeaderValue)>> {
    if !section.has("headers") {
        return None;
    }
    let pair = |name: &str, value: &str| {
        if value.contains("{{") {
            return Err("holds \"{{\", and nothing is filled in here; write the value itself".to_owned());
        }
        let name = parse::header_name(name)?;
        check_free(&name).map_err(|refused| refused.to_string())?;
        Ok((name, parse::header_value(value)?))
    };
    let headers = section.names("headers", pair);
    if headers.len() > limits::CUSTOM_HEADERS {
        section.refuse(&format!("there may be at most {} headers", limits::CUSTOM_HEADERS));
    }
    Some(headers)
}

fn max_attempts(section: &mut Section<'_>) -> Option<Vec<(EventPattern, u32)>> {
    if !section.has("max_attempts") {
        return None;
    }
    let pair = |name: &str, most: &str| {
        let pattern: EventPattern = name.parse().map_err(|error| format!("{name} {error}"))?;
        match parse::whole(most)? {
            most if (1..=limits::RETRY_ATTEMPTS).contains(&most) => Ok((pattern, most)),
            _ => Err(format!("must be 1 to {}", limits::RETRY_ATTEMPTS)),
        }
    };
    Some(section.names("max_attempts", pair))
}

fn retry(profile: &mut Section<'_>, base: RetryPolicy) -> RetryPolicy {
    let mut section = profile.section("retry");
    let policy = RetryPolicy {
        jitter: section.take("jitter", base.jitter, parse::fraction),
        waits: waits(&mut section).unwrap_or(base.waits),
        ..base
    };
    section.finish();
    RetryPolicy {
        retry_on: profile.take("retry_on", policy.retry_on, |word| match word {
            "any_failure" => Ok(RetryOn::AnyFailure),
            "server_errors" => Ok(RetryOn::ServerErrors),
            _ => Err("must be any_failure or server_errors".to_owned()),
        }),
        respect_retry_after: profile.take("respect_retry_after", policy.respect_retry_after, parse::boolean),
        on_gone: profile.take("on_gone", policy.on_gone, |word| match word {
            "remove" => Ok(OnGone::Remove),
            "disable" => Ok(OnGone::Disable),
            "retry" => Ok(OnGone::Retry),
            _ => Err("must be remove, disable or retry".to_owned()),
        }),
        retry_too_large: profile.take("retry_too_large", policy.retry_too_large, parse::boolean),
        ..policy
    }
}

/// The one form of waits that was written.
fn waits(section: &mut Section<'_>) -> Option<Waits> {
    let schedule = section.list("schedule", parse::duration).map(Waits::Schedule);
    let written = section.has("exponential");
    let exponential = exponential(section.section("exponential"));
    let exponential = written.then_some(exponential);
    let written = section.has("quadratic");
    let quadratic = quadratic(section.section("quadratic"));
    let quadratic = written.then_some(quadratic);
    let forms: Vec<Waits> = [schedule, exponential, quadratic].into_iter().flatten().collect();
    if forms.len() > 1 {
        section.refuse("name one of schedule, exponential and quadratic");
    }
    let waits = forms.into_iter().next()?;
    match waits.check() {
        Ok(()) => Some(waits),
        Err(error) => {
            section.refuse(&error.to_string());
            None
        }
    }
}

fn exponential(mut section: Section<'_>) -> Waits {
    let minute = Duration::from_secs(60);
    let waits = Waits::Exponential {
        base: section.take("base", minute, parse::duration),
        factor: section.take("factor", 2.0, parse::number),
        max: section.take("max", minute * 720, parse::duration),
        attempts: section.take("attempts", 12, parse::whole),
    };
    section.finish();
    waits
}

fn quadratic(mut section: Section<'_>) -> Waits {
    let waits = Waits::Quadratic {
        base: section.take("base", Duration::from_millis(250), parse::duration),
        attempts: section.take("attempts", 3, parse::whole),
    };
    section.finish();
    waits
}

fn timeouts(mut section: Section<'_>, base: Timeouts) -> Timeouts {
    let timeouts = Timeouts {
        connect: section.take("connect", base.connect, timeout),
        body: section.take("body", base.body, timeout),
        total: section.take("total", base.total, timeout),
    };
    if timeouts.connect > timeouts.total || timeouts.body > timeouts.total {
        section.refuse("total must be at least connect and at least body");
    }
    section.finish();
    timeouts
}

fn timeout(text: &str) -> Result<Duration, String> {
    let timeout = parse::duration(text)?;
    let sane = !timeout.is_zero() && timeout <= limits::EXCHANGE_MAX;
    if sane { Ok(timeout) } else { Err("must be more than 0s and at most 10m".to_owned()) }
}

pub(super) fn verification(section: &mut Section<'_>, base: Option<Verification>) -> Option<Verification> {
    if section.takes_word("verification", "none") {
        return None;
    }
    let kind = |word: &str| Verification::parse(word).map_err(|error| format!("{error}, none"));
    section.optional("verification", kind).or(base)
}

fn disable_after(section: &mut Section<'_>, base: Option<DisableAfter>) -> Option<DisableAfter> {
    if section.takes_word("disable_after", "never") {
        return None;
    }
    let written = section.has("disable_after");
    let fallback = base.or(Profile::default().disable_after)?;
    let mut inner = section.section("disable_after");
    let after = DisableAfter {
        failing_for: inner.take("failing_for", fallback.failing_for, parse::duration),
        attempts: inner.bounded("attempts", fallback.attempts, (1, 1_000_000), parse::whole),
    };
    inner.finish();
    if written { Some(after) } else { base }
}
