//! Whether standard error goes to journald.

use std::os::unix::fs::MetadataExt as _;

/// Whether it does: the service manager names the journal's socket by device and inode.
pub(super) fn on_stderr() -> bool {
    let named = std::env::var("JOURNAL_STREAM").ok();
    let stderr = std::fs::metadata("/proc/self/fd/2").ok();
    is_journal(named.as_deref(), stderr.map(|file| (file.dev(), file.ino())))
}

fn is_journal(named: Option<&str>, stderr: Option<(u64, u64)>) -> bool {
    let numbers = named.and_then(|text| text.split_once(':'));
    let journal = numbers.and_then(|(device, inode)| Some((device.parse().ok()?, inode.parse().ok()?)));
    journal.is_some() && journal == stderr
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_stream_is_the_journal() {
        assert!(is_journal(Some("8:1234"), Some((8, 1234))));
        assert!(!is_journal(Some("8:1234"), Some((8, 1235))), "redirected away from it");
        assert!(!is_journal(None, Some((8, 1234))));
        assert!(!is_journal(Some("nonsense"), Some((8, 1234))));
        assert!(!is_journal(Some("nonsense"), None));
    }
}
