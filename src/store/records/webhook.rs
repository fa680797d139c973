//! `webhooks`. The target, secrets, custom headers and keys may carry credentials and are sealed.

mod first;
mod form;

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{BadRecord, Coded, Decoded, Raw, decode, encode, terms};
use crate::domain::event_type::EventPattern;
use crate::domain::filter::Filter;
use crate::domain::id::{AccountNo, Seq, WebhookId};
use crate::domain::name::{ManagedBy, WebhookName};
use crate::domain::secret::{Secret, SecretSet};
use crate::domain::target::TargetUrl;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{DisabledWhy, Ordering, RateLimit, Webhook, WebhookState};
use crate::store::json::coder::ExportFormat;
use crate::store::seal::{NONCE, Seal};

#[cfg(test)]
pub(in crate::store) use first::write as write_first;
pub(in crate::store) use first::{FORM as FIRST_FORM, upgrade};
use form::{Record, Sealed, State, VERSION, associated, read_tls, write_tls};

pub(in crate::store) const FORM: (u8, ExportFormat) = (VERSION, |coder| Record::deserialize(coder).map(drop));

pub(in crate::store) fn write(webhook: &Webhook, seal: &Seal, nonce: [u8; NONCE]) -> Vec<u8> {
    let secrets = &webhook.secrets;
    let private = Sealed {
        url: webhook.url.as_str(),
        pending_url: webhook.pending_url.as_ref().map(TargetUrl::as_str),
        current: secrets.current.expose(),
        previous: secrets.previous.iter().map(|(old, until)| (old.expose(), until.as_millis())).collect(),
        headers: webhook.headers.iter().map(|(name, value)| (name.as_str(), Raw(value.as_bytes()))).collect(),
        terms: terms::write(&webhook.terms),
        tls: webhook.tls.as_deref().map(write_tls),
    };
    let private = Zeroizing::new(encode(VERSION, &private));
    let sealed = seal.seal(nonce, &associated(VERSION, webhook.account, webhook.id), &private);
    let record = Record {
        id: webhook.id.to_bytes(),
        account: webhook.account.0,
        name: webhook.name.as_ref().map(WebhookName::as_str),
        managed_by: webhook.managed_by.as_ref().map(ManagedBy::as_str),
        state: write_state(webhook.state),
        events: webhook.events.iter().map(ToString::to_string).collect(),
        profile: &webhook.profile,
        description: &webhook.description,
        filter: webhook.filter.as_ref().map(Filter::as_json),
        rate_limit: webhook.rate_limit.map(|limit| (limit.per_second, limit.burst)),
        max_in_flight: webhook.max_in_flight,
        ordering: webhook.ordering.code(),
        collect: webhook.collect,
        expires_at: webhook.expires_at.map(Timestamp::as_millis),
        metadata: webhook.metadata.as_deref(),
        created_at: webhook.created_at.as_millis(),
        updated_at: webhook.updated_at.as_millis(),
        dropping: webhook.dropping.map(|seq| seq.0),
        sealed: Raw(&sealed),
    };
    encode(VERSION, &record)
}

pub(in crate::store) fn read(bytes: &[u8], seal: &Seal) -> Decoded<Webhook> {
    let record: Record<'_> = decode(VERSION, bytes)?;
    let (id, account) = (WebhookId::from_bytes(record.id), AccountNo(record.account));
    let private = seal.open(&associated(VERSION, account, id), record.sealed.0).ok_or(BadRecord::Sealed)?;
    let private: Sealed<'_> = decode(VERSION, &private)?;
    let pattern = |text: &String| text.parse::<EventPattern>().map_err(|_| BadRecord::Field("pattern"));
    Ok(Webhook {
        id,
        account,
        name: parsed(record.name, "name")?,
        managed_by: parsed(record.managed_by, "managed_by")?,
        url: target(private.url)?,
        pending_url: private.pending_url.map(target).transpose()?,
        events: record.events.iter().map(pattern).collect::<Decoded<_>>()?,
        profile: record.profile.to_owned(),
        description: record.description.to_owned(),
        headers: private.headers.iter().map(header).collect::<Decoded<_>>()?,
        filter: record.filter.map(Filter::stored),
        rate_limit: record.rate_limit.map(|(per_second, burst)| RateLimit { per_second, burst }),
        max_in_flight: record.max_in_flight,
        ordering: Ordering::of(record.ordering)?,
        collect: record.collect,
        expires_at: record.expires_at.map(Timestamp::from_millis),
        metadata: record.metadata.map(Into::into),
        secrets: SecretSet {
            current: secret(private.current)?,
            previous: private.previous.iter().map(previous).collect::<Decoded<_>>()?,
        },
        tls: private.tls.as_ref().map(|tls| Arc::new(read_tls(tls))),
        terms: terms::read(&private.terms)?,
        state: read_state(&record.state)?,
        dropping: record.dropping.map(Seq),
        created_at: Timestamp::from_millis(record.created_at),
        updated_at: Timestamp::from_millis(record.updated_at),
    })
}

