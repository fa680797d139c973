//! Commands that do the same to several things.

use serde_json::Value;

use super::connection::Daemon;
use super::failure::Failure;
use super::query::Param;
use crate::limits;

/// Ids that were found.
pub(super) struct Found {
    pub(super) ids: Vec<String>,
    /// Whether there are more, which the next run finds.
    more: bool,
}

impl Found {
    /// How many there are.
    pub(super) fn said(&self, one: &str, many: &str) -> String {
        let least = if self.more { "the first " } else { "" };
        let noun = if self.ids.len() == 1 { one } else { many };
        format!("{least}{} {noun}", super::words::count(self.ids.len() as u64))
    }
}

/// The ids of all rows of a list that match, as far as one command goes.
pub(super) async fn all(daemon: &Daemon, path: &str, filters: &[Param]) -> Result<Found, Failure> {
    let limit = ("limit", Some(limits::PAGE_MAX.to_string()));
    let mut query = filters.to_vec();
    query.push(limit.clone());
    let mut ids = Vec::new();
    loop {
        let page = daemon.page(path, &query).await?;
        let rows = page.get("data").and_then(Value::as_array).into_iter().flatten();
        ids.extend(rows.filter_map(|row| row.get("id")?.as_str()).map(str::to_owned));
        let next = page.get("next_cursor").and_then(Value::as_str);
        let Some(cursor) = next.filter(|_| ids.len() < limits::BULK_ROWS) else {
            return Ok(Found { more: next.is_some(), ids });
        };
        query = vec![limit.clone(), ("cursor", Some(cursor.to_owned()))];
    }
}

/// Says how many there are, not among the results.
pub(super) fn eprint_line(line: &str) {
    use std::io::Write as _;
    // A closed standard error keeps no one from what was asked.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Does something to each. One that fails does not keep the others from it; the first failure says how the command
/// ends.
pub(super) async fn each(
    given: &[String],
    act: impl AsyncFn(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut failed: Option<Failure> = None;
    for one in given {
        let failure = match act(one).await {
            Ok(()) => continue,
            Err(Failure::ClosedPipe) => return Err(Failure::ClosedPipe),
            Err(failure) if given.len() > 1 => failure.about(one),
            Err(failure) => failure,
        };
        failed = Some(match failed {
            Some(first) => first.and(failure),
            None => failure,
        });
    }
    failed.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::failure::Exit;
    use std::cell::RefCell;

    #[tokio::test]
    async fn one_that_fails_does_not_keep_the_others_from_it() {
        let seen = RefCell::new(Vec::new());
        let given = ["a", "b", "c"].map(str::to_owned);
        let failure = each(&given, async |one| {
            seen.borrow_mut().push(one.to_owned());
            match one {
                "a" => Err(Failure::new(Exit::NotFound, "there is none")),
                "b" => Err(Failure::new(Exit::Refused, "no")),
                _ => Ok(()),
            }
        })
        .await;
        assert_eq!(*seen.borrow(), given);
        assert_eq!(failure, Err(Failure::new(Exit::NotFound, "a: there is none\nb: no")));
    }
}
