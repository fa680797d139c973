//! Values for tests, and a store in a directory of its own.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;

use crate::domain::account::Account;
use crate::domain::delivery::{Attempt, DueRow, Trigger};
use crate::domain::dialect::Dialect;
use crate::domain::event::{Key, NewEvent};
use crate::domain::fanout::{Plan, Share};
use crate::domain::form::{PayloadForm, Verification};
use crate::domain::id::{AccountId, AccountNo, DeliveryId, EventId, WebhookId, WebhookNo};
use crate::domain::outcome::{ErrorKind, Exchange, Response, Timings};
use crate::domain::profiles::Profiles;
use crate::domain::scope::Scope;
use crate::domain::secret::Secret;
use crate::domain::target::TargetUrl;
use crate::domain::terms::{Batch, ResourceAuth, ResourceTerms, Template, Terms};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::store::audit::Actor;
use crate::store::command::{Accept, Accepted, Complete, DeliveryChange, Edit, Edited, Idempotency, Refused};
use crate::store::committed::Committed;
use crate::store::{OpenOptions, Opened, Store};

/// Where time begins in tests.
pub(in crate::store) const NOW: u64 = 1_790_000_000_000;

pub(in crate::store) fn at(offset: u64) -> Timestamp {
    Timestamp::from_millis(NOW + offset)
}

/// A webhook that listens to everything. Its secret is a canary.
pub(in crate::store) fn webhook(no: u32) -> Webhook {
    let id = WebhookId::new(at(0), WebhookNo(no), 0x1234_5678_9abc);
    let url = TargetUrl::from_stored("https://example.com/hook").unwrap();
    let secret = Secret::parse("whsec_Y2FuYXJ5LXNlY3JldC0wMTIzNDU2Nzg5YWJjZGVm").unwrap();
    Webhook::plain(id, AccountNo(1), url, secret, at(0))
}

/// The id of a webhook that was made as one of these.
pub(in crate::store) fn id(no: WebhookNo) -> WebhookId {
    webhook(no.0).id
}

