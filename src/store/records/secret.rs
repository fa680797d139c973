//! `secrets`: texts for templates, each sealed and bound to its account and its name.

use serde::{Deserialize, Serialize};

use super::{BadRecord, Decoded, Raw, decode, encode};
use crate::domain::id::AccountNo;
use crate::domain::secret::{SecretName, SecretRecord, SecretText};
use crate::domain::time::Timestamp;
use crate::store::json::coder::ExportFormat;
use crate::store::seal::{NONCE, Seal};

const VERSION: u8 = 1;

pub(in crate::store) const FORM: (u8, ExportFormat) = (VERSION, |coder| Record::deserialize(coder).map(drop));

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    created_at: u64,
    updated_at: u64,
    #[serde(borrow)]
    sealed: Raw<'a>,
}

/// Of another beginning than a webhook's, so that no sealed part fits another table.
fn associated(account: AccountNo, name: &str) -> Vec<u8> {
    [b"secret/".as_slice(), &account.0.to_be_bytes(), &[VERSION], name.as_bytes()].concat()
}

pub(in crate::store) fn write(
    account: AccountNo,
    record: &SecretRecord,
    seal: &Seal,
    nonce: [u8; NONCE],
) -> Vec<u8> {
    let aad = associated(account, record.name.as_str());
    let sealed = seal.seal(nonce, &aad, record.text.expose().as_bytes());
    let (created_at, updated_at) = (record.created_at.as_millis(), record.updated_at.as_millis());
    encode(VERSION, &Record { created_at, updated_at, sealed: Raw(&sealed) })
}

pub(in crate::store) fn read(
    account: AccountNo,
    name: &str,
    bytes: &[u8],
    seal: &Seal,
) -> Decoded<SecretRecord> {
    let record: Record<'_> = decode(VERSION, bytes)?;
    let text = seal.open(&associated(account, name), record.sealed.0).ok_or(BadRecord::Sealed)?;
    let text = std::str::from_utf8(&text).ok().and_then(|text| SecretText::parse(text).ok());
    Ok(SecretRecord {
        name: name.parse::<SecretName>().map_err(|_| BadRecord::Field("secret's name"))?,
        text: text.ok_or(BadRecord::Field("secret"))?,
        created_at: Timestamp::from_millis(record.created_at),
        updated_at: Timestamp::from_millis(record.updated_at),
    })
}

/// The row sealed with the current key; `None` when it is already.
pub(in crate::store) fn reseal(
    (account, name): (u32, &str),
    bytes: &[u8],
    seal: &Seal,
    nonce: [u8; NONCE],
) -> Decoded<Option<Vec<u8>>> {
    let record: Record<'_> = decode(VERSION, bytes)?;
    let sealed = seal.anew(nonce, &associated(AccountNo(account), name), record.sealed.0)?;
    Ok(sealed.map(|sealed| encode(VERSION, &Record { sealed: Raw(&sealed), ..record })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_in_its_own_row_only_and_does_not_show() {
        let seal = Seal::new(&[7; 32]);
        let record = SecretRecord {
            name: "KEY".parse().unwrap(),
            text: SecretText::parse("canary-text").unwrap(),
            created_at: Timestamp::from_millis(1),
            updated_at: Timestamp::from_millis(2),
        };
        let bytes = write(AccountNo(1), &record, &seal, [1; NONCE]);
        assert_eq!(read(AccountNo(1), "KEY", &bytes, &seal).unwrap(), record);
        assert_eq!(read(AccountNo(2), "KEY", &bytes, &seal), Err(BadRecord::Sealed));
        assert_eq!(read(AccountNo(1), "KEY_2", &bytes, &seal), Err(BadRecord::Sealed));
        assert!(!bytes.windows(6).any(|part| part == b"canary"));
        assert!(!format!("{record:?}").contains("canary"));
    }
}
