//! Ending subscriptions. Whatever was there before, the answer is the same: clients take a failure for an
//! error, and no one is to learn from it what there was.

use std::time::Instant;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use url::{Host, Url};

use super::settings::target;
use super::subscribe::{hook_in_path, members};
use crate::api::call::Call;
use crate::api::route::Takes;
use crate::app::webhook_edits;
use crate::clock;
use crate::domain::target::TargetUrl;
use crate::http::content_type::unsupported;
use crate::http::owner::address_key;
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Json, json};
use crate::limits;

/// A subscription that does not exist, or no longer does.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Unsubscribed {
    /// The id, as given.
    id: String,
}

/// A target without subscriptions.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Silenced {
    /// The target, as given.
    target_url: String,
}

/// A target to end all subscriptions of; any of the names that a subscription accepts.
#[derive(Serialize, JsonSchema)]
pub struct UnsubscribeBody {
    /// The URL they are sent to.
    target_url: String,
}

/// Answers `DELETE /api/hooks/{id}`.
///
/// # Errors
/// When the store cannot.
pub async fn remove(call: Box<Call>) -> Result<Json<Unsubscribed>, Problem> {
    if let Some(webhook) = hook_in_path(&call) {
        match webhook_edits::remove(&call.context.app, webhook.id, call.actor(), call.now).await {
            // Somebody else was quicker.
            Err(refusal) if refusal.code != Code::NotFound => return Err(refusal.into()),
            Ok(_) | Err(_) => {}
        }
    }
    json(StatusCode::OK, &Unsubscribed { id: call.param })
}

/// Answers `POST /api/hooks/unsubscribe`. No one has to say who they are: who knows a target is its
/// receiver.
///
/// # Errors
/// When the body names no target, one address asks too often, or the store cannot.
pub async fn remove_target(
    mut call: Box<Call>,
    _: Takes<UnsubscribeBody>,
) -> Result<Json<Silenced>, Problem> {
    not_from_another_site(&call)?;
    limit(&call)?;
    let members = members(&mut call).await?;
    let named = target(&members.values).and_then(|(_, value)| value.as_str());
    let named = named.ok_or_else(|| {
        Problem::new(Code::MalformedRequest, "the body must name the target, as target_url")
            .at("/target_url", "is required")
    })?;
    let begun = clock::monotonic();
    let removed = match TargetUrl::from_stored(named) {
        Ok(target) => webhook_edits::remove_at(&call.context.app, &target, call.now).await,
        Err(_) => Ok(()),
    };
    // A commit takes time, so how long the answer takes would show whether there was anything.
    tokio::time::sleep_until(next_beat(begun, clock::monotonic()).into()).await;
    removed?;
    json(StatusCode::OK, &Silenced { target_url: named.to_owned() })
}

/// The first whole number of [`limits::UNSUBSCRIBE_BEAT`] after `begun` that is not over.
fn next_beat(begun: Instant, now: Instant) -> Instant {
    let beat = limits::UNSUBSCRIBE_BEAT;
    let beats = now.duration_since(begun).as_nanos() / beat.as_nanos() + 1;
    begun + beat * u32::try_from(beats).unwrap_or(1)
}

/// Refuses what a page of another site makes a browser send: it needs no token, so it must not be sent by
/// somebody who does not know it.
fn not_from_another_site(call: &Call) -> Result<(), Problem> {
    let text = |name| call.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if call.headers.get(CONTENT_TYPE).is_none() {
        return Err(unsupported("none", "application/json"));
    }
    let of_browser = text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let foreign = call.headers.get("origin").is_some_and(|_| {
        let (origin, host) = (text("origin").unwrap_or_default(), text("host").unwrap_or_default());
        !is_own(origin, &call.context.public_url, host)
    });
    if of_browser || foreign {
        let detail = "pages of other sites may not unsubscribe targets; send the request from a server";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    Ok(())
}

/// Whether `Origin` names the daemon's own pages: those of its public URL, or of an address. A page of a name that
/// was made to lead here is of the origin that `Host` names, too, so a name in it shows nothing.
fn is_own(origin: &str, public_url: &str, host: &str) -> bool {
    let public = Url::parse(public_url).is_ok_and(|url| url.origin().ascii_serialization() == origin);
    let Ok(page) = Url::parse(origin) else { return false };
    let is_address = match page.host() {
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    public || is_address && origin.split_once("://").is_some_and(|(_, authority)| authority == host)
}

fn limit(call: &Call) -> Result<(), Problem> {
    let address = address_key(call.peer).unwrap_or(call.peer);
    let wait = call.context.unsubscribes.count(address, limits::UNSUBSCRIBES, clock::monotonic());
    let Some(wait) = wait else { return Ok(()) };
    let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
    let detail = "too many requests to unsubscribe came from this address";
    Err(Problem::new(Code::RateLimited, detail).retry_after(seconds).closing())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_was_made_to_lead_here_is_of_another_site() {
        let public = "https://hooks.example.com";
        for (origin, host, own) in [
            ("https://hooks.example.com", "hooks.example.com", true),
            ("https://hooks.example.com", "127.0.0.1:8420", true),
            ("http://127.0.0.1:8420", "127.0.0.1:8420", true),
            ("http://[::1]:8420", "[::1]:8420", true),
            ("http://localhost:8420", "localhost:8420", true),
            // Rebound: the browser takes the daemon for the page's own server.
            ("http://evil.example:8420", "evil.example:8420", false),
            ("http://localhost.evil.example", "localhost.evil.example", false),
            ("http://hooks.example.com", "hooks.example.com", false),
            ("https://hooks.example.com:8443", "hooks.example.com:8443", false),
            ("http://127.0.0.1:8421", "127.0.0.1:8420", false),
            ("https://evil.example", "hooks.example.com", false),
            ("null", "null", false),
            ("", "", false),
        ] {
            assert_eq!(is_own(origin, public, host), own, "{origin} at {host}");
        }
        assert!(is_own("http://127.0.0.1:8420", "http://127.0.0.1:8420", "x"), "none is configured");
    }

    #[test]
    fn answers_come_at_the_same_time_whatever_there_was() {
        let begun = clock::monotonic();
        let beat = limits::UNSUBSCRIBE_BEAT;
        for (took, beats) in [(beat / 1000, 1), (beat / 2, 1), (beat, 2), (beat * 5 / 2, 3)] {
            assert_eq!(next_beat(begun, begun + took), begun + beat * beats, "{took:?}");
        }
    }
}
