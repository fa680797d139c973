//! The stream of what was committed, which dispatch reads. The payloads that wait in it are bounded by their
//! bytes: beyond that, deliveries are published without them, and dispatch reads them from the store when it
//! comes to them.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use crate::limits;
use crate::store::committed::Committed;

pub(in crate::store) struct Stream {
    sender: mpsc::Sender<Vec<Committed>>,
    /// Bytes of the payloads in each of the newest commits, the oldest first.
    sent: VecDeque<usize>,
    bytes: usize,
}

impl Stream {
    pub(in crate::store) fn new() -> (Self, mpsc::Receiver<Vec<Committed>>) {
        let (sender, receiver) = mpsc::channel(limits::COMMITTED_QUEUE);
        (Self { sender, sent: VecDeque::new(), bytes: 0 }, receiver)
    }

    /// Waits while the stream is full.
    pub(super) fn send(&mut self, mut committed: Vec<Committed>) {
        let unread = self.sender.max_capacity() - self.sender.capacity();
        while self.sent.len() > unread {
            self.bytes -= self.sent.pop_front().unwrap_or_default();
        }
        let mut bytes = committed.iter().map(payload).sum();
        if self.bytes + bytes > limits::COMMITTED_BYTES {
            committed = committed.into_iter().flat_map(without_payload).collect();
            bytes = 0;
        }
        self.sent.push_back(bytes);
        self.bytes += bytes;
        // No one listening is no failure: the rows are found again at the next start.
        let _ = self.sender.blocking_send(committed);
    }
}

fn payload(committed: &Committed) -> usize {
    match committed {
        Committed::Accepted { event, .. } => event.data.len(),
        _ => 0,
    }
}

fn without_payload(committed: Committed) -> Vec<Committed> {
    match committed {
        Committed::Accepted { rows, .. } => {
            rows.into_iter().map(|(webhook, row)| Committed::Due { webhook, row }).collect()
        }
        other => vec![other],
    }
}
