//! Who calls. A token is looked up by its digest, before anything of the body is read.

use std::borrow::Cow;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};

use super::context::Context;
use crate::app::caller::{self, Caller};
use crate::app::standing::Standing;
use crate::clock;
use crate::domain::account::Roles;
use crate::http::owner::address_key;
use crate::http::problem::{Code, Problem};

/// The header by which an admin token names the account it acts for.
static ACCOUNT_HEADER: HeaderName = HeaderName::from_static("x-ringback-account");
static API_KEY: HeaderName = HeaderName::from_static("x-api-key");

fn unauthorized(why: impl std::fmt::Display) -> Problem {
    let detail = format!("{why}; send a token as \"Authorization: Bearer rb_…\"");
    Problem::new(Code::Unauthorized, detail).closing()
}

/// Authenticates a request. Failures are counted per address, and answered 429 when they are many;
/// a good token is taken from any address, so that no one can lock others out. A token `in_query`
/// counts where no header has one.
///
/// # Errors
/// 401 without a known token, 429 after too many of those.
pub fn authenticate(
    context: &Context,
    headers: &HeaderMap,
    in_query: Option<&str>,
    peer: IpAddr,
) -> Result<(Caller, Standing), Problem> {
    known(context, headers, in_query).map_err(|problem| failed(context, peer, problem))
}

fn known(
    context: &Context,
    headers: &HeaderMap,
    in_query: Option<&str>,
) -> Result<(Caller, Standing), Problem> {
    let text = match (token_text(headers), in_query) {
        (Err(_), Some(token)) if !headers.contains_key(AUTHORIZATION) => Cow::Borrowed(token),
        (text, _) => text?,
    };
    caller::by_token(&context.app, &text).map_err(unauthorized)
}

fn failed(context: &Context, peer: IpAddr, problem: Problem) -> Problem {
    let address = address_key(peer).unwrap_or(peer);
    context.app.auth_failures.add(address, clock::now());
    let most = context.rules().settings.auth_failures_per_minute;
    let (count, wait) = context.failures.counted(address, clock::monotonic());
    if context.app.auth_failures.is_logged(count <= most, clock::monotonic()) {
        tracing::info!(%peer, why = %problem.detail, "a request was not authenticated");
    }
    if count <= most {
        return problem;
    }
    let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
    let detail = format!(
        "more than {most} requests from this address failed to authenticate within a minute (quotas.auth_failures_per_minute)"
    );
    Problem::new(Code::RateLimited, detail).retry_after(seconds).closing()
}

/// The token's text: a bearer token, the user of Basic credentials, or `X-API-Key`.
fn token_text(headers: &HeaderMap) -> Result<Cow<'_, str>, Problem> {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(credentials) = text(&AUTHORIZATION) else {
        return text(&API_KEY).map(Cow::Borrowed).ok_or_else(|| unauthorized("the request has no token"));
    };
    let (scheme, rest) = credentials.split_once(' ').unwrap_or((credentials, ""));
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(Cow::Borrowed(rest));
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = STANDARD.decode(rest).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = pair.ok_or_else(|| unauthorized("the Basic credentials are not base64"))?;
        return Ok(Cow::Owned(pair.split(':').next().unwrap_or_default().to_owned()));
    }
    Err(unauthorized("the Authorization scheme is neither Bearer nor Basic"))
}

/// The account that a request names, in its query or its header.
#[must_use]
pub fn account_named<'a>(headers: &'a HeaderMap, parameter: Option<&'a str>) -> Option<&'a str> {
    parameter.or_else(|| headers.get(&ACCOUNT_HEADER).map(|value| value.to_str().unwrap_or_default()))
}

/// Makes sure that the caller may do what is for holders of any of `able`.
///
/// # Errors
/// 403, naming the roles that may.
pub fn permit(caller: Caller, able: Roles) -> Result<(), Problem> {
    caller.may(able).map_err(|refusal| Problem::from(refusal).closing())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().unwrap())])
    }

    #[test]
    fn tokens_come_in_three_ways() {
        for (name, value, want) in [
            ("authorization", "Bearer rb_x", Some("rb_x")),
            ("authorization", "bearer  rb_x", Some("rb_x")),
            ("authorization", "Basic cmJfeDo=", Some("rb_x")),
            ("authorization", "Basic cmJfeDpwdw==", Some("rb_x")),
            ("x-api-key", "rb_x", Some("rb_x")),
            ("authorization", "Basic ???", None),
            ("authorization", "Digest rb_x", None),
            ("accept", "rb_x", None),
        ] {
            assert_eq!(token_text(&headers(name, value)).ok().as_deref(), want, "{name}: {value}");
        }
    }
}
