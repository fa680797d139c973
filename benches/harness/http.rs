//! A keep-alive HTTP/1.1 connection, and one-off requests.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

pub type Connection = SendRequest<Full<Bytes>>;

pub async fn connect(addr: SocketAddr) -> Connection {
    let stream = TcpStream::connect(addr).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(async move {
        let _ = connection.await;
    });
    sender
}

pub async fn send(connection: &mut Connection, request: Request<Full<Bytes>>) -> (StatusCode, Bytes) {
    connection.ready().await.unwrap();
    let response = connection.send_request(request).await.unwrap();
    let status = response.status();
    (status, response.into_body().collect().await.unwrap().to_bytes())
}

pub async fn once(
    addr: SocketAddr,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: String,
) -> (StatusCode, Bytes) {
    let mut request = Request::builder().method(method).uri(path).header("host", addr.to_string());
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.header("content-type", "application/json").body(Full::from(body)).unwrap();
    send(&mut connect(addr).await, request).await
}

/// Posts nothing, and counts the bytes of the answer without keeping them.
pub async fn drain(addr: SocketAddr, path: &str, token: &str) -> u64 {
    let request = Request::post(path)
        .header("host", addr.to_string())
        .header("authorization", format!("Bearer {token}"))
        .body(Full::default())
        .unwrap();
    let mut connection = connect(addr).await;
    connection.ready().await.unwrap();
    let mut response = connection.send_request(request).await.unwrap();
    assert!(response.status().is_success(), "{}", response.status());
    let mut bytes = 0;
    while let Some(frame) = response.frame().await {
        bytes += frame.unwrap().data_ref().map_or(0, Bytes::len) as u64;
    }
    bytes
}
