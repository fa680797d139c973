//! The directory of actors' declarations: what it holds is taken in when the daemon starts.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::api::context::Context;
use crate::api::dialects::run_webhooks::declarations::Declaring;
use crate::app::accounts;
use crate::clock;
use crate::domain::account::DEFAULT_ACCOUNT;
use crate::limits;
use crate::store::audit::Actor;

/// Takes in every declaration, for the default account. One that cannot be loaded is reported with its
/// file's name, and holds up no other.
pub(super) async fn load_actors(context: &Context, directory: &Path) {
    let files = match files(directory) {
        Ok(files) => files,
        Err(error) => return tracing::error!(directory = %directory.display(), "actors_dir: {error:#}"),
    };
    for (id, file) in files {
        match declare(context, &id, &file).await {
            Ok(()) => tracing::debug!(actor = id, file = %file.display(), "actor declared"),
            Err(error) => tracing::error!(file = %file.display(), "an actor is not declared: {error:#}"),
        }
    }
}

/// The declarations with their actors' ids: `ID.json` and `ID/actor.json`, also where it lies in the
/// directory that belongs to an actor's source.
fn files(directory: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let inner = ["actor.json", ".actor/actor.json"].map(|name| path.join(name));
        let (id, file) = if path.is_dir() {
            let Some(file) = inner.into_iter().find(|file| file.is_file()) else { continue };
            (path.file_name(), file)
        } else if path.extension().is_some_and(|extension| extension == "json") {
            (path.file_stem(), path.clone())
        } else {
            continue;
        };
        files.push((id.unwrap_or_default().to_string_lossy().into_owned(), file));
    }
    files.sort();
    Ok(files)
}

async fn declare(context: &Context, id: &str, file: &Path) -> anyhow::Result<()> {
    let id = id.parse().with_context(|| format!("{id:?} is not an actor id"))?;
    let length = std::fs::metadata(file)?.len();
    anyhow::ensure!(
        length <= limits::ACTOR_BYTES as u64,
        "it may have at most {} bytes",
        limits::ACTOR_BYTES
    );
    let text = std::fs::read(file)?;
    let account = accounts::named(&context.app, DEFAULT_ACCOUNT).map(|account| account.no());
    let account = account.context("there is no default account")?;
    let declaring = Declaring { context, account, by: Actor::Daemon, secrets: true, now: clock::now() };
    let declared = declaring.declare(id, &text).await;
    declared.map(|_| ()).map_err(|problem| {
        let faults = problem.errors.iter().map(|fault| format!("{} {}", fault.pointer, fault.detail));
        let faults: Vec<String> = faults.collect();
        let more = if faults.len() > 1 { format!(": {}", faults.join("; ")) } else { String::new() };
        anyhow::anyhow!("{}{more}", problem.detail)
    })
}
