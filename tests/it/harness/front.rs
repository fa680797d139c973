//! An address that stays while the daemon behind it changes its own.

use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::Daemon;

/// The address. It is gone when this is dropped.
pub(crate) struct Front {
    pub(crate) url: String,
    behind: Arc<Mutex<String>>,
    _serving: JoinSet<()>,
}

impl Front {
    pub(crate) async fn before(daemon: &Daemon) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let behind = Arc::new(Mutex::new(daemon.url().to_owned()));
        let mut serving = JoinSet::new();
        serving.spawn(accept(listener, Arc::clone(&behind)));
        Self { url, behind, _serving: serving }
    }

    /// Leads to where the daemon is now.
    pub(crate) fn lead_to(&self, daemon: &Daemon) {
        daemon.url().clone_into(&mut self.behind.lock().unwrap());
    }
}

async fn accept(listener: TcpListener, behind: Arc<Mutex<String>>) {
    let mut connections = JoinSet::new();
    while let Ok((mut client, _)) = listener.accept().await {
        let address = behind.lock().unwrap().trim_start_matches("http://").to_owned();
        connections.spawn(async move {
            if let Ok(mut daemon) = TcpStream::connect(address).await {
                let _ = copy_bidirectional(&mut client, &mut daemon).await;
            }
        });
    }
}