/// Terms of which every member is unlike its default.
pub(in crate::store) fn terms() -> Terms {
    Terms {
        dialect: Dialect::RunWebhooks,
        scope: Some(Scope::of("job", 7)),
        once: true,
        max_attempts: Some(3),
        payload: Some(PayloadForm::Template),
        template: Some(Arc::new(Template {
            payload: Some("{}".into()),
            headers: Some(r#"{"x-a":"b"}"#.into()),
            interpolate_strings: true,
        })),
        batch: Some(Batch { max_events: 10, max_bytes: 1000, max_wait: Duration::from_millis(250) }),
        resource: ResourceTerms {
            one_time: true,
            ttl: Some(Duration::from_secs(60)),
            auth: ResourceAuth::Token,
            when_too_large: true,
        },
        notify_unsubscribe: true,
        any_certificate: true,
        key: Key::new("mine").ok(),
        verification: Some(Verification::Challenge),
        declared: true,
    }
}

/// The built-in profiles.
pub(in crate::store) fn profiles() -> Arc<Profiles> {
    Arc::new(Profiles::new([]))
}

/// An event for these webhooks, due at once.
pub(in crate::store) fn accept(data: &str, webhooks: &[WebhookNo]) -> Accept {
    let share =
        |&webhook| Share { webhook, form: PayloadForm::Envelope, body: None, due: at(0), room: u32::MAX };
    Accept {
        event: NewEvent {
            account: AccountNo(1),
            event_type: "order.paid".parse().unwrap(),
            source_id: None,
            occurred_at: None,
            order_key: None,
            metadata: None,
            data: Arc::from(data.as_bytes()),
        },
        plan: Plan { shares: webhooks.iter().map(share).collect(), skipped: vec![] },
        idempotency: Vec::new(),
        random: 77,
    }
}

/// The edit that makes a webhook.
pub(in crate::store) fn create_webhook(webhook: Box<Webhook>) -> Edit {
    Edit::CreateWebhook { webhook, idempotency: None }
}

/// What makes an event recognisable.
pub(in crate::store) fn idempotency(key: &str, body: u8, expires_at: Timestamp) -> Idempotency {
    Idempotency { key: Key::new(key).unwrap(), body: [body; 32], text: None, expires_at }
}

/// An attempt for a row, with its change.
pub(in crate::store) fn complete(
    webhook: WebhookNo,
    row: DueRow,
    change: DeliveryChange,
    started_at: Timestamp,
) -> Complete {
    let delivered = matches!(change, DeliveryChange::Delivered);
    let response = Response {
        status: if delivered { 200 } else { 503 },
        headers: HeaderMap::new(),
        body: vec![],
        truncated: false,
    };
    let timings = Timings { total: Duration::from_millis(12), ..Timings::default() };
    let exchange =
        Exchange { response: Some(response), timings, ..Exchange::failed(ErrorKind::Status, "503") };
    let exchange = if delivered { Exchange { error: None, ..exchange } } else { exchange };
    let attempt = Attempt {
        delivery: DeliveryId::new(at(0), row.key.event, webhook),
        number: 0,
        trigger: Trigger::Scheduled,
        started_at,
        request_headers: HeaderMap::new(),
        exchange,
    };
    Complete { row, webhook, attempt, change, run: None, waits: None, emit: vec![] }
}

pub(in crate::store) fn options() -> OpenOptions {
    OpenOptions { free_floor: 0, ballast_bytes: 0, ..OpenOptions::new([7; 32], at(0), 9) }
}

/// A store in a directory of its own.
pub(in crate::store) struct Rig {
    pub(in crate::store) dir: tempfile::TempDir,
    pub(in crate::store) opened: Opened,
}

impl Rig {
    pub(in crate::store) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let opened = Store::open(&dir.path().join("store"), &options()).unwrap();
        Self { dir, opened }
    }

    pub(in crate::store) fn store(&self) -> Store {
        self.opened.store.clone()
    }

    /// Ends the store as a crash would: nothing is closed in order. Gives the file's directory.
    pub(in crate::store) async fn stop(self) -> tempfile::TempDir {
        let Opened { store, mut committed, .. } = self.opened;
        drop(store);
        while committed.recv().await.is_some() {}
        self.dir
    }

    pub(in crate::store) async fn reopen(self) -> Self {
        let dir = self.stop().await;
        let opened = Store::open(&dir.path().join("store"), &options()).unwrap();
        Self { dir, opened }
    }

    pub(in crate::store) async fn edit(&self, edit: Edit) -> Result<Edited, Refused> {
        self.store().edit(edit, Actor::Daemon, at(1)).await.unwrap()
    }

    /// Makes a webhook; gives its number.
    pub(in crate::store) async fn webhook(&self, webhook: Webhook) -> WebhookNo {
        match self.edit(create_webhook(Box::new(webhook))).await.unwrap() {
            Edited::Webhook(webhook) => webhook.no(),
            other => panic!("{other:?}"),
        }
    }

    /// Another account.
    pub(in crate::store) async fn other(&self) -> AccountNo {
        let id = AccountId::new(at(1), AccountNo(0), 7);
        let account = Account { id, name: "other".into(), created_at: at(1) };
        match self.edit(Edit::CreateAccount(account)).await.unwrap() {
            Edited::Account(account) => account.no(),
            other => panic!("{other:?}"),
        }
    }

    /// Accepts one event at time 0; gives its id.
    pub(in crate::store) async fn accept(&self, accept: Accept) -> EventId {
        self.accept_at(accept, at(0)).await
    }

    /// Accepts one event; gives its id.
    pub(in crate::store) async fn accept_at(&self, accept: Accept, now: Timestamp) -> EventId {
        match self.store().accept(vec![accept], now).await.unwrap()[..] {
            [Accepted::New { id, .. }] => id,
            ref other => panic!("{other:?}"),
        }
    }

    /// Waits for something in the stream.
    pub(in crate::store) async fn wait_in_stream<T>(
        &mut self,
        mut want: impl FnMut(&Committed) -> Option<T>,
    ) -> T {
        loop {
            let batch = self.opened.committed.recv().await.expect("the stream goes on");
            if let Some(found) = batch.iter().find_map(&mut want) {
                return found;
            }
        }
    }

    /// The rows of the next accepted event.
    pub(in crate::store) async fn rows(&mut self) -> Vec<(WebhookNo, DueRow)> {
        self.wait_in_stream(|committed| match committed {
            Committed::Accepted { rows, .. } => Some(rows.clone()),
            _ => None,
        })
        .await
    }

    /// Commits an outcome and waits for it.
    pub(in crate::store) async fn complete(&mut self, complete: Complete, now: Timestamp) -> Option<DueRow> {
        self.store().complete(complete, now).unwrap();
        self.wait_in_stream(|committed| match committed {
            Committed::Settled { next, .. } => Some(*next),
            _ => None,
        })
        .await
    }
}
