//! From a request to its handler: the path literally, then who calls, then what for.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Method, Request};
use percent_encoding::percent_decode_str;

use super::auth::{account_named, authenticate, permit};
use super::call::Call;
use super::context::Context;
use super::metrics::RequestLabels;
use super::query::{ACCOUNT, Query};
use super::request_key;
use super::route::Route;
use super::surface::Surface;
use super::table::{routes, surface_of};
use crate::app::caller::Caller;
use crate::app::standing::Standing;
use crate::clock;
use crate::http::arriving::Arriving;
use crate::http::body::RequestBody;
use crate::http::connection::Connection;
use crate::http::head::TargetBound;
use crate::http::owner::Owner;
use crate::http::problem::{Code, Problem};
use crate::http::request_id::{RequestIds, finish};
use crate::http::response::{Response, no_content};
use crate::http::server::Handler;

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
        surface: &Surface,
        request_id: &Arc<str>,
    ) -> (Result<Response, Problem>, &'static str) {
        let path = surface.path(request.uri().path());
        let Some((routes, variables)) = self.find(path) else {
            return (Err(Problem::no_path(surface.offers)), "none");
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
            if route.acts() && !surface.is_lenient {
                // Boxed, so that calls that need it not are no larger.
                Box::pin(call.no_document()).await?;
            }
            (route.handler.run)(call).await
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
        surface: &Surface,
        [param, key]: [String; 2],
        peer: IpAddr,
        request_id: Arc<str>,
    ) -> Result<Box<Call>, Problem> {
        let (mut parts, body) = request.into_parts();
        let connection = parts.extensions.remove().unwrap_or_else(|| Arc::new(Connection::new()));
        let (caller, standing) = match route.roles {
            None => (Caller::anonymous(), None),
            Some(roles) => {
                let in_query = surface.token_parameter.and_then(|name| {
                    let pairs = parts.uri.query().map(str::as_bytes).map(url::form_urlencoded::parse);
                    let mut pairs = pairs.into_iter().flatten();
                    pairs.find(|(key, _)| key == name).map(|(_, token)| token.into_owned())
                });
                let (caller, standing) =
                    authenticate(&self.context, &parts.headers, in_query.as_deref(), peer)?;
                permit(caller, roles)?;
                (caller, Some(standing))
            }
        };
        if route.makes_or_changes() && !route.takes_keys() {
            request_key::refuse(&parts.headers)?;
        }
        let query = Query::parse(parts.uri.query(), route.path, &route.query, surface.is_lenient)?;
        let caller = match route.roles {
            None => caller,
            Some(_) => {
                let named = account_named(&parts.headers, query.text(ACCOUNT.name));
                if route.global && named.is_some() {
                    let detail = "no account can be named here: this path concerns all of them";
                    return Err(Problem::new(Code::BadParameter, detail));
                }
                caller.acting_for(&self.context.app, named)?
            }
        };
        let owner = match route.roles {
            None => Owner::at(peer),
            Some(_) => Owner::Account(caller.account),
        };
        let place = route.roles.map(|_| self.context.admit(&caller)).transpose()?;
        connection.belongs_to(owner, place.map(|place| Box::new(place) as _));
        let (bodies, deadline) =
            (self.context.budgets.bodies.clone(), self.context.rules().settings.body_deadline);
        let body =
            RequestBody::new(&parts.headers, body, Arc::clone(&connection), (owner, bodies), deadline)?;
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

    fn target_bound(&self, path: &str) -> TargetBound {
        (surface_of(path).target_bound)(path)
    }

    fn refuse(&self, problem: &Problem, path: &str, headers: &HeaderMap) -> Response {
        let request_id = self.ids.of(headers);
        let mut answer = render(surface_of(path), problem, &request_id);
        finish(&mut answer, &request_id);
        answer
    }

    fn handle(&self, request: Request<Arriving>, peer: IpAddr) -> BoxFuture<'_, Response> {
        Box::pin(async move {
            let request_id = self.ids.of(request.headers());
            let surface = surface_of(request.uri().path());
            let connection: Option<Arc<Connection>> = request.extensions().get().cloned();
            let (outcome, route) = self.answer(request, peer, surface, &request_id).await;
            let owner =
                connection.and_then(|connection| connection.owner()).unwrap_or_else(|| Owner::at(peer));
            let outcome = outcome.and_then(|answer| self.context.hold_answer(owner, answer));
            let mut answer = outcome.unwrap_or_else(|problem| render(surface, &problem, &request_id));
            let labels = RequestLabels { route, status: answer.status().as_u16() };
            self.context.metrics.requests.get_or_create(&labels).inc();
            finish(&mut answer, &request_id);
            answer
        })
    }
}

/// A problem in the form of an API.
fn render(surface: &Surface, problem: &Problem, request_id: &str) -> Response {
    let Some(error) = &surface.error else { return problem.answer(request_id) };
    let (status, value) = (error.write)(problem);
    problem.answer_with(status, "application/json", value.to_string().into_bytes())
}

/// The answer of a handler, which ends soon after the token does that it works for. Hanging up stops a
/// handler at the same points.
pub(crate) async fn within(
    standing: Option<Standing>,
    answer: impl Future<Output = Result<Response, Problem>>,
) -> Result<Response, Problem> {
    let Some(standing) = standing else { return answer.await };
    let mut answer = tokio::select! {
        biased;
        answer = answer => answer?,
        ended = standing.clone().ended_for_a_while() => return Err(ended.into()),
    };
    answer.body_mut().end_with(async { standing.ended_for_a_while().await.to_string() });
    Ok(answer)
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

fn options(routes: &[Route]) -> Response {
    let mut answer = no_content();
    if let Ok(allow) = HeaderValue::from_str(&allowed(routes)) {
        answer.headers_mut().insert(http::header::ALLOW, allow);
    }
    answer
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
}
