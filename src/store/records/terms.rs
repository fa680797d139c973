//! The terms inside a webhook's row. They lie in its sealed part: a template may hold a credential.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{BadRecord, Coded, Decoded, of_option};
use crate::domain::dialect::Dialect;
use crate::domain::event::Key;
use crate::domain::scope::Scope;
use crate::domain::terms::{Batch, ResourceAuth, ResourceTerms, Template, Terms};

#[derive(Serialize, Deserialize)]
pub(super) struct Record<'a> {
    dialect: u8,
    scope: Option<&'a str>,
    once: bool,
    max_attempts: Option<u32>,
    payload: Option<u8>,
    /// Payload, headers, whether strings are filled in.
    template: Option<(Option<&'a str>, Option<&'a str>, bool)>,
    /// Events, bytes, wait in ms.
    batch: Option<(u32, u32, u64)>,
    one_time: bool,
    ttl_ms: Option<u64>,
    auth: u8,
    when_too_large: bool,
    notify_unsubscribe: bool,
    any_certificate: bool,
    key: Option<&'a str>,
    verification: Option<u8>,
    declared: bool,
}

pub(super) fn write(terms: &Terms) -> Record<'_> {
    let ResourceTerms { one_time, ttl, auth, when_too_large } = terms.resource;
    Record {
        dialect: terms.dialect.code(),
        scope: terms.scope.as_ref().map(Scope::as_str),
        once: terms.once,
        max_attempts: terms.max_attempts,
        payload: terms.payload.map(Coded::code),
        template: terms.template.as_ref().map(|template| {
            (template.payload.as_deref(), template.headers.as_deref(), template.interpolate_strings)
        }),
        batch: terms.batch.map(|batch| (batch.max_events, batch.max_bytes, millis(batch.max_wait))),
        one_time,
        ttl_ms: ttl.map(millis),
        auth: auth.code(),
        when_too_large,
        notify_unsubscribe: terms.notify_unsubscribe,
        any_certificate: terms.any_certificate,
        key: terms.key.as_ref().map(Key::as_str),
        verification: terms.verification.map(Coded::code),
        declared: terms.declared,
    }
}

pub(super) fn read(record: &Record<'_>) -> Decoded<Terms> {
    let key = record.key.map(Key::new).transpose().map_err(|_| BadRecord::Field("key"))?;
    Ok(Terms {
        dialect: Dialect::of(record.dialect)?,
        scope: record.scope.map(Scope::from_stored),
        once: record.once,
        max_attempts: record.max_attempts,
        payload: of_option(record.payload)?,
        template: record.template.map(|(payload, headers, interpolate_strings)| {
            let (payload, headers) = (payload.map(Into::into), headers.map(Into::into));
            Arc::new(Template { payload, headers, interpolate_strings })
        }),
        batch: record.batch.map(|(max_events, max_bytes, wait)| Batch {
            max_events,
            max_bytes,
            max_wait: Duration::from_millis(wait),
        }),
        resource: ResourceTerms {
            one_time: record.one_time,
            ttl: record.ttl_ms.map(Duration::from_millis),
            auth: ResourceAuth::of(record.auth)?,
            when_too_large: record.when_too_large,
        },
        notify_unsubscribe: record.notify_unsubscribe,
        any_certificate: record.any_certificate,
        key,
        verification: of_option(record.verification)?,
        declared: record.declared,
    })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
