//! `signing_keys`. The secret half is sealed: an Ed25519 key's seed, or an RSA key's PKCS #8 document.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{BadRecord, Coded as _, Decoded, Raw, decode, encode};
use crate::domain::profile::JwtAlgorithm;
use crate::domain::rsa::RsaKey;
use crate::domain::signing_key::{KeyPair, Origin, SigningKey};
use crate::domain::time::Timestamp;
use crate::store::json::coder::ExportFormat;
use crate::store::seal::{NONCE, Seal};

const VERSION: u8 = 2;

pub(in crate::store) const FORM: (u8, ExportFormat) = (VERSION, |coder| Record::deserialize(coder).map(drop));

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    algorithm: u8,
    origin: u8,
    created_at: u64,
    signs_from: u64,
    #[serde(borrow)]
    sealed: Raw<'a>,
}

/// As stores of schema 1 have it: every key was an Ed25519 key that the daemon had made.
const FIRST: u8 = 1;

pub(in crate::store) const FIRST_FORM: (u8, ExportFormat) =
    (FIRST, |coder| First::deserialize(coder).map(drop));

#[derive(Serialize, Deserialize)]
struct First<'a> {
    created_at: u64,
    signs_from: u64,
    #[serde(borrow)]
    sealed: Raw<'a>,
}

fn associated(version: u8, no: u64) -> Vec<u8> {
    [b"signing_keys".as_slice(), &no.to_be_bytes(), &[version]].concat()
}

pub(in crate::store) fn write(no: u64, key: &SigningKey, seal: &Seal, nonce: [u8; NONCE]) -> Vec<u8> {
    let secret = match key.pair() {
        KeyPair::Ed25519(key) => Zeroizing::new(key.as_bytes().to_vec()),
        KeyPair::Rsa(key) => key.pkcs8(),
    };
    let sealed = seal.seal(nonce, &associated(VERSION, no), &secret);
    let record = Record {
        algorithm: key.algorithm().code(),
        origin: key.origin.code(),
        created_at: key.created_at.as_millis(),
        signs_from: key.signs_from.as_millis(),
        sealed: Raw(&sealed),
    };
    encode(VERSION, &record)
}

pub(in crate::store) fn read(no: u64, bytes: &[u8], seal: &Seal) -> Decoded<SigningKey> {
    let record: Record<'_> = decode(VERSION, bytes)?;
    let secret = seal.open(&associated(VERSION, no), record.sealed.0).ok_or(BadRecord::Sealed)?;
    let pair = match JwtAlgorithm::of(record.algorithm)? {
        JwtAlgorithm::EdDsa => {
            let seed: &[u8; 32] = secret.as_slice().try_into().map_err(|_| BadRecord::Field("seed"))?;
            KeyPair::Ed25519(Box::new(seed.into()))
        }
        JwtAlgorithm::Rs256 => {
            let key = RsaKey::from_pkcs8(&secret).map_err(|_| BadRecord::Field("RSA key"))?;
            KeyPair::Rsa(Arc::new(key))
        }
    };
    let at = Timestamp::from_millis;
    Ok(SigningKey::of(pair, Origin::of(record.origin)?, at(record.created_at), at(record.signs_from)))
}

/// The record with its sealed part under the current key; `None` when that is so already.
pub(in crate::store) fn reseal(
    no: u64,
    bytes: &[u8],
    seal: &Seal,
    nonce: [u8; NONCE],
) -> Decoded<Option<Vec<u8>>> {
    let record: Record<'_> = decode(VERSION, bytes)?;
    let sealed = seal.anew(nonce, &associated(VERSION, no), record.sealed.0)?;
    Ok(sealed.map(|sealed| encode(VERSION, &Record { sealed: Raw(&sealed), ..record })))
}

/// The record as this program writes it, of one of schema 1; `None` when it is not of that schema.
pub(in crate::store) fn upgrade(
    no: u64,
    bytes: &[u8],
    seal: &Seal,
    nonce: [u8; NONCE],
) -> Decoded<Option<Vec<u8>>> {
    if bytes.first() != Some(&FIRST) {
        return Ok(None);
    }
    let first: First<'_> = decode(FIRST, bytes)?;
    let seed = seal.open(&associated(FIRST, no), first.sealed.0).ok_or(BadRecord::Sealed)?;
    let seed = seed.as_slice().try_into().map_err(|_| BadRecord::Field("seed"))?;
    let at = Timestamp::from_millis;
    Ok(Some(write(no, &SigningKey::new(seed, at(first.created_at), at(first.signs_from)), seal, nonce)))
}

/// A key's record as a program of schema 1 wrote it.
#[cfg(test)]
pub(in crate::store) fn write_first(no: u64, key: &SigningKey, seal: &Seal, nonce: [u8; NONCE]) -> Vec<u8> {
    let KeyPair::Ed25519(pair) = key.pair() else { panic!("schema 1 knows no {key:?}") };
    let sealed = seal.seal(nonce, &associated(FIRST, no), pair.as_bytes());
    let (created_at, signs_from) = (key.created_at.as_millis(), key.signs_from.as_millis());
    encode(FIRST, &First { created_at, signs_from, sealed: Raw(&sealed) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_sealed_and_only_in_its_own_row() {
        let (seal, at) = (Seal::new(&[7; 32]), Timestamp::from_millis);
        let rsa = Arc::new(crate::clock::fresh_rsa_key().unwrap());
        let secret = rsa.pkcs8();
        let rsa = SigningKey::of(KeyPair::Rsa(rsa), Origin::File, at(5), at(6));
        let ed25519 = SigningKey::new(&[0xa5; 32], at(5), at(300_005));
        for (key, secret) in [(ed25519, [0xa5; 32].as_slice()), (rsa, &secret)] {
            let bytes = write(3, &key, &seal, [1; NONCE]);
            assert_eq!(read(3, &bytes, &seal), Ok(key));
            assert_eq!(read(4, &bytes, &seal), Err(BadRecord::Sealed));
            let part = &secret[secret.len() - 16..];
            assert!(!bytes.windows(16).any(|bytes| bytes == part));
        }
    }
}
