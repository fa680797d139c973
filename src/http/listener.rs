//! What connections come in at: TCP with or without TLS, or a Unix socket.

use std::io;
use std::net::{IpAddr, Ipv4Addr};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// A connection's bytes, whatever carries them.
pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Io for S {}

/// What connections come in at.
pub enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// TCP with TLS, by the certificate that holds when a client comes.
    Tls(TcpListener, watch::Receiver<TlsAcceptor>),
    /// A socket in the file system.
    Unix(UnixListener),
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self::Tcp(listener)
    }
}

/// A client that came.
pub(crate) enum Client {
    Ready(Box<dyn Io>),
    /// It has to shake hands first.
    Tls(TcpStream, TlsAcceptor),
}

impl Listener {
    /// The next client. Those of a Unix socket are on this host.
    pub(crate) async fn accept(&self) -> io::Result<(Client, IpAddr)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = tcp(listener).await?;
                Ok((Client::Ready(Box::new(stream)), peer))
            }
            Self::Tls(listener, acceptor) => {
                let (stream, peer) = tcp(listener).await?;
                let acceptor = acceptor.borrow().clone();
                Ok((Client::Tls(stream, acceptor), peer))
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Client::Ready(Box::new(stream)), Ipv4Addr::LOCALHOST.into()))
            }
        }
    }
}

async fn tcp(listener: &TcpListener) -> io::Result<(TcpStream, IpAddr)> {
    let (stream, peer) = listener.accept().await?;
    // Without it small answers wait for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    Ok((stream, peer.ip()))
}

impl Client {
    /// Its bytes, once it has shaken hands where it must.
    pub(crate) async fn stream(self) -> io::Result<Box<dyn Io>> {
        match self {
            Self::Ready(stream) => Ok(stream),
            Self::Tls(stream, acceptor) => Ok(Box::new(acceptor.accept(stream).await?)),
        }
    }
}
