//! A connection through a proxy: the proxy is asked to connect (RFC 9110, 9.3.6), and hands on what is sent.

use std::net::SocketAddr;
use std::pin::pin;

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{Request, StatusCode};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::failure::Failure;
use crate::domain::outcome::{ErrorKind, Want};
use crate::domain::proxy::ProxyUrl;
use crate::domain::target::{Host, TargetUrl};
use crate::limits;

/// Has a proxy connect to a target, over a connection to the proxy. The details of a failure do not say where the
/// proxy is: tenants read them.
pub(super) async fn open(tcp: TcpStream, proxy: &ProxyUrl, target: &TargetUrl) -> Result<TcpStream, Failure> {
    let broken = |error: hyper::Error| {
        let detail = format!("the proxy did not answer as one: {error}");
        Failure { want: Some(Want::Network), ..Failure::new(ErrorKind::Connect, detail) }
    };
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(limits::RESPONSE_HEADER_BYTES)
        .title_case_headers(true)
        .handshake::<_, Empty<Bytes>>(TokioIo::new(tcp))
        .await
        .map_err(broken)?;
    let request = request(proxy, target);
    let ask = async {
        let answer = sender.send_request(request).await.map_err(broken)?;
        if !answer.status().is_success() {
            return Err(refused(answer.status()));
        }
        hyper::upgrade::on(answer).await.map_err(broken)
    };
    let upgraded = match select(pin!(ask), pin!(connection.with_upgrades())).await {
        Either::Left((upgraded, _)) => upgraded?,
        // It ends once it was handed over, or has failed; either way there is an answer by now.
        Either::Right((_, ask)) => ask.await?,
    };
    match upgraded.downcast::<TokioIo<TcpStream>>() {
        Ok(parts) if parts.read_buf.is_empty() => Ok(parts.io.into_inner()),
        _ => Err(Failure::new(ErrorKind::Connect, "the proxy sent more than its answer")),
    }
}

fn request(proxy: &ProxyUrl, target: &TargetUrl) -> Request<Empty<Bytes>> {
    let authority = match target.host() {
        Host::Ip(ip) => SocketAddr::new(ip, target.port()).to_string(),
        Host::Name(name) => format!("{}:{}", name.trim_end_matches('.'), target.port()),
    };
    let mut request = Request::new(Empty::new());
    *request.method_mut() = http::Method::CONNECT;
    if let Ok(uri) = authority.parse() {
        *request.uri_mut() = uri;
    }
    if let Ok(value) = authority.try_into() {
        request.headers_mut().insert(HOST, value);
    }
    if let Some(credentials) = proxy.credentials() {
        request.headers_mut().insert(PROXY_AUTHORIZATION, credentials.clone());
    }
    request
}

/// What a proxy's refusal means: that it wants credentials is the operator's to mend, and no receiver's fault.
fn refused(status: StatusCode) -> Failure {
    match status {
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => Failure {
            want: Some(Want::Network),
            ..Failure::new(ErrorKind::Connect, "the proxy asks for other credentials (407)")
        },
        StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED => {
            Failure::new(ErrorKind::Connect, format!("the proxy does not allow that target ({status})"))
        }
        _ => Failure::new(ErrorKind::Connect, format!("the proxy could not connect ({status})")),
    }
}
