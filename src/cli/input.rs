//! Texts that a command is given.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::failure::Failure;

/// A text given in place, as `@FILE`, or on standard input as `-`.
pub(super) fn argument_bytes(given: &str) -> Result<Vec<u8>, Failure> {
    let read = match given.strip_prefix('@') {
        Some(file) => std::fs::read(file),
        None if given == "-" => read_stdin(),
        None => Ok(given.as_bytes().to_vec()),
    };
    read.map_err(|error| Failure::usage(format!("{given}: {error}")))
}

/// As [`argument_json`], kept as it is written.
pub(super) fn argument_raw_json(flag: &str, given: &str) -> Result<Box<RawValue>, Failure> {
    parsed(flag, given)
}

/// JSON given in place, as `@FILE`, or on standard input as `-`.
pub(super) fn argument_json(flag: &str, given: &str) -> Result<Value, Failure> {
    parsed(flag, given)
}

fn parsed<T: DeserializeOwned>(flag: &str, given: &str) -> Result<T, Failure> {
    let wrong = |error| Failure::usage(format!("{flag}: must be JSON: {error}"));
    serde_json::from_slice(&argument_bytes(given)?).map_err(wrong)
}

fn read_stdin() -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let most = crate::limits::REQUEST_BODY_BYTES as u64;
    std::io::stdin().lock().take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(std::io::Error::other(format!("more than {most} bytes"))),
        false => Ok(bytes),
    }
}
