//! `signing_keys`. The secret half is sealed.

use serde::{Deserialize, Serialize};

use super::{BadRecord, Decoded, Raw, decode, encode};
use crate::domain::signing_key::SigningKey;
use crate::domain::time::Timestamp;
use crate::store::export::Form;
use crate::store::seal::{NONCE, Seal};

const VERSION: u8 = 1;

pub(in crate::store) const FORM: (u8, Form) = (VERSION, |coder| Record::deserialize(coder).map(drop));

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    created_at: u64,
    signs_from: u64,
    #[serde(borrow)]
    sealed: Raw<'a>,
}

fn associated(no: u64) -> Vec<u8> {
    [b"signing_keys".as_slice(), &no.to_be_bytes(), &[VERSION]].concat()
}

pub(in crate::store) fn write(no: u64, key: &SigningKey, seal: &Seal, nonce: [u8; NONCE]) -> Vec<u8> {
    let sealed = seal.seal(nonce, &associated(no), key.key().as_bytes());
    let record = Record {
        created_at: key.created_at.as_millis(),
        signs_from: key.signs_from.as_millis(),
        sealed: Raw(&sealed),
    };
    encode(VERSION, &record)
}

pub(in crate::store) fn read(no: u64, bytes: &[u8], seal: &Seal) -> Decoded<SigningKey> {
    let record: Record<'_> = decode(VERSION, bytes)?;
    let seed = seal.open(&associated(no), record.sealed.0).ok_or(BadRecord::Sealed)?;
    let seed = seed.as_slice().try_into().map_err(|_| BadRecord::Field("seed"))?;
    let at = Timestamp::from_millis;
    Ok(SigningKey::new(seed, at(record.created_at), at(record.signs_from)))
}

/// The record with its sealed part under the current key; `None` when that is so already.
pub(in crate::store) fn reseal(
    no: u64,
    bytes: &[u8],
    seal: &Seal,
    nonce: [u8; NONCE],
) -> Decoded<Option<Vec<u8>>> {
    let record: Record<'_> = decode(VERSION, bytes)?;
    let sealed = seal.anew(nonce, &associated(no), record.sealed.0)?;
    Ok(sealed.map(|sealed| encode(VERSION, &Record { sealed: Raw(&sealed), ..record })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_sealed_and_only_in_its_own_row() {
        let (seal, at) = (Seal::new(&[7; 32]), Timestamp::from_millis);
        let key = SigningKey::new(&[0xa5; 32], at(5), at(300_005));
        let bytes = write(3, &key, &seal, [1; NONCE]);
        assert_eq!(read(3, &bytes, &seal), Ok(key));
        assert_eq!(read(4, &bytes, &seal), Err(BadRecord::Sealed));
        assert!(!bytes.windows(8).any(|part| part == [0xa5; 8]));
    }
}
