//! `verify-store`: the stopped daemon's store, walked from its pages to what its rows say of each other.

use serde_json::json;

use super::context::Context;
use super::failure::{Exit, Failure};
use super::offline;
use crate::store::verify::{self, Verdict};

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let (path, options) = offline::store(context)?;
    let Verdict { rows, faults, listed } =
        verify::verify(&path, &options).map_err(|error| offline::refused(&error))?;
    let file = path.display().to_string();
    let all = rows.values().sum::<u64>();
    if faults == 0 {
        return context.output.thing(
            &json!({ "file": file, "state": "whole", "rows": all, "tables": rows, "faults": faults }),
        );
    }
    context.output.thing(&json!({
        "file": file,
        "state": "damaged",
        "rows": all,
        "tables": rows,
        "faults": faults,
        "listed": listed,
    }))?;
    let what = format!("{file} is damaged in {faults} places; restore a backup, or export what can be read");
    Err(Failure::new(Exit::Refused, what))
}
