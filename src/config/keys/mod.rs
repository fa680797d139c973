//! Every setting: a table with one row each. Its order is that of the documentation, and of the reading:
//! a row may look at the rows before it.

mod daemon;
mod holding;
mod sending;

use super::key::Key;

/// Every setting. A variable may set any of them; a profile has none.
pub(super) fn all() -> impl Iterator<Item = &'static Key> {
    [daemon::KEYS, sending::KEYS, holding::KEYS].into_iter().flatten()
}

/// The tables besides profiles, with what people are told about them.
pub(super) const SECTIONS: &[(&str, &str)] = &[
    ("log", ""),
    ("secrets", ""),
    ("signing", ""),
    (
        "tls",
        "The API's certificate; both or none. The file may hold intermediate certificates after it. After a renewal: `ringback reload`, which closes no connection.",
    ),
    (
        "admin_tls",
        "The same for the admin listener. `ringback --ca FILE` trusts another authority than the system's.",
    ),
    #[cfg(feature = "otlp")]
    ("otlp", "Attempts as spans, for a build with `--features otlp`."),
    ("egress", "Where webhooks may point."),
    ("api", ""),
    ("dispatch", "How much is sent at once."),
    ("webhooks", ""),
    ("events", ""),
    ("retention", ""),
    (
        "quotas",
        "Limits of one account (tenant). Requests over a quota get 409 or 429; other accounts are not affected. All accounts together may hold ten times what one may.",
    ),
    ("store", ""),
    ("metrics", ""),
    (
        "backup",
        "Scheduled backups, like those of `ringback backup`. Each is read back before it gets its name, ringback-YYYYMMDDTHHMMSSZ.backup.",
    ),
];

/// Settings of other builds. They are read only to be refused.
#[cfg(feature = "otlp")]
pub(super) const LACKING: &[&str] = &[];
#[cfg(not(feature = "otlp"))]
pub(super) const LACKING: &[&str] = &["otlp.endpoint"];