/// The record with its sealed part under the current key; `None` when that is so already.
pub(in crate::store) fn reseal(bytes: &[u8], seal: &Seal, nonce: [u8; NONCE]) -> Decoded<Option<Vec<u8>>> {
    let record: Record<'_> = decode(VERSION, bytes)?;
    let associated = associated(VERSION, AccountNo(record.account), WebhookId::from_bytes(record.id));
    let sealed = seal.anew(nonce, &associated, record.sealed.0)?;
    Ok(sealed.map(|sealed| encode(VERSION, &Record { sealed: Raw(&sealed), ..record })))
}

/// Since when a webhook is removed, and its expiry, without opening what is sealed; `None` unless it
/// is removed. One-shot webhooks leave many such rows.
pub(in crate::store) fn read_removed(bytes: &[u8]) -> Option<(Timestamp, Option<Timestamp>)> {
    let record: Record<'_> = decode(VERSION, bytes).ok()?;
    match read_state(&record.state).ok()? {
        WebhookState::Removed { since } => Some((since, record.expires_at.map(Timestamp::from_millis))),
        _ => None,
    }
}

fn target(text: &str) -> Decoded<TargetUrl> {
    let listener = TargetUrl::listener();
    if text == listener.as_str() {
        return Ok(listener);
    }
    TargetUrl::from_stored(text).map_err(|_| BadRecord::Field("url"))
}

fn parsed<T: std::str::FromStr>(text: Option<&str>, field: &'static str) -> Decoded<Option<T>> {
    text.map(|text| text.parse().map_err(|_| BadRecord::Field(field))).transpose()
}

fn secret(text: &str) -> Decoded<Secret> {
    Secret::parse(text).map_err(|_| BadRecord::Field("secret"))
}

fn previous(&(text, until): &(&str, u64)) -> Decoded<(Secret, Timestamp)> {
    Ok((secret(text)?, Timestamp::from_millis(until)))
}

fn header((name, value): &(&str, Raw<'_>)) -> Decoded<(HeaderName, HeaderValue)> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| BadRecord::Field("header name"))?;
    Ok((name, HeaderValue::from_bytes(value.0).map_err(|_| BadRecord::Field("header value"))?))
}

fn write_state(state: WebhookState) -> State {
    match state {
        WebhookState::Pending => State(1, 0, 0),
        WebhookState::Active => State(2, 0, 0),
        WebhookState::Paused { since } => State(3, 0, since.as_millis()),
        WebhookState::Disabled { why, since } => State(4, why.code(), since.as_millis()),
        WebhookState::Removed { since } => State(5, 0, since.as_millis()),
    }
}

fn read_state(&State(code, why, since): &State) -> Decoded<WebhookState> {
    let since = Timestamp::from_millis(since);
    Ok(match code {
        1 => WebhookState::Pending,
        2 => WebhookState::Active,
        3 => WebhookState::Paused { since },
        4 => WebhookState::Disabled { why: DisabledWhy::of(why)?, since },
        5 => WebhookState::Removed { since },
        _ => return Err(BadRecord::Field("webhook state")),
    })
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;

    use super::*;
    use crate::domain::tls::{ClientIdentity, PrivateKey, WebhookTls};
    use crate::store::tests::sample;

    const OLD: &str = "whsec_Y2FuYXJ5LW9sZC0wMTIzNDU2Nzg5YWJjZGVmMDEy";

    #[test]
    fn round_trips_and_hides_what_is_secret() {
        let seal = Seal::new(&[7; 32]);
        let mut webhook = sample::webhook(3);
        let since = Timestamp::from_millis(5);
        webhook.terms = sample::terms();
        webhook.name = Some("CRM sync".parse().unwrap());
        webhook.managed_by = Some("apply:shop".parse().unwrap());
        webhook.headers =
            vec![(http::header::AUTHORIZATION, HeaderValue::from_static("Bearer canary-header"))];
        webhook.pending_url = Some(TargetUrl::from_stored("https://example.com/canary-pending").unwrap());
        webhook.secrets.previous = vec![(Secret::parse(OLD).unwrap(), since)];
        webhook.dropping = Some(Seq(77));
        webhook.tls = Some(Arc::new(WebhookTls {
            authorities: vec![CertificateDer::from(b"an authority".to_vec())],
            client: Some(ClientIdentity::from_stored(
                vec![CertificateDer::from(b"its own".to_vec()), CertificateDer::from(b"one more".to_vec())],
                PrivateKey::from_stored(b"canary-key"),
            )),
        }));
        for state in [
            WebhookState::Pending,
            WebhookState::Active,
            WebhookState::Paused { since },
            WebhookState::Disabled { why: DisabledWhy::Gone, since },
            WebhookState::Removed { since },
        ] {
            webhook.state = state;
            let bytes = write(&webhook, &seal, [1; NONCE]);
            assert_eq!(read(&bytes, &seal).unwrap(), webhook);
            let removed = matches!(state, WebhookState::Removed { .. });
            assert_eq!(read_removed(&bytes), removed.then_some((since, webhook.expires_at)));
            assert!(bytes.windows(webhook.profile.len()).any(|part| part == webhook.profile.as_bytes()));
            let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
            let secrets = [
                webhook.url.as_str(),
                webhook.secrets.current.expose(),
                OLD,
                "canary-header",
                "canary-pending",
                "canary-key",
            ];
            assert!(!secrets.into_iter().any(holds));
            assert_eq!(read(&bytes, &Seal::new(&[8; 32])), Err(BadRecord::Sealed));
        }
    }
}
