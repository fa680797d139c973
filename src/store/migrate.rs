//! Bringing the file of an older program up to this one's schema.
//!
//! Before the first step a copy of the file is written beside it, read back and synced: to go back is to
//! give the copy the store's name and start the older program. A step is one transaction, or several: the
//! first of them writes the new schema together with a mark, so that no older program takes what is half
//! done for its own, and the next to open the store goes on from there.

pub(super) mod schema_2;
mod step;

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use redb::{Builder, Database, ReadTransaction, ReadableDatabase as _};

use super::engine_error::EngineError;
use super::file::{SCHEMA, beside, schema, sync_directory};
use super::open_error::OpenError;
use super::seal::Seal;
use super::space;
use super::tables::{self, meta, number};

pub(super) use step::Step;

/// Every step there is. Schema 1 is the first.
pub(super) const STEPS: &[Step] = &[schema_2::STEP];

/// Takes the steps that a store at `path` needs, after a copy of it was made.
pub(super) fn bring_up(db: &Database, path: &Path, steps: &[Step], seal: &Seal) -> Result<(), OpenError> {
    let (found, begun) = stand(db)?;
    if found == SCHEMA && begun.is_none() {
        return Ok(());
    }
    tracing::info!(found, supported = SCHEMA, "bringing the store to this program's schema");
    // What is half done is no copy of what was; that one was made before.
    if begun.is_none() {
        room(&db.begin_read().map_err(EngineError::from)?, path)?;
        save(db, path, found)?;
    }
    run(db, steps, seal)
}

/// Whether there is room for the copy, if one is to be made.
pub(super) fn room(txn: &ReadTransaction, path: &Path) -> Result<(), OpenError> {
    let (found, begun) = standing(txn)?;
    if found == SCHEMA || begun.is_some() {
        return Ok(());
    }
    let needed = fs::metadata(path)?.len();
    // What a killed copy left is written over.
    let left = fs::metadata(partial(&copy(path, found))).map_or(0, |file| 512 * file.blocks());
    let free = space::free(path)?.saturating_add(left);
    if free < needed { Err(OpenError::NoRoom(needed - free)) } else { Ok(()) }
}

/// Takes the steps that a store needs.
pub(super) fn run(db: &Database, steps: &[Step], seal: &Seal) -> Result<(), OpenError> {
    loop {
        let (found, begun) = stand(db)?;
        let from = begun.unwrap_or(found);
        if from == SCHEMA {
            return Ok(());
        }
        let step = steps.iter().find(|step| step.from == from).ok_or(OpenError::NotAStore)?;
        while take(db, step, seal)? {}
        tracing::info!(schema = from + 1, "the store has a new schema");
    }
}

/// The store's schema, and the one that a step under way began from.
fn stand(db: &Database) -> Result<(u32, Option<u32>), OpenError> {
    standing(&db.begin_read().map_err(EngineError::from)?)
}

fn standing(txn: &ReadTransaction) -> Result<(u32, Option<u32>), OpenError> {
    let table = tables::META.read(txn).map_err(EngineError::from)?;
    let begun = number(&table, meta::MIGRATING)?.and_then(|from| u32::try_from(from).ok());
    Ok((schema(txn)?, begun))
}

/// Does one piece of a step; whether there is more.
fn take(db: &Database, step: &Step, seal: &Seal) -> Result<bool, EngineError> {
    let mut txn = db.begin_write()?;
    txn.set_quick_repair(true);
    tables::create(&txn)?;
    let more = (step.piece)(&txn, seal)?;
    {
        let mut table = tables::META.write(&txn)?;
        table.insert(meta::SCHEMA, (step.from + 1).to_be_bytes().as_slice())?;
        if more {
            table.insert(meta::MIGRATING, step.from.to_be_bytes().as_slice())?;
        } else {
            table.remove(meta::MIGRATING)?;
        }
    }
    txn.commit()?;
    Ok(more)
}

fn copy(path: &Path, found: u32) -> PathBuf {
    beside(path, &format!(".schema-{found}"))
}

/// A copy that is not whole yet.
fn partial(copy: &Path) -> PathBuf {
    beside(copy, ".tmp")
}

/// Copies the file, which no one changes meanwhile, and names the copy once it is whole and on disk.
fn save(db: &Database, path: &Path, found: u32) -> Result<(), OpenError> {
    let copy = copy(path, found);
    let partial = partial(&copy);
    let copied = copy_whole(db, path, &partial).and_then(|()| {
        fs::rename(&partial, &copy)?;
        sync_directory(path)?;
        tracing::info!(copy = %copy.display(), "copied the store as it was");
        Ok(())
    });
    copied.inspect_err(|_| drop(fs::remove_file(&partial)))
}

fn copy_whole(db: &Database, path: &Path, partial: &Path) -> Result<(), OpenError> {
    fs::copy(path, partial)?;
    let read = Builder::new().open(partial)?;
    if tables::counts(&read)? != tables::counts(db)? {
        return Err(OpenError::Engine("the copy of it does not hold what it does".to_owned()));
    }
    drop(read);
    File::open(partial)?.sync_all()?;
    Ok(())
}
