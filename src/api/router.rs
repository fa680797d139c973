//! From a request to its handler: the path literally, then who calls, then what for.

use std::fmt::Write as _;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::header::{CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use percent_encoding::percent_decode_str;

use super::answer::{Answer, no_content};
use super::arriving::Arriving;
use super::auth::{Caller, account_named, authenticate};
use super::budgets::Owner;
use super::call::{Call, Source};
use super::connection::Connection;
use super::context::Context;
use super::events::accept::RequestKey;
use super::metrics::RequestLabels;
use super::problem::{Code, Problem};
use super::query::{ACCOUNT, Query};
use super::routes::{Route, routes};
use super::server::Handler;
use super::standing::Standing;
use super::surface::Surface;
use crate::clock;
use crate::domain::account::Roles;
use crate::domain::id::{AccountNo, TokenId};
use crate::domain::time::Timestamp;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The API: every route over one context.
pub struct Api {
    context: Arc<Context>,
    paths: matchit::Router<Vec<Route>>,
    ids: RequestIds,
}

impl Api {
    /// The API over a context.
    ///
    /// # Errors
    /// When two routes contradict each other, which is a mistake of ours.
    pub fn new(context: Arc<Context>) -> Result<Self, matchit::InsertError> {
        let mut grouped: Vec<(&'static str, Vec<Route>)> = Vec::new();
        for route in routes() {
            match grouped.iter_mut().find(|(path, _)| *path == route.path) {
                Some((_, routes)) => routes.push(route),
                None => grouped.push((route.path, vec![route])),
            }
        }
        let mut paths = matchit::Router::new();
        for (path, routes) in grouped {
            paths.insert(path, routes)?;
        }
        Ok(Self { context, paths, ids: RequestIds::new() })
    }

    async fn answer(
        &self,
        request: Request<Arriving>,
        peer: IpAddr,
        surface: Surface,
        request_id: &Arc<str>,
    ) -> (Result<Answer, Problem>, &'static str) {
        let path = surface.path(request.uri().path());
        let Some((routes, variables)) = self.find(path) else {
            return (Err(Problem::no_path()), "none");
        };
        let template = routes.first().map_or("none", |route| route.path);
        let route = match pick(routes, request.method()) {
            Ok(Some(route)) => route,
            Ok(None) => return (Ok(options(routes)), template),
            Err(problem) => return (Err(problem), template),
        };
        let mut call = match self.call(request, route, surface, variables, peer, Arc::clone(request_id)) {
            Ok(call) => call,
            Err(problem) => return (Err(problem), template),
        };
        let standing = call.standing.clone();
        let answer = async {
            if route.acts() && !surface.is_lenient() {
                // Boxed, so that calls that need it not are no larger.
                Box::pin(call.no_document()).await?;
            }
            (route.handler)(call).await
        };
        (within(standing, answer).await, template)
    }

    /// The routes of a path, and what stands for its variables. All but the variables is taken literally.
    fn find(&self, path: &str) -> Option<(&[Route], [String; 2])> {
        let found = self.paths.at(path).ok()?;
        let mut variables = [String::new(), String::new()];
        if !found.params.is_empty() && !is_plain(path) {
            return None;
        }
        for ((_, raw), variable) in found.params.iter().zip(&mut variables) {
            *variable = decoded(raw)?;
        }
        Some((found.value, variables))
    }

    fn call(
        &self,
        request: Request<Arriving>,
        route: &Route,
        surface: Surface,
        [param, key]: [String; 2],
        peer: IpAddr,
        request_id: Arc<str>,
    ) -> Result<Box<Call>, Problem> {
        let (mut parts, body) = request.into_parts();
        let connection = parts.extensions.remove().unwrap_or_else(|| Arc::new(Connection::new()));
        let (caller, standing) = match route.roles {
            None => (nobody(), None),
            Some(roles) => {
                let in_query = surface.token_parameter().and_then(|name| {
                    let pairs = parts.uri.query().map(str::as_bytes).map(url::form_urlencoded::parse);
                    let mut pairs = pairs.into_iter().flatten();
                    pairs.find(|(key, _)| key == name).map(|(_, token)| token.into_owned())
                });
                let (caller, standing) =
                    authenticate(&self.context, &parts.headers, in_query.as_deref(), peer)?;
                caller.may(roles)?;
                (caller, Some(standing))
            }
        };
        if route.makes_or_changes() && !route.takes_keys() {
            RequestKey::refuse(&parts.headers)?;
        }
        let query = Query::parse(parts.uri.query(), route.path, &route.query, surface.is_lenient())?;
        let caller = match route.roles {
            None => caller,
            Some(_) => {
                let named = account_named(&parts.headers, query.text(ACCOUNT.name));
                if route.global && named.is_some() {
                    let detail = "no account can be named here: this path is about all of them";
                    return Err(Problem::new(Code::BadParameter, detail));
                }
                caller.acting_for(&self.context, named)?
            }
        };
        let owner = match route.roles {
            None => Owner::at(peer),
            Some(_) => Owner::Account(caller.account),
        };
        let place = route.roles.map(|_| self.context.admit(&caller)).transpose()?;
        connection.belongs_to(owner, place);
        let body = Source::new(&parts.headers, body)?;
        Ok(Box::new(Call {
            context: Arc::clone(&self.context),
            caller,
            standing,
            method: parts.method,
            peer,
            headers: parts.headers,
            query,
            param,
            key,
            request_id,
            now: clock::now(),
            body,
            held: None,
            pace: None,
            connection,
            owner,
        }))
    }
}

impl Handler for Api {
    fn trusts(&self, peer: IpAddr) -> bool {
        self.context.rules().proxies.trusts(peer)
    }

    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        self.context.rules().proxies.client(peer, headers)
    }

    async fn handle(&self, request: Request<Arriving>, peer: IpAddr) -> Answer {
        let request_id = self.ids.of(request.headers());
        let surface = Surface::of(request.uri().path());
        let connection: Option<Arc<Connection>> = request.extensions().get().cloned();
        let (outcome, route) = self.answer(request, peer, surface, &request_id).await;
        let owner = connection.and_then(|connection| connection.owner()).unwrap_or_else(|| Owner::at(peer));
        let outcome = outcome.and_then(|answer| self.context.hold_answer(owner, answer));
        let mut answer = outcome.unwrap_or_else(|problem| problem.answer_as(surface, &request_id));
        let labels = RequestLabels { route, status: answer.status().as_u16() };
        self.context.metrics.requests.get_or_create(&labels).inc();
        finish(&mut answer, &request_id);
        answer
    }
}

/// The answer of a handler, which ends soon after the token does that it works for. Hanging up stops a
/// handler at the same points.
pub(crate) async fn within(
    standing: Option<Standing>,
    answer: impl Future<Output = Result<Answer, Problem>>,
) -> Result<Answer, Problem> {
    let Some(standing) = standing else { return answer.await };
    let mut answer = tokio::select! {
        biased;
        answer = answer => answer?,
        ended = standing.clone().ended_for_a_while() => return Err(ended.problem()),
    };
    answer.body_mut().end_with(standing);
    Ok(answer)
}

/// Adds what every answer carries. Callers decide what is in many of them, so a browser that is shown one
/// neither guesses a type nor runs anything in it.
pub(crate) fn finish(answer: &mut Answer, request_id: &str) {
    let headers = answer.headers_mut();
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(&REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static("sandbox; default-src 'none'"));
}

/// A path's variable, percent-decoded once; `None` if it cannot be, or would stand for another path.
fn decoded(raw: &str) -> Option<String> {
    let is_escape = |rest: &str| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if !raw.split('%').skip(1).all(is_escape) {
        return None;
    }
    let variable = percent_decode_str(raw).decode_utf8().ok()?;
    let fits = is_plain(&variable) && !variable.chars().any(char::is_control);
    fits.then(|| variable.into_owned())
}

/// Whether nothing between here and the client can have taken it for another path.
fn is_plain(path: &str) -> bool {
    !path.contains("//") && !path.split('/').any(|segment| segment == "." || segment == "..")
}

pub(super) fn nobody() -> Caller {
    Caller { token: TokenId::new(Timestamp::default(), 0), roles: Roles::default(), account: AccountNo(0) }
}

/// The route of a method; `None` for OPTIONS.
fn pick<'a>(routes: &'a [Route], method: &Method) -> Result<Option<&'a Route>, Problem> {
    let asked = if method == Method::HEAD { &Method::GET } else { method };
    if let Some(route) = routes.iter().find(|route| route.method == asked) {
        return Ok(Some(route));
    }
    if method == Method::OPTIONS {
        return Ok(None);
    }
    let allow = allowed(routes);
    let detail = format!("this path takes {allow}");
    Err(Problem { allow: Some(allow), ..Problem::new(Code::MethodNotAllowed, detail).closing() })
}

