//! The key that seals secrets at rest: 32 bytes, in base64, in a file of its own.

use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::SealKey;

/// A key. Zeroed when dropped.
pub type Key = Zeroizing<[u8; 32]>;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum SealKeyError {
    /// The file cannot be read or written.
    #[error("the seal key {file} {detail}", file = .0.display(), detail = super::unreadable(.1))]
    Io(PathBuf, io::Error),
    /// The file holds something else.
    #[error("the seal key {file} must be 32 bytes in base64 (make one with: openssl rand -base64 32)", file = .0.display())]
    Form(PathBuf),
}

/// Reads the key. `None`: the one beside the store was not made yet.
///
/// # Errors
/// When a given file is missing, or a file cannot be read or holds something else.
pub fn read(place: &SealKey) -> Result<Option<Key>, SealKeyError> {
    match place {
        SealKey::Configured(file) => read_file(file).map(Some),
        SealKey::Beside(file) if file.exists() => read_file(file).map(Some),
        SealKey::Beside(_) => Ok(None),
    }
}

fn read_file(file: &Path) -> Result<Key, SealKeyError> {
    let text = std::fs::read_to_string(file).map_err(|error| SealKeyError::Io(file.to_owned(), error))?;
    let text = Zeroizing::new(text);
    let form = || SealKeyError::Form(file.to_owned());
    let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| form())?);
    bytes.as_slice().try_into().map(Zeroizing::new).map_err(|_| form())
}

/// Writes a new key of `random` bytes for its owner alone; never over an existing one.
///
/// # Errors
/// When the file exists or cannot be written.
pub fn create(file: &Path, random: &Key) -> Result<(), SealKeyError> {
    let io = |error| SealKeyError::Io(file.to_owned(), error);
    if file.exists() {
        return Err(io(std::io::ErrorKind::AlreadyExists.into()));
    }
    // Under its name only once it is whole: a first start on a full disk leaves no half of a key.
    let mut partial = file.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Path::new(&partial);
    let written = write(partial, random).and_then(|()| std::fs::rename(partial, file));
    if written.is_err() {
        let _ = std::fs::remove_file(partial);
    }
    written.map_err(io)
}

fn write(file: &Path, random: &Key) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let mut out = options.write(true).create(true).truncate(true).mode(0o600).open(file)?;
    let text = Zeroizing::new(STANDARD.encode(random.as_slice()));
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_made_key_is_read_back_and_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let place = SealKey::Beside(dir.path().join("seal-key"));
        assert!(read(&place).unwrap().is_none());
        let SealKey::Beside(file) = &place else { panic!() };
        create(file, &Zeroizing::new([7; 32])).unwrap();
        assert_eq!(read(&place).unwrap().unwrap().as_slice(), [7; 32]);
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(create(file, &Zeroizing::new([8; 32])).is_err(), "a key is never written over");
    }

    #[test]
    fn a_key_that_cannot_be_written_whole_is_none() {
        let full = Path::new("/dev/full");
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("seal-key");
        std::os::unix::fs::symlink(full, dir.path().join("seal-key.partial")).unwrap();
        let error = create(&file, &Zeroizing::new([7; 32])).unwrap_err();
        assert!(error.to_string().contains("No space left"), "{error}");
        assert!(read(&SealKey::Beside(file.clone())).unwrap().is_none());
        create(&file, &Zeroizing::new([7; 32])).unwrap();
    }

    #[test]
    fn a_given_key_must_exist_and_be_32_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        assert!(matches!(read(&SealKey::Configured(file.clone())), Err(SealKeyError::Io(..))));
        std::fs::write(&file, STANDARD.encode([1; 31])).unwrap();
        assert!(matches!(read(&SealKey::Configured(file.clone())), Err(SealKeyError::Form(_))));
        let error = read(&SealKey::Beside(file)).unwrap_err().to_string();
        assert!(!error.contains(&STANDARD.encode([1; 31])), "{error}");
    }
}
