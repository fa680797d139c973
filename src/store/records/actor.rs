//! `actors`. Declarations are sealed: a header in one may be a credential.

use serde::{Deserialize, Serialize};

use super::{BadRecord, Decoded, Raw, decode, encode};
use crate::domain::actor::ActorRecord;
use crate::domain::id::{AccountNo, WebhookNo};
use crate::domain::time::Timestamp;
use crate::store::json::coder::ExportFormat;
use crate::store::seal::{NONCE, Seal};

const VERSION: u8 = 1;

pub(in crate::store) const FORM: (u8, ExportFormat) = (VERSION, |coder| Record::deserialize(coder).map(drop));

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    webhooks: Vec<u32>,
    created_at: u64,
    updated_at: u64,
    #[serde(borrow)]
    declaration: Raw<'a>,
}

fn associated(account: AccountNo, id: &str) -> Vec<u8> {
    [b"actor".as_slice(), &account.0.to_be_bytes(), &[VERSION], id.as_bytes()].concat()
}

pub(in crate::store) fn write(
    account: AccountNo,
    actor: &ActorRecord,
    seal: &Seal,
    nonce: [u8; NONCE],
) -> Vec<u8> {
    let associated = associated(account, actor.id.as_str());
    let sealed = seal.seal(nonce, &associated, actor.declaration.as_bytes());
    let record = Record {
        webhooks: actor.webhooks.iter().map(|no| no.0).collect(),
        created_at: actor.created_at.as_millis(),
        updated_at: actor.updated_at.as_millis(),
        declaration: Raw(&sealed),
    };
    encode(VERSION, &record)
}

pub(in crate::store) fn read(
    account: AccountNo,
    id: &str,
    bytes: &[u8],
    seal: &Seal,
) -> Decoded<ActorRecord> {
    let record: Record<'_> = decode(VERSION, bytes)?;
    let text = seal.open(&associated(account, id), record.declaration.0).ok_or(BadRecord::Sealed)?;
    Ok(ActorRecord {
        id: id.parse().map_err(|_| BadRecord::Field("actor id"))?,
        declaration: std::str::from_utf8(&text).map_err(|_| BadRecord::Field("declaration"))?.into(),
        webhooks: record.webhooks.into_iter().map(WebhookNo).collect(),
        created_at: Timestamp::from_millis(record.created_at),
        updated_at: Timestamp::from_millis(record.updated_at),
    })
}

/// The row sealed with the current key; `None` when it is already.
pub(in crate::store) fn reseal(
    (account, id): (u32, &str),
    bytes: &[u8],
    seal: &Seal,
    nonce: [u8; NONCE],
) -> Decoded<Option<Vec<u8>>> {
    let record: Record<'_> = decode(VERSION, bytes)?;
    let sealed = seal.anew(nonce, &associated(AccountNo(account), id), record.declaration.0)?;
    Ok(sealed.map(|sealed| encode(VERSION, &Record { declaration: Raw(&sealed), ..record })))
}

/// The webhooks of a declaration, which are known even where the declaration does not open.
pub(in crate::store) fn webhooks(bytes: &[u8]) -> Decoded<Vec<WebhookNo>> {
    let record: Record<'_> = decode(VERSION, bytes)?;
    Ok(record.webhooks.into_iter().map(WebhookNo).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_hides_the_declaration() {
        let seal = Seal::new(&[7; 32]);
        let actor = ActorRecord {
            id: "my-actor".parse().unwrap(),
            declaration: r#"{"webhooks":[{"headersTemplate":"canary"}]}"#.into(),
            webhooks: vec![WebhookNo(3), WebhookNo(9)],
            created_at: Timestamp::from_millis(5),
            updated_at: Timestamp::from_millis(6),
        };
        let bytes = write(AccountNo(1), &actor, &seal, [1; NONCE]);
        assert_eq!(read(AccountNo(1), "my-actor", &bytes, &seal).unwrap(), actor);
        assert!(!bytes.windows(6).any(|part| part == b"canary"));
        assert_eq!(read(AccountNo(2), "my-actor", &bytes, &seal), Err(BadRecord::Sealed));
        assert_eq!(read(AccountNo(1), "other", &bytes, &seal), Err(BadRecord::Sealed));
    }
}
