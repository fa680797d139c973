//! Files beside the store that hold keys: the sealing key, and the first admin token.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use zeroize::Zeroizing;

use crate::clock;
use crate::config::seal_key::{self, Key};
use crate::config::{Config, SealKey};
use crate::domain::account::{DEFAULT_ACCOUNT, Role, Roles, Token};
use crate::domain::id::TokenId;
use crate::domain::profile::JwtAlgorithm;
use crate::domain::rsa::RsaKey;
use crate::domain::signing_key::{KeyPair, Origin, SigningKey, signs_from};
use crate::domain::token::AccessToken;
use crate::store::Store;
use crate::store::audit::Actor;
use crate::store::command::Edit;

const ADMIN_TOKEN_FILE: &str = "admin-token";
const SECRET_MODE: u32 = 0o600;
/// Others may read, write or enter, or the group may write.
const OPEN_TO_OTHERS: u32 = 0o027;

/// Makes a directory, readable by its owner only, if it is not there.
pub(super) fn private_directory(dir: &Path) -> anyhow::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(dir).with_context(|| format!("the directory {} cannot be made", dir.display()))?;
    fs::set_permissions(dir, Permissions::from_mode(0o700))?;
    Ok(())
}

/// Warns of files with keys, and of a data directory, that others than their owner can open.
pub(super) fn warn_of_open_files(config: &Config) {
    let (SealKey::Configured(seal_key) | SealKey::Beside(seal_key)) = &config.seal_key;
    let admin_token = config.data_dir.join(ADMIN_TOKEN_FILE);
    let tls = config.tls.iter().chain(&config.admin_tls).map(|tls| &tls.key_file);
    let keys = [seal_key, &admin_token].into_iter().chain(&config.previous_seal_keys);
    for path in keys.chain(&config.rs256_key).chain(tls) {
        warn_if_open(path, "a file with a key or a token", "600");
    }
    warn_if_open(&config.store_path(), "the store", "600");
    warn_if_open(&config.data_dir, "the data directory", "700");
}

/// Warns when others than the owner may read or write; a group that may only read is taken for meant.
fn warn_if_open(path: &Path, what: &str, mode: &str) {
    let Ok(found) = fs::metadata(path) else { return };
    let found = found.permissions().mode() & 0o777;
    if found & OPEN_TO_OTHERS != 0 {
        tracing::warn!(path = %path.display(), mode = format_args!("{found:03o}"), "{what} is open to other users; run chmod {mode} on it");
    }
}

/// The key that secrets are sealed with: a given file's, else the one beside the store, made before
/// the store is.
pub(super) fn seal_key(place: &SealKey, store: &Path) -> anyhow::Result<Key> {
    if let Some(key) = seal_key::read(place)? {
        return Ok(key);
    }
    let SealKey::Beside(path) = place else { bail!("the seal key is missing") };
    if store.exists() {
        bail!(
            "the seal key {} is gone, and without it the secrets in {} cannot be read; put it back",
            path.display(),
            store.display()
        );
    }
    let key = Key::new(clock::random_bytes()?);
    seal_key::create(path, &key)?;
    tracing::warn!(
        path = %path.display(),
        "created a seal key beside the store; anyone who has both can read every secret. secrets.key_file names a key elsewhere"
    );
    Ok(key)
}

/// The keys that sealed before the current one.
///
/// # Errors
/// When a file is missing or holds something else.
pub fn previous_seal_keys(files: &[PathBuf]) -> anyhow::Result<Vec<Key>> {
    let read = |file: &PathBuf| {
        let key = seal_key::read(&SealKey::Configured(file.clone()))?;
        key.context("a previous seal key is missing")
    };
    files.iter().map(read).collect()
}

