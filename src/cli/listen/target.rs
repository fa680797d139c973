//! Where `listen` sends what comes: a server on this machine, or with the user's word on another.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;

use crate::cli::failure::Failure;
use crate::domain::id::{AccountNo, WebhookNo};
use crate::domain::outcome::{ErrorKind, Exchange};
use crate::domain::profile::Timeouts;
use crate::domain::target::{Host, TargetPolicy, TargetUrl};
use crate::egress::{Egress, EgressConfig, OutgoingRequest};

/// A request, as the daemon's stream holds it.
#[derive(Debug, Deserialize)]
pub(in crate::cli) struct Request {
    pub(super) delivery_id: String,
    pub(super) request: u64,
    pub(super) attempt: u32,
    pub(super) event_id: String,
    pub(super) event_type: String,
    headers: Vec<Header>,
    /// In base64.
    body: String,
    pub(super) timeout_ms: u64,
}

#[derive(Debug, Deserialize)]
struct Header {
    name: String,
    value: String,
}

/// The server that requests are forwarded to.
#[derive(Debug)]
pub(in crate::cli) struct Target {
    url: TargetUrl,
    egress: Egress,
}

impl Target {
    /// The server at a URL, of which `http://` may be left out. Only with `external` on another machine.
    ///
    /// # Errors
    /// When the URL is not one, or leads to another machine.
    pub(in crate::cli) async fn new(given: &str, external: bool) -> Result<Self, Failure> {
        let wrong = |why: &dyn std::fmt::Display| Failure::usage(format!("--forward-to: {why}"));
        let text = if given.contains("://") { given.to_owned() } else { format!("http://{given}") };
        let url = TargetUrl::from_stored(&text).map_err(|why| wrong(&why))?;
        let mut addresses = TargetPolicy::dev().addresses;
        if external {
            addresses.allow =
                ["0.0.0.0/0", "::/0"].iter().filter_map(|everything| everything.parse().ok()).collect();
        } else if let Some(elsewhere) = elsewhere(&url).await {
            let why =
                format!("{url} leads to {elsewhere}, which is not this machine; --allow-external permits it");
            return Err(wrong(&why));
        }
        let egress = Egress::new(EgressConfig { addresses, ..EgressConfig::default() });
        Ok(Self { url, egress: egress.map_err(Failure::other)? })
    }

    /// Where it is, without what its query may hold in confidence.
    pub(super) fn shown(&self) -> &str {
        let text = self.url.as_str();
        text.split_once('?').map_or(text, |(path, _)| path)
    }

    /// Forwards a request, its body and headers as they came; waits for the answer no longer than `within`.
    pub(super) async fn exchange(&self, request: &Request, within: Duration) -> Exchange {
        let Ok(body) = STANDARD.decode(&request.body) else {
            return Exchange::failed(ErrorKind::Protocol, "the daemon's request has no body in base64");
        };
        let outgoing = OutgoingRequest {
            // The only one here: its connections are shared with no other.
            webhook: WebhookNo(0),
            account: AccountNo(0),
            method: Method::POST,
            target: self.url.clone(),
            headers: request.headers(),
            body: Bytes::from(body),
            timeouts: Timeouts { connect: within, body: within, total: within },
            whole_answer: false,
            any_certificate: false,
            tls: None,
        };
        let mut exchange = self.egress.exchange(outgoing).await;
        if let Some(error) = exchange.error.as_mut().filter(|error| error.kind == ErrorKind::BlockedAddress) {
            error.kind = ErrorKind::Connect;
            error.detail = format!("{} leads to another machine; --allow-external permits it", self.shown());
        }
        exchange
    }
}

impl Request {
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for Header { name, value } in &self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.append(name, value);
            }
        }
        headers
    }
}

/// An address of the target that is not this machine's loopback, if it has one now. One that does not resolve yet may
/// do so later; what it leads to is looked at again for each connection.
async fn elsewhere(url: &TargetUrl) -> Option<IpAddr> {
    let foreign = |ip: &IpAddr| !ip.to_canonical().is_loopback();
    match url.host() {
        Host::Ip(ip) => Some(ip).filter(foreign),
        Host::Name(name) => {
            let found = tokio::net::lookup_host((name, url.port())).await.ok()?;
            found.map(|address| address.ip()).find(foreign)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_this_machine_is_a_target_unless_another_is_allowed() {
        for good in ["http://127.0.0.1:1/x", "localhost:3000/hook?a=1", "https://[::1]:1", "127.1.2.3:80"] {
            assert!(Target::new(good, false).await.is_ok(), "{good}");
        }
        for (bad, why) in [
            ("http://192.0.2.1/", "--allow-external"),
            ("192.168.1.2:3000", "--allow-external"),
            ("0.0.0.0:3000", "--allow-external"),
            ("ftp://localhost/", "http"),
            ("http://user@localhost/", "user"),
        ] {
            let Failure::Failed { message, .. } = Target::new(bad, false).await.unwrap_err() else {
                panic!()
            };
            assert!(message.starts_with("--forward-to: ") && message.contains(why), "{bad}: {message}");
        }
        assert!(Target::new("http://192.0.2.1/", true).await.is_ok());
        let secret = Target::new("http://localhost:1/a?token=x", false).await.unwrap();
        assert_eq!(secret.shown(), "http://localhost:1/a");
    }
}