fn allowed(routes: &[Route]) -> String {
    let mut methods: Vec<&str> = routes.iter().map(|route| route.method.as_str()).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.push("OPTIONS");
    methods.join(", ")
}

fn options(routes: &[Route]) -> Answer {
    let mut answer = no_content();
    if let Ok(allow) = HeaderValue::from_str(&allowed(routes)) {
        answer.headers_mut().insert(http::header::ALLOW, allow);
    }
    answer
}

/// Ids for requests that bring none: unlikely to repeat over restarts, cheap to make.
pub(crate) struct RequestIds {
    /// How they all begin.
    start: String,
    next: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        let start = clock::random_bytes().map_or_else(|_| clock::now().as_millis(), u64::from_be_bytes);
        Self { start: format!("{start:016x}-"), next: AtomicU64::new(1) }
    }

    /// The caller's id, if it is a sane one; else a fresh one.
    pub(crate) fn of(&self, headers: &HeaderMap) -> Arc<str> {
        let given = headers.get(&REQUEST_ID).and_then(|value| value.to_str().ok());
        let sane = |id: &&str| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
            (1..=64).contains(&id.len()) && id.bytes().all(plain)
        };
        given.filter(sane).map_or_else(|| self.next(), Arc::from)
    }

    /// A fresh id.
    pub(crate) fn next(&self) -> Arc<str> {
        let mut id = String::with_capacity(2 * self.start.len());
        id.push_str(&self.start);
        // Writing to a String cannot fail.
        let _ = write!(id, "{:x}", self.next.fetch_add(1, Ordering::Relaxed));
        id.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_decoded_once() {
        for (raw, want) in [
            ("order.paid", Some("order.paid")),
            ("order%2Fpaid", Some("order/paid")),
            ("a%3ab", Some("a:b")),
            ("a:b/c", Some("a:b/c")),
            ("%c3%a9", Some("é")),
            ("a+b", Some("a+b")),
            ("a%252Fb", Some("a%2Fb")),
            ("%25", Some("%")),
            ("", Some("")),
            ("a%", None),
            ("a%2", None),
            ("a%zz", None),
            ("a%+1", None),
            ("%ff", None),
            ("a%00b", None),
            ("a%0d%0ab", None),
            ("%2e%2e", None),
            ("%2E.", None),
            (".%2e/a", None),
            ("a%2F..%2Fb", None),
            ("a/%2e%2e/b", None),
            ("a%2F%2Fb", None),
            ("a%2f/b", None),
        ] {
            assert_eq!(decoded(raw).as_deref(), want, "{raw}");
        }
    }

    #[test]
    fn a_sane_request_id_is_kept() {
        let ids = RequestIds::new();
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(&REQUEST_ID, text.parse().unwrap());
            ids.of(&headers).to_string()
        };
        assert_eq!(of("a-B_1.2"), "a-B_1.2");
        for bad in ["", "a b", "a\"b", &"x".repeat(65)] {
            assert_ne!(of(bad), bad);
        }
        assert_ne!(ids.of(&HeaderMap::new()), ids.of(&HeaderMap::new()));
    }
}
