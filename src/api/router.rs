//! From a request to its handler: the path literally, then who calls, then what for.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use hyper::body::Incoming;

use super::answer::{Answer, no_content};
use super::auth::{Caller, authenticate};
use super::call::{Call, Source};
use super::context::Context;
use super::metrics::RequestLabels;
use super::problem::{Code, Problem};
use super::query::{ACCOUNT, Query};
use super::routes::{Route, routes};
use super::server::Handler;
use super::surface::Surface;
use crate::clock;
use crate::domain::account::Role;
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
        request: Request<Incoming>,
        peer: IpAddr,
        surface: Surface,
        request_id: &Arc<str>,
    ) -> (Result<Answer, Problem>, &'static str) {
        let path = surface.path(request.uri().path());
        let Some((routes, param)) = self.find(path) else {
            return (Err(Problem::new(Code::NotFound, "there is nothing at this path")), "none");
        };
        let template = routes.first().map_or("none", |route| route.path);
        let route = match pick(routes, request.method()) {
            Ok(Some(route)) => route,
            Ok(None) => return (Ok(options(routes)), template),
            Err(problem) => return (Err(problem), template),
        };
        let mut call = match self.call(request, route, surface, param, peer, Arc::clone(request_id)) {
            Ok(call) => call,
            Err(problem) => return (Err(problem), template),
        };
        if route.acts() && !surface.is_lenient() {
            // Boxed, so that calls that need it not are no larger.
            if let Err(problem) = Box::pin(call.no_document()).await {
                return (Err(problem), template);
            }
        }
        ((route.handler)(call).await, template)
    }

    /// The routes of a path, taken literally, and what stands for its variable. A path without one is
    /// its route's own.
    fn find(&self, path: &str) -> Option<(&[Route], String)> {
        let found = self.paths.at(path).ok()?;
        let Some((_, param)) = found.params.iter().next() else { return Some((found.value, String::new())) };
        let literal = !path.contains('%') && !path.contains("//") && !path.split('/').any(is_dots);
        if literal { Some((found.value, param.to_owned())) } else { None }
    }

    fn call(
        &self,
        request: Request<Incoming>,
        route: &Route,
        surface: Surface,
        param: String,
        peer: IpAddr,
        request_id: Arc<str>,
    ) -> Result<Box<Call>, Problem> {
        let (parts, body) = request.into_parts();
        let caller = match route.role {
            None => nobody(),
            Some(role) => {
                let in_query = surface.token_parameter().and_then(|name| {
                    let pairs = parts.uri.query().map(str::as_bytes).map(url::form_urlencoded::parse);
                    let mut pairs = pairs.into_iter().flatten();
                    pairs.find(|(key, _)| key == name).map(|(_, token)| token.into_owned())
                });
                let caller = authenticate(&self.context, &parts.headers, in_query.as_deref(), peer)?;
                if !route.admits(caller.role) {
                    caller.may(role)?;
                }
                caller
            }
        };
        let query = Query::parse(parts.uri.query(), route.path, &route.query, surface.is_lenient())?;
        let caller = match route.role {
            None => caller,
            Some(_) => caller.acting_for(&self.context, &parts.headers, query.text(ACCOUNT.name))?,
        };
        let body = Source::new(&parts.headers, body)?;
        Ok(Box::new(Call {
            context: Arc::clone(&self.context),
            caller,
            method: parts.method,
            peer,
            headers: parts.headers,
            query,
            param,
            request_id,
            now: clock::now(),
            body,
            held: None,
        }))
    }
}

impl Handler for Api {
    async fn handle(&self, request: Request<Incoming>, peer: IpAddr) -> Answer {
        let request_id = self.ids.of(request.headers());
        let surface = Surface::of(request.uri().path());
        let (outcome, route) = self.answer(request, peer, surface, &request_id).await;
        let mut answer = outcome.unwrap_or_else(|problem| problem.answer_as(surface, &request_id));
        let labels = RequestLabels { route, status: answer.status().as_u16() };
        self.context.metrics.requests.get_or_create(&labels).inc();
        finish(&mut answer, &request_id);
        answer
    }
}

/// Adds what every answer carries.
pub(crate) fn finish(answer: &mut Answer, request_id: &str) {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        answer.headers_mut().insert(&REQUEST_ID, value);
    }
}

fn is_dots(segment: &str) -> bool {
    segment == "." || segment == ".."
}

fn nobody() -> Caller {
    Caller { token: TokenId::new(Timestamp::default(), 0), role: Role::Reader, account: AccountNo(0) }
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
