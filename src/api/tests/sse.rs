//! Server-sent events as a client reads them.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Rig;

/// A stream on a connection of its own, read until it holds something.
pub(super) struct Events {
    stream: TcpStream,
    pub(super) seen: String,
}

impl Events {
    /// Sends a request; what comes is read later.
    pub(super) async fn ask(rig: &Rig, request: &str) -> Self {
        let mut stream = TcpStream::connect(rig.addr).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        Self { stream, seen: String::new() }
    }

    /// Reads on until a text was seen; all that was.
    pub(super) async fn until(&mut self, text: &str) -> &str {
        let reading = async {
            let mut buffer = [0; 4096];
            while !self.seen.contains(text) {
                let read = self.stream.read(&mut buffer).await.unwrap();
                assert!(read > 0, "ended with {}", self.seen);
                self.seen.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reading).await.expect(text);
        &self.seen
    }
}
