//! An answer that waits for the commit.

use tokio::sync::oneshot;

use crate::store::command::Accepted;

/// An answer that waits for the commit.
pub(super) enum PendingReply {
    /// To a command that brought events: there are so many of them that each is spared a box.
    Accepted {
        reply: oneshot::Sender<Vec<Accepted>>,
        accepted: Vec<Accepted>,
    },
    Other(Box<dyn FnOnce() + Send>),
}

impl PendingReply {
    pub(super) fn send(self) {
        match self {
            Self::Accepted { reply, accepted } => {
                // The caller may have gone; the events are accepted all the same.
                let _ = reply.send(accepted);
            }
            Self::Other(answer) => answer(),
        }
    }
}
