//! Where requests come in: sockets that the service manager hands over, else those that the
//! configuration names.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use listenfd::ListenFd;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::config::Listen;
use crate::http::listener::Listener;

/// Who may ask at a Unix socket: its owner and its group. They need a token besides.
const SOCKET_MODE: u32 = 0o660;

/// Sockets that the service manager handed over, by the names it gave them.
#[derive(Debug, Default)]
pub struct Sockets {
    pub(super) api: Option<Socket>,
    pub(super) admin: Option<Socket>,
}

/// A socket that was handed over.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(std::net::TcpListener),
    Unix(std::os::unix::net::UnixListener),
}

impl Sockets {
    /// Takes them over. To be called before there are threads: it takes variables out of the
    /// environment, so that no child process believes that the sockets are its own.
    ///
    /// # Errors
    /// When one of them is neither `api` nor `admin`, or takes no connections.
    pub fn inherited() -> anyhow::Result<Self> {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut handed = ListenFd::from_env();
        let mut sockets = Self::default();
        for at in 0..handed.len() {
            let name = names.split(':').nth(at).unwrap_or_default();
            let slot = match name {
                "api" => &mut sockets.api,
                "admin" => &mut sockets.admin,
                _ => bail!("a socket is called {name:?}; set FileDescriptorName= to api or admin"),
            };
            if slot.is_some() {
                bail!("there are two sockets called {name}; hand over one");
            }
            let tcp = handed.take_tcp_listener(at).map(|found| found.map(Socket::Tcp));
            let any = tcp.or_else(|_| handed.take_unix_listener(at).map(|found| found.map(Socket::Unix)));
            *slot = any.with_context(|| format!("the socket {name} is of another kind"))?;
        }
        Ok(sockets)
    }
}

/// An open listener.
pub(super) struct Bound {
    pub(super) listener: Listener,
    /// Its base URL on this host, or `unix:` and its path.
    pub(super) url: String,
    /// Kept for as long as the listener is there.
    pub(super) file: Option<SocketFile>,
}

/// A socket's file, which goes with it.
pub(super) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Opens the listener of the setting `key`.
pub(super) async fn open(
    key: &str,
    listen: &Listen,
    handed: Option<Socket>,
    tls: Option<watch::Receiver<TlsAcceptor>>,
) -> anyhow::Result<Bound> {
    match (handed, listen) {
        (Some(Socket::Tcp(listener)), _) => {
            listener.set_nonblocking(true)?;
            tcp(TcpListener::from_std(listener)?, tls)
        }
        (Some(Socket::Unix(listener)), _) => {
            listener.set_nonblocking(true)?;
            let path = listener.local_addr()?.as_pathname().map(Path::to_owned);
            let url = format!("unix:{}", path.unwrap_or_default().display());
            Ok(Bound { listener: Listener::Unix(UnixListener::from_std(listener)?), url, file: None })
        }
        (None, Listen::Tcp(address)) => {
            let listener = TcpListener::bind(address).await;
            tcp(listener.with_context(|| format!("cannot listen on {key} = \"{address}\""))?, tls)
        }
        (None, Listen::Unix(path)) => {
            let listener = unix(path).with_context(|| format!("cannot listen on {key} = \"{listen}\""))?;
            let (listener, file) = (Listener::Unix(listener), Some(SocketFile(path.clone())));
            Ok(Bound { listener, url: listen.to_string(), file })
        }
    }
}

fn tcp(listener: TcpListener, tls: Option<watch::Receiver<TlsAcceptor>>) -> anyhow::Result<Bound> {
    let address = listener.local_addr()?;
    let (url, listener) = match tls {
        Some(tls) => (format!("https://{address}"), Listener::Tls(listener, tls)),
        None => (format!("http://{address}"), Listener::Tcp(listener)),
    };
    Ok(Bound { listener, url, file: None })
}

/// Listens at `path`, in place of a socket there that no one answers at any more.
fn unix(path: &Path) -> anyhow::Result<UnixListener> {
    match UnixStream::connect(path) {
        Ok(_) => bail!("another program listens there"),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            if !fs::symlink_metadata(path)?.file_type().is_socket() {
                return Err(anyhow!(
                    "a file that is not a socket is in the way; move it, or name another path"
                ));
            }
            fs::remove_file(path)?;
        }
        // Anything else that is wrong shows when it is bound.
        Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(SOCKET_MODE))?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn open_at(path: &Path) -> anyhow::Result<Bound> {
        open("admin_listen", &Listen::Unix(path.to_owned()), None, None).await
    }

    #[tokio::test]
    async fn only_a_socket_that_nobody_answers_at_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.sock");
        let first = open_at(&path).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, SOCKET_MODE);
        let message = format!("{:#}", open_at(&path).await.err().unwrap());
        assert!(
            message.contains("admin_listen = \"unix:") && message.contains("another program listens"),
            "{message}"
        );
        let Bound { listener, file, .. } = first;
        drop(listener);
        assert!(path.exists(), "as after a kill");
        let second = open_at(&path).await.unwrap();
        drop(file);
        drop(second);
        assert!(!path.exists());
        fs::write(&path, "mine").unwrap();
        let message = format!("{:#}", open_at(&path).await.err().unwrap());
        assert!(message.contains("not a socket"), "{message}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
}
