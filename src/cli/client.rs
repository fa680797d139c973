//! A small HTTP client for the daemon's own API: one connection per request, over TCP with or without
//! TLS or over a Unix socket, every wait and every body bounded. It is no client for receivers; those
//! are `egress`'s business.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

use crate::http::listener::Io;
use crate::limits;
use crate::trust;

type Http = http1::Connection<TokioIo<Box<dyn Io>>, Full<Bytes>>;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The URL names no daemon.
    #[error("{0}: {1}")]
    Url(String, &'static str),
    /// No one listens there.
    #[error("cannot connect to the daemon at {0}: {1} (is `ringback serve` running?)")]
    Unreachable(String, std::io::Error),
    /// The connection ended early, or what came is not HTTP.
    #[error("the daemon at {0} closed the connection: {1}")]
    Broken(String, String),
    /// There is no TLS with it.
    #[error("the TLS handshake with the daemon at {0} failed: {1}")]
    Tls(String, String),
    /// It took too long.
    #[error("the daemon at {0} did not answer within {1:?}")]
    Late(String, Duration),
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// A client of one listener.
#[derive(Clone)]
pub struct Client {
    /// Its host and port, or its path.
    authority: String,
    /// What paths begin with, where a proxy serves it below one.
    base: String,
    way: Way,
    pub(super) token: Option<String>,
}

/// What a connection goes over.
#[derive(Clone)]
enum Way {
    Tcp,
    Tls(TlsConnector, ServerName<'static>),
    Unix,
}

impl Client {
    /// A client of the listener at `url`; with TLS, it trusts the system's certificate authorities.
    ///
    /// # Errors
    /// When `url` is not `http://HOST[:PORT][/PATH]`, the same with `https`, or `unix:/PATH`.
    pub fn new(url: &str, token: Option<String>) -> Result<Self, ClientError> {
        Self::trusting(None, url, token)
    }

    /// A client that trusts the certificates in the PEM file `ca` and no others.
    ///
    /// # Errors
    /// As of [`Self::new`], or when the file holds no certificate.
    pub fn trusting(ca: Option<&Path>, url: &str, token: Option<String>) -> Result<Self, ClientError> {
        let wrong = |why| ClientError::Url(url.to_owned(), why);
        let form = "must be http://HOST:PORT, https://HOST:PORT, one of them and a path, or unix:/PATH";
        if let Some(path) = url.strip_prefix("unix:").filter(|path| path.starts_with('/')) {
            return Ok(Self { authority: path.to_owned(), base: String::new(), way: Way::Unix, token });
        }
        let parsed = url::Url::parse(url).map_err(|_| wrong(form))?;
        if !["http", "https"].contains(&parsed.scheme()) {
            return Err(wrong(form));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() || !parsed.username().is_empty() {
            return Err(wrong(form));
        }
        let host = parsed.host_str().ok_or_else(|| wrong(form))?;
        let authority = format!("{host}:{}", parsed.port_or_known_default().unwrap_or(80));
        let way = match parsed.scheme() {
            "https" => {
                let name = host.trim_matches(['[', ']']).to_owned();
                Way::Tls(trust(ca)?, ServerName::try_from(name).map_err(|_| wrong(form))?)
            }
            _ => Way::Tcp,
        };
        let base = parsed.path().trim_end_matches('/').to_owned();
        Ok(Self { authority, base, way, token })
    }

    /// Sends a request with a JSON body, or none.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn send(&self, method: Method, path: &str, json: Option<String>) -> Result<Reply, ClientError> {
        let mut request = Request::builder().method(method).uri(path);
        if json.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(Full::from(json.unwrap_or_default()));
        self.request(request.map_err(|error| self.broken(error))?).await
    }

    /// Sends `request`, with the token unless it brings its own `Authorization`.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn request(&self, request: Request<Full<Bytes>>) -> Result<Reply, ClientError> {
        let request = self.addressed(request)?;
        let deadline = limits::CLIENT_DEADLINE;
        let late = |_| ClientError::Late(self.authority.clone(), deadline);
        tokio::time::timeout(deadline, self.exchange(request)).await.map_err(late)?
    }

    /// Sends `request` and gives the answer's body piece by piece, however long it is; a silence
    /// longer than the deadline ends it. An answer that is not a success comes whole.
    ///
    /// # Errors
    /// When there is no answer, it breaks off, or `take` fails.
    pub async fn stream<E: From<ClientError>>(
        &self,
        request: Request<Full<Bytes>>,
        mut take: impl FnMut(Bytes) -> Result<(), E>,
    ) -> Result<Result<(), Reply>, E> {
        let deadline = limits::CLIENT_DEADLINE;
        let late = |_| ClientError::Late(self.authority.clone(), deadline);
        let request = self.addressed(request)?;
        let (mut sender, connection) = self.connect().await?;
        let driven = tokio::spawn(connection);
        let response = tokio::time::timeout(deadline, sender.send_request(request)).await.map_err(late)?;
        let (head, mut body) = response.map_err(|error| self.broken(error))?.into_parts();
        if !head.status.is_success() {
            let body = Limited::new(body, limits::CLIENT_BODY_BYTES).collect().await;
            let body = body.map_err(|error| self.broken(error))?.to_bytes();
            return Ok(Err(Reply { status: head.status, headers: head.headers, body }));
        }
        while let Some(frame) = tokio::time::timeout(deadline, body.frame()).await.map_err(late)? {
            if let Ok(piece) = frame.map_err(|error| self.broken(error))?.into_data() {
                take(piece)?;
            }
        }
        driven.abort();
        Ok(Ok(()))
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Reply, ClientError> {
        let (mut sender, connection) = self.connect().await?;
        let answer = async {
            let response = sender.send_request(request).await.map_err(|error| self.broken(error))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, limits::CLIENT_BODY_BYTES).collect().await;
            let body = body.map_err(|error| self.broken(error))?.to_bytes();
            Ok(Reply { status: head.status, headers: head.headers, body })
        };
        // The connection is driven beside the exchange and dropped with it.
        let mut answer = std::pin::pin!(answer);
        tokio::select! {
            reply = &mut answer => reply,
            _ = connection => answer.await,
        }
    }

    /// With the host and the beginning of its path, and the token unless it brings its own `Authorization`.
    fn addressed(&self, mut request: Request<Full<Bytes>>) -> Result<Request<Full<Bytes>>, ClientError> {
        if !self.base.is_empty() {
            let whole = format!("{}{}", self.base, request.uri());
            *request.uri_mut() = whole.parse().map_err(|error| self.broken(error))?;
        }
        let headers = request.headers_mut();
        let host = match &self.way {
            Way::Unix => HeaderValue::from_static("localhost"),
            Way::Tcp | Way::Tls(..) => self.authority.parse().map_err(|error| self.broken(error))?,
        };
        headers.entry(HOST).or_insert(host);
        if let Some(token) = &self.token {
            let bearer = format!("Bearer {token}").parse().map_err(|error| self.broken(error))?;
            headers.entry(AUTHORIZATION).or_insert(bearer);
        }
        Ok(request)
    }

    async fn connect(&self) -> Result<(SendRequest<Full<Bytes>>, Http), ClientError> {
        let unreachable = |error| ClientError::Unreachable(self.authority.clone(), error);
        let stream: Box<dyn Io> = match &self.way {
            Way::Unix => Box::new(UnixStream::connect(&self.authority).await.map_err(unreachable)?),
            Way::Tcp => Box::new(TcpStream::connect(&self.authority).await.map_err(unreachable)?),
            Way::Tls(tls, name) => {
                let stream = TcpStream::connect(&self.authority).await.map_err(unreachable)?;
                let shaken = tls.connect(name.clone(), stream).await;
                Box::new(shaken.map_err(|error| {
                    ClientError::Tls(self.authority.clone(), trust::why(&error, "--ca FILE"))
                })?)
            }
        };
        let handshake = http1::handshake(TokioIo::new(stream)).await;
        handshake.map_err(|error| self.broken(error))
    }

    fn broken(&self, error: impl std::fmt::Display) -> ClientError {
        ClientError::Broken(self.authority.clone(), error.to_string())
    }
}

/// TLS that trusts the certificates in a file, else the system's authorities.
fn trust(ca: Option<&Path>) -> Result<TlsConnector, ClientError> {
    let mut roots = RootCertStore::empty();
    let mut named = Vec::new();
    let shown = ca.map_or_else(|| "the system's certificates".to_owned(), |file| file.display().to_string());
    let wrong = || ClientError::Url(shown.clone(), "must hold certificates in PEM form");
    match ca {
        None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
        Some(file) => {
            let found = CertificateDer::pem_file_iter(file).map_err(|_| wrong())?;
            for certificate in found {
                named.push(certificate.map_err(|_| wrong())?);
            }
        }
    }
    Ok(TlsConnector::from(Arc::new(trust::config(roots, named).map_err(|_| wrong())?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_bases() {
        let authority = |url| Client::new(url, None).map(|client| client.authority);
        assert_eq!(authority("http://127.0.0.1:8420").unwrap(), "127.0.0.1:8420");
        assert_eq!(authority("http://[::1]:8420/").unwrap(), "[::1]:8420");
        assert_eq!(authority("http://box").unwrap(), "box:80");
        assert_eq!(authority("https://[::1]").unwrap(), "[::1]:443");
        assert_eq!(authority("unix:/run/a.sock").unwrap(), "/run/a.sock");
        for bad in ["ftp://x", "unix:x", "127.0.0.1:8420", "http://x#v", "http://u@x", "http://x?y"] {
            assert!(matches!(authority(bad), Err(ClientError::Url(..))), "{bad}");
        }
    }

    #[test]
    fn a_daemon_below_a_path_of_a_proxy_is_asked_there() {
        for url in ["http://box/hooks", "http://box/hooks/"] {
            let client = Client::new(url, None).unwrap();
            let request = Request::get("/v1/events?limit=1").body(Full::default()).unwrap();
            let request = client.addressed(request).unwrap();
            assert_eq!(
                (request.uri().to_string().as_str(), &request.headers()[HOST]),
                ("/hooks/v1/events?limit=1", &HeaderValue::from_static("box:80"))
            );
        }
    }

    #[tokio::test]
    async fn nobody_there_is_unreachable() {
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let client = Client::new(&format!("http://{address}"), None).unwrap();
        let error = client.send(Method::GET, "/", None).await.unwrap_err();
        assert!(matches!(error, ClientError::Unreachable(..)), "{error}");
    }

    #[tokio::test]
    async fn what_is_not_http_is_broken() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::io::AsyncWriteExt::write_all(&mut stream, b"SSH-2.0-nope\r\n\r\n").await.unwrap();
        });
        let client = Client::new(&format!("http://{address}"), None).unwrap();
        let error = client.send(Method::GET, "/", None).await.unwrap_err();
        assert!(matches!(error, ClientError::Broken(..)), "{error}");
        server.await.unwrap();
    }
}
