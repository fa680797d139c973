//! Which kinds of lines there are: one for each table, with the columns of its key and the form of its
//! values.

use super::body::Body;
use super::key::Column::{self, Bytes, Digest, Id, Text, U8, U32, U64};
use crate::domain::id::{AccountId, EventId, JobId, ReplayId, TokenId, WebhookId};
use crate::store::json::coder::{ExportFormat, Shape};
use crate::store::records::{
    account, actor, attempt, audit, batch, delivery, due, event, idempotency, job, kept, replay, secret,
    signing_key, webhook,
};

/// A kind of line.
pub(super) struct Kind {
    pub(super) table: &'static str,
    pub(super) name: &'static str,
    pub(super) key: &'static [(&'static str, Column)],
    pub(super) body: Body,
}

const fn kind(
    table: &'static str,
    name: &'static str,
    key: &'static [(&'static str, Column)],
    body: Body,
) -> Kind {
    Kind { table, name, key, body }
}

/// A record whose ids, if it has one, begin so.
const fn record((version, form): (u8, ExportFormat), prefix: &'static str) -> Body {
    Body::Record { version, shape: Shape { form, columns: &[], prefix }, first: None }
}

/// The same, with the form that it has in stores of schema 1.
const fn changed(
    record: (u8, ExportFormat),
    (version, form): (u8, ExportFormat),
    prefix: &'static str,
) -> Body {
    let first = Some((version, Shape { form, columns: &[], prefix }));
    let (version, form) = record;
    Body::Record { version, shape: Shape { form, columns: &[], prefix }, first }
}

const GATHERING: Body = Body::Record {
    version: batch::GATHERING_FORM.0,
    shape: Shape { form: batch::GATHERING_FORM.1, columns: &["since", "bytes", "form"], prefix: "" },
    first: None,
};
const DELIVERY: &[(&str, Column)] = &[("webhook", U32), ("event", U64)];
const NAMED: &[(&str, Column)] = &[("account", U32), ("name", Text)];

/// All of them; [`super::tables::each`] says in which order they stand in a file.
pub(super) const KINDS: [Kind; 32] = [
    kind("meta", "meta", &[("name", Text)], Body::Hex("value")),
    kind("accounts", "account", &[("no", U32)], record(account::ACCOUNT_FORM, AccountId::PREFIX)),
    kind(
        "tokens",
        "token",
        &[("digest", Digest)],
        changed(account::TOKEN_FORM, account::FIRST_TOKEN_FORM, TokenId::PREFIX),
    ),
    kind(
        "webhooks",
        "webhook",
        &[("no", U32)],
        changed(webhook::FORM, webhook::FIRST_FORM, WebhookId::PREFIX),
    ),
    kind("removed", "removed", &[("no", U32)], record(webhook::FORM, WebhookId::PREFIX)),
    kind(
        "failing",
        "failing",
        &[("webhook", U32)],
        changed(account::FAILING_FORM, account::FIRST_FAILING_FORM, ""),
    ),
    kind("waits", "waits", &[("webhook", U32)], record(account::WAITS_FORM, "")),
    kind(
        "event_types",
        "event_type",
        &[("account", U32), ("type", Text)],
        changed(account::EVENT_TYPE_FORM, account::FIRST_EVENT_TYPE_FORM, ""),
    ),
    kind("secrets", "secret", NAMED, record(secret::FORM, "")),
    kind("actors", "actor", NAMED, record(actor::FORM, "")),
    kind(
        "signing_keys",
        "signing_key",
        &[("no", U64)],
        changed(signing_key::FORM, signing_key::FIRST_FORM, ""),
    ),
    kind("events", "event", &[("no", U64)], record(event::FORM, EventId::PREFIX)),
    kind("payloads", "payload", &[("event", U64)], Body::Json("data")),
    kind(
        "idempotency",
        "idempotency_key",
        &[("account", U32), ("key", Digest)],
        changed(idempotency::FORM, idempotency::FIRST_FORM, ""),
    ),
    kind("deliveries", "delivery", DELIVERY, record(delivery::FORM, "")),
    kind("bodies", "body", DELIVERY, Body::Json("data")),
    kind(
        "due",
        "due",
        &[("webhook", U32), ("order", U64), ("event", U64)],
        changed(due::FORM, due::FIRST_FORM, ""),
    ),
    kind("attempts", "attempt", &[("no", U64)], record(attempt::FORM, "")),
    kind("expiry", "expiry", &[("when", U64), ("what", U8), ("whom", Bytes)], Body::Nothing),
    kind("replays", "replay", &[("key", Id)], changed(replay::FORM, replay::FIRST_FORM, ReplayId::PREFIX)),
    kind("audit", "audit", &[("no", U64)], changed(audit::FORM, audit::FIRST_FORM, "")),
    kind("suspects", "suspect", DELIVERY, Body::Number("crashes", U32)),
    kind("jobs", "job", &[("no", U64)], record(job::FORM, JobId::PREFIX)),
    kind("job_inputs", "job_input", &[("job", U64)], Body::Json("data")),
    kind("job_deadlines", "job_deadline", &[("when", U64), ("job", U64)], Body::Nothing),
    kind("results", "job_rows", &[("job", U64), ("first", U64)], Body::ResultRows("rows")),
    kind("run_records", "run_record", &[("job", U64), ("key", Text)], record(kept::FORM, "")),
    kind(
        "run_record_lengths",
        "run_record_length",
        &[("job", U64), ("key", Text)],
        Body::Number("length", U64),
    ),
    kind("gathering", "gathering", &[("webhook", U32), ("type", Text), ("event", U64)], GATHERING),
    kind("batches", "batch", &[("no", U64)], record(batch::FORM, "")),
    kind("used", "used", DELIVERY, Body::Number("read_at", U64)),
    kind("listed", "listed", &[("account", U32), ("what", U8), ("block", U64)], Body::Nothing),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::engine::{KeyCodec, Table};
    use crate::store::tables::{self, Visit};

    #[test]
    fn every_table_has_its_kind() {
        struct Names(BTreeSet<String>);
        impl Visit for Names {
            type Error = ();
            fn visit<K: KeyCodec, V: KeyCodec>(&mut self, table: Table<K, V>) -> Result<(), ()> {
                self.0.insert(table.name().to_owned());
                Ok(())
            }
        }
        let mut names = Names(BTreeSet::new());
        tables::each(&mut names).unwrap();
        assert_eq!(KINDS.iter().map(|kind| kind.table.to_owned()).collect::<BTreeSet<_>>(), names.0);
        assert_eq!(KINDS.iter().map(|kind| kind.name).collect::<BTreeSet<_>>().len(), KINDS.len());
    }
}