/// Makes sure that there are keys to sign tokens with, of either algorithm, and that the operator's RSA key,
/// if there is one, is or becomes the one that signs. A key that is replaced stays published for its tokens.
pub(super) async fn signing_keys(store: &Store, rs256: Option<Arc<RsaKey>>) -> anyhow::Result<()> {
    let (keys, now) = (store.directory().signing_keys(), clock::now());
    let mut fresh = Vec::new();
    if keys.newest(JwtAlgorithm::EdDsa).is_none() {
        let seed = Zeroizing::new(clock::random_bytes()?);
        fresh.push(SigningKey::new(&seed, now, signs_from(&keys, JwtAlgorithm::EdDsa, None, now)));
    }
    let (newest, from) =
        (keys.newest(JwtAlgorithm::Rs256), signs_from(&keys, JwtAlgorithm::Rs256, None, now));
    if let Some(file) = rs256 {
        let pair = KeyPair::Rsa(file);
        if newest.is_none_or(|newest| *newest.pair() != pair) {
            fresh.push(SigningKey::of(pair, Origin::File, now, from));
        }
    } else if newest.is_none() {
        let made = tokio::task::spawn_blocking(clock::fresh_rsa_key).await??;
        fresh.push(SigningKey::of(KeyPair::Rsa(Arc::new(made)), Origin::Made, now, from));
    }
    if !fresh.is_empty() {
        store.edit(Edit::AddSigningKeys(fresh), Actor::Daemon, now).await??;
    }
    Ok(())
}

/// Writes a new file that only its owner can read, durably before it has its name.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let partial = path.with_extension("tmp");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(SECRET_MODE).open(&partial)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    path.parent().map_or(Ok(()), |dir| fs::File::open(dir)?.sync_all())
}

/// Makes sure there is an admin token. The file comes before the commit: a crash between the two
/// leaves a file whose token the next start stores.
pub(super) async fn admin_token(store: &Store, dir: &Path) -> anyhow::Result<()> {
    let now = clock::now();
    if store.directory().tokens().any(|token| token.roles.has(Role::Admin) && !token.expired(now)) {
        return Ok(());
    }
    let path: PathBuf = dir.join(ADMIN_TOKEN_FILE);
    // One that is known has expired.
    let unused = |token: &AccessToken| store.directory().token(&token.digest()).is_none();
    let token = kept(&path).filter(unused).map_or_else(|| written(&path), Ok)?;
    store_admin(store, &token, "made at the first start").await?;
    tracing::info!(path = %path.display(), "wrote the first admin token");
    Ok(())
}

/// Makes sure that the file has an admin token that the store knows, for an operator who lost theirs; the
/// others stay valid. Gives the file, and whether its token was made now.
///
/// # Errors
/// When the file cannot be written, or the store cannot take the token.
pub async fn recovered_admin_token(store: &Store, dir: &Path) -> anyhow::Result<(PathBuf, bool)> {
    let path = dir.join(ADMIN_TOKEN_FILE);
    let digest = kept(&path).map(|token| token.digest());
    let now = clock::now();
    let opens =
        |token: &Token| token.roles.has(Role::Admin) && !token.expired(now) && Some(token.digest) == digest;
    if store.directory().tokens().any(|token| opens(token)) {
        return Ok((path, false));
    }
    store_admin(store, &written(&path)?, "made for a lost one").await?;
    Ok((path, true))
}

/// The token in a file, if there is one.
fn kept(path: &Path) -> Option<AccessToken> {
    fs::read_to_string(path).ok().and_then(|text| AccessToken::parse(text.trim()).ok())
}

/// A fresh token that a file has from now on.
fn written(path: &Path) -> anyhow::Result<AccessToken> {
    let token = AccessToken::from_random(clock::random_bytes()?);
    write_secret(path, token.expose()).with_context(|| format!("{}", path.display()))?;
    Ok(token)
}

async fn store_admin(store: &Store, token: &AccessToken, description: &str) -> anyhow::Result<()> {
    let account = store.directory().account_named(DEFAULT_ACCOUNT).map(|account| account.no());
    let now = clock::now();
    let record = Token {
        id: TokenId::new(now, u128::from_le_bytes(clock::random_bytes()?)),
        digest: token.digest(),
        account: account.context("the store has no default account")?,
        roles: Roles::of(&[Role::Admin]),
        description: description.to_owned(),
        created_at: now,
        expires_at: None,
        last_used_at: None,
    };
    store.edit(Edit::CreateToken(record), Actor::Daemon, now).await??;
    Ok(())
}
