//! The admin listener: probes, figures, the configuration and the drain. Everything but the probes asks for an admin
//! token; the metrics page also takes one with the role `metrics`. It changes no webhook and no event; that is the API's.

mod backup;
mod state;
mod status;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use futures_util::future::BoxFuture;
use http::header::{AUTHORIZATION, FORWARDED, HOST};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::sync::oneshot;

pub use self::state::{Admin, AdminContext, Reload};
use crate::api::auth::{authenticate, permit};
use crate::api::router::within;
use crate::clock;
use crate::domain::account::{Role, Roles};
use crate::domain::refusal::Refusal;
use crate::http::arriving::Arriving;
use crate::http::problem::{Code, Problem};
use crate::http::proxies::X_FORWARDED_FOR;
use crate::http::reply::json as made;
use crate::http::request_id::finish;
use crate::http::response::{Response, typed};
use crate::http::server::Handler;
use crate::store::audit::{Actor, Note};
use crate::telemetry;

/// What a path leads to.
#[derive(Clone, Copy)]
enum Place {
    Live,
    Ready,
    Metrics,
    Status,
    Config,
    Reload,
    Drain,
    Backup,
    Export,
    Log,
}

impl Place {
    fn of(path: &str) -> Option<Self> {
        match path {
            "/livez" => Some(Self::Live),
            "/readyz" => Some(Self::Ready),
            "/metrics" => Some(Self::Metrics),
            "/admin/status" => Some(Self::Status),
            "/admin/config" => Some(Self::Config),
            "/admin/reload" => Some(Self::Reload),
            "/admin/drain" => Some(Self::Drain),
            "/admin/backup" => Some(Self::Backup),
            "/admin/export" => Some(Self::Export),
            "/admin/log" => Some(Self::Log),
            _ => None,
        }
    }

    /// The roles that may have it, besides admin; `None`: anybody may, without a token.
    fn able(self) -> Option<Roles> {
        match self {
            Self::Live | Self::Ready => None,
            Self::Metrics => Some(Roles::of(&[Role::Metrics])),
            _ => Some(Roles::default()),
        }
    }

    fn takes(self, method: &Method) -> Result<(), Problem> {
        let (fits, allow) = match self {
            Self::Drain | Self::Backup | Self::Export | Self::Reload => (method == Method::POST, "POST"),
            _ => (method == Method::GET || method == Method::HEAD, "GET, HEAD"),
        };
        if fits {
            return Ok(());
        }
        let problem = Problem::new(Code::MethodNotAllowed, format!("this path takes {allow}")).closing();
        Err(Problem { allow: Some(allow.to_owned()), ..problem })
    }
}

impl Admin {
    async fn answer(&self, head: &Parts, peer: IpAddr) -> Result<Response, Problem> {
        let nothing = || Problem::new(Code::PathNotFound, "the admin listener has no such path").closing();
        let place = Place::of(head.uri.path()).ok_or_else(nothing)?;
        place.takes(&head.method)?;
        let Some(able) = place.able() else { return self.shown(place, peer, Actor::Anonymous).await };
        if matches!(place, Place::Metrics) && self.is_open_to(head, peer) {
            return self.shown(place, peer, Actor::Anonymous).await;
        }
        let (caller, standing) = authenticate(&self.context.api, &head.headers, None, peer)?;
        permit(caller, able)?;
        within(Some(standing), self.shown(place, peer, Actor::Token(caller.token))).await
    }

    /// Whether `/metrics` needs no token: asked from this host and under a name that means this host (a page
    /// of another name could point it here and have a browser read them), with no sign of a proxy.
    fn is_open_to(&self, head: &Parts, peer: IpAddr) -> bool {
        let through_proxy = [X_FORWARDED_FOR, FORWARDED].iter().any(|name| head.headers.contains_key(name));
        self.context.api.rules().open_metrics
            && peer.to_canonical().is_loopback()
            && !through_proxy
            && !head.headers.contains_key(AUTHORIZATION)
            && head.headers.get(HOST).and_then(|host| host.to_str().ok()).is_some_and(is_this_host)
    }

    /// The answer, for a caller who may have it.
    async fn shown(&self, place: Place, peer: IpAddr, by: Actor) -> Result<Response, Problem> {
        match place {
            Place::Live => answer(StatusCode::OK, &json!({"status": "live"})),
            Place::Ready => self.ready(),
            Place::Metrics => {
                let text = (self.context.metrics)();
                let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
                Ok(typed(StatusCode::OK, media_type, text.into_bytes()))
            }
            Place::Status => answer(StatusCode::OK, &self.status().await),
            Place::Config => answer(StatusCode::OK, &(self.context.config)()),
            Place::Reload => {
                tracing::info!(%peer, "asked to reload the configuration");
                answer(StatusCode::OK, &self.reload(by).await?)
            }
            Place::Log => answer(StatusCode::OK, &json!({"data": telemetry::recent()})),
            Place::Backup => {
                tracing::info!(%peer, "asked for a backup");
                self.enter("store.backup", by).await?;
                Ok(backup::backup(&self.context.store))
            }
            Place::Export => {
                tracing::info!(%peer, "asked for an export");
                self.enter("store.export", by).await?;
                Ok(backup::export(&self.context.store))
            }
            Place::Drain => {
                tracing::info!(%peer, "asked to drain");
                if let Err(error) = self.enter("daemon.drain", by).await {
                    tracing::warn!(why = %error.detail, "the drain is not in the audit log");
                }
                self.context.drain.notify_one();
                answer(StatusCode::ACCEPTED, &json!({"status": "draining"}))
            }
        }
    }

    /// Enters what is about to be done into the audit log.
    async fn enter(&self, action: &'static str, by: Actor) -> Result<(), Problem> {
        let note = Note::global(action, "", "");
        Ok(self.context.store.note(note, by, clock::now()).await.map_err(Refusal::from)?)
    }

    async fn reload(&self, by: Actor) -> Result<Value, Problem> {
        let (reply, answer) = oneshot::channel();
        let stopping = || Problem::new(Code::Draining, "the daemon is stopping");
        self.context.reload.send(Reload { by, reply }).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())?
    }

    fn ready(&self) -> Result<Response, Problem> {
        let wrong = self.wrong();
        if wrong.is_empty() {
            return answer(StatusCode::OK, &json!({"status": "ready"}));
        }
        Err(Problem::new(Code::NotReady, wrong.join("; ")).retry_after(5))
    }
}

/// Whether a `Host` means this host wherever it is read.
fn is_this_host(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// An answer with a JSON body.
fn answer(status: StatusCode, value: &Value) -> Result<Response, Problem> {
    made(status, value).map(Response::from)
}

impl Handler for Admin {
    fn trusts(&self, peer: IpAddr) -> bool {
        self.context.api.rules().proxies.trusts(peer)
    }

    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        self.context.api.rules().proxies.client(peer, headers)
    }

    fn refuse(&self, problem: &Problem, _path: &str, headers: &HeaderMap) -> Response {
        let request_id = self.ids.of(headers);
        let mut answer = problem.answer(&request_id);
        finish(&mut answer, &request_id);
        answer
    }

    fn handle(&self, request: Request<Arriving>, peer: IpAddr) -> BoxFuture<'_, Response> {
        Box::pin(async move {
            let (head, _body) = request.into_parts();
            let request_id = self.ids.of(&head.headers);
            let outcome = self.answer(&head, peer).await;
            let mut answer = outcome.unwrap_or_else(|problem| problem.answer(&request_id));
            finish(&mut answer, &request_id);
            answer
        })
    }
}
