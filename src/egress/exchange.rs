//! One exchange: from a request to a connection that carries it, idle or fresh.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use http::header::{self, HeaderName};
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::Full;
use tokio::time::timeout_at;

use super::answer::{Sent, converse};
use super::connect::{Reached, is_offline};
use super::connection::{Connection, Message};
use super::deadline::after;
use super::failure::Failure;
use super::pool::Origin;
use super::race::{Why, race};
use super::resolve::LookupError;
use super::tls::Security;
use super::{Inner, OutgoingRequest};
use crate::clock;
use crate::domain::id::{AccountNo, WebhookNo};
use crate::domain::outcome::{ErrorKind, Exchange, Want};
use crate::domain::profile::Timeouts;
use crate::domain::proxy::ProxyUrl;
use crate::domain::target::{Host, TargetUrl};

/// Headers that frame the request or speak of the connection: the caller's are dropped.
const RESERVED: [HeaderName; 9] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::EXPECT,
    HeaderName::from_static("keep-alive"),
];

impl Inner {
    pub(super) async fn attempt(
        &self,
        request: OutgoingRequest,
        started: Instant,
        record: &mut Exchange,
    ) -> Result<(), Failure> {
        let OutgoingRequest { webhook, account, method, target, headers, body, timeouts, .. } = request;
        let any_certificate = self.connector.tls.takes_any(request.any_certificate);
        let origin = Origin { target, security: Security { any_certificate, own: request.tls } };
        let target = &origin.target;
        let via = self.connector.via(target);
        let total_by = after(started, timeouts.total);
        let connect_by = after(started, timeouts.connect).min(total_by);
        if let (Some(_), Host::Ip(ip)) = (via, target.host()) {
            self.connector.policy.check(ip)?;
        }
        let addresses = match via.map_or(target.host(), ProxyUrl::host) {
            Host::Ip(ip) if via.is_some() => vec![ip],
            Host::Name(name) if via.is_some() => {
                let found = self.addresses(name, account, started, connect_by, &timeouts, record).await;
                found.map_err(Failure::of_proxy)?.to_vec()
            }
            Host::Ip(ip) => self.connector.policy.check(ip).map(|()| vec![ip])?,
            Host::Name(name) => {
                let found = self.addresses(name, account, started, connect_by, &timeouts, record).await?;
                self.connector.policy.admitted(&found)?
            }
        };
        let mut message = prepare(method, target, headers, body);

        let mut idle = self.reusable(webhook, &origin, &addresses).await;
        loop {
            let reused = idle.is_some();
            let mut connection = match idle.take() {
                Some(connection) => connection,
                // Boxed, or each exchange would carry room for a handshake that few make.
                None => Box::pin(self.fresh(&origin, &addresses, connect_by, &timeouts, record)).await?,
            };
            // Through a proxy nothing is known of the receiver but its name.
            record.remote_ip = Some(connection.address.ip()).filter(|_| via.is_none());
            // Only a kept connection can be found to have ended, and what was sent over it is sent again.
            let again = reused.then(|| message.clone());
            match converse(&mut connection, &mut message, &timeouts, total_by, record).await? {
                // Closed in the last moment: not a re-send, as nothing was sent.
                Sent::Unsent(_) if reused => {}
                Sent::Unanswered(failure) if let Some(again) = again => {
                    message = again;
                    let why = failure.error.detail;
                    record.note = Some(format!(
                        "a reused connection closed before it answered, so a new one was used ({why})"
                    ));
                }
                Sent::Unsent(failure) | Sent::Unanswered(failure) => return Err(failure),
                // What a receiver says of a connection that was idle for too long, as it closes it.
                Sent::Whole | Sent::Capped
                    if is_timed_out(record)
                        && let Some(again) = again =>
                {
                    message = again;
                    record.response = None;
                    record.note =
                        Some("a reused connection ended with 408, so a new one was used".to_owned());
                }
                Sent::Whole if connection.is_open() => {
                    self.pool.put(webhook, origin, connection);
                    return Ok(());
                }
                Sent::Whole | Sent::Capped => return Ok(()),
            }
        }
    }

    async fn addresses(
        &self,
        name: &str,
        account: AccountNo,
        started: Instant,
        by: Instant,
        timeouts: &Timeouts,
        record: &mut Exchange,
    ) -> Result<Arc<[IpAddr]>, Failure> {
        if let Some(known) = self.names.known(name, account) {
            return Ok(known);
        }
        let answer = timeout_at(by.into(), self.names.resolve(name, account)).await;
        record.timings.dns = Some(clock::monotonic().duration_since(started));
        match answer {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(LookupError { why, want })) => Err(Failure {
                want,
                ..Failure::new(ErrorKind::Dns, format!("{name} does not resolve: {why}"))
            }),
            // Where other names were answered for, only this one's servers are silent.
            Err(_) => Err(Failure {
                want: match () {
                    () if is_offline() => Some(Want::Network),
                    () if self.names.answered_since(started) => None,
                    () => Some(Want::Resolver),
                },
                ..no_connection(timeouts, &format!("resolving {name}"))
            }),
        }
    }

    /// An idle connection that is still good.
    async fn reusable(
        &self,
        webhook: WebhookNo,
        origin: &Origin,
        addresses: &[IpAddr],
    ) -> Option<Connection> {
        loop {
            let mut connection = self.pool.take(webhook, origin, addresses)?;
            if connection.usable().await {
                return Some(connection);
            }
        }
    }

    async fn fresh(
        &self,
        origin: &Origin,
        addresses: &[IpAddr],
        by: Instant,
        timeouts: &Timeouts,
        record: &mut Exchange,
    ) -> Result<Connection, Failure> {
        let Origin { target, security } = origin;
        let ordered = self.connector.order(target, addresses)?;
        let Reached { connection, connect, tls } = loop {
            let lost = match race(&self.connector, target, ordered.clone(), security, by).await {
                Ok(reached) => break reached,
                Err(lost) => lost,
            };
            record.remote_ip = lost.reached.filter(|_| self.connector.via(target).is_none());
            match lost.why {
                // Descriptors that idle connections hold are better used for one that is needed.
                Why::Failed(failure) if failure.want == Some(Want::Own) && self.pool.shed() => {}
                Why::Failed(failure) => return Err(failure),
                Why::Late(doing) => return Err(no_connection(timeouts, &doing)),
            }
        };
        self.connector.remember(target, connection.address.ip());
        (record.timings.connect, record.timings.tls) = (Some(connect), tls);
        Ok(connection)
    }
}

fn is_timed_out(record: &Exchange) -> bool {
    record.response.as_ref().is_some_and(|response| response.status == 408)
}

fn no_connection(timeouts: &Timeouts, step: &str) -> Failure {
    if timeouts.total <= timeouts.connect {
        return Failure::new(ErrorKind::TimeoutTotal, format!("{:?} passed while {step}", timeouts.total));
    }
    Failure::new(ErrorKind::TimeoutConnect, format!("no connection within {:?}: {step}", timeouts.connect))
}

fn prepare(method: Method, target: &TargetUrl, mut headers: HeaderMap, body: bytes::Bytes) -> Message {
    // Comparing well-known names is cheaper than looking each up.
    if headers.keys().any(|name| RESERVED.contains(name)) {
        for name in RESERVED {
            headers.remove(name);
        }
    }
    headers.insert(header::HOST, target.authority().clone());
    let mut message = Request::new(Full::new(body));
    *message.method_mut() = method;
    *message.uri_mut() = Uri::from(target.path_and_query().clone());
    *message.headers_mut() = headers;
    message
}
