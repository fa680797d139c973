//! Times, counts and ids in words, as people at a terminal read them. Pure.

use crate::domain::time::Timestamp;

/// How long ago `at` was, or in how long it will be: `3 min ago`, `in 41 s`, `now`.
pub(super) fn relative(at: Timestamp, now: Timestamp) -> String {
    if at > now { format!("in {}", span(at.since(now).as_secs().max(1))) } else { ago(at, now) }
}

fn ago(at: Timestamp, now: Timestamp) -> String {
    match now.since(at).as_secs() {
        0 => "now".to_owned(),
        seconds => format!("{} ago", span(seconds)),
    }
}

/// A time span in its largest unit: `41 s`, `3 min`, `2 h`, `5 days`.
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A number with its thousands apart: `1,204`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut told = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            told.push(',');
        }
        told.push(digit);
    }
    told
}

/// A number of bytes: `71.0 GiB`.
pub(super) fn bytes(number: u64) -> String {
    let exact = u128::from(number);
    let mut unit: (u128, &str) = (1, "B");
    for next in [(1 << 10, "KiB"), (1 << 20, "MiB"), (1 << 30, "GiB"), (1 << 40, "TiB")] {
        if exact >= next.0 {
            unit = next;
        }
    }
    match unit {
        (1, name) => format!("{number} {name}"),
        (size, name) => {
            let tenths = exact * 10 / size;
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
    }
}

/// The time of a text, if it is one.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    // A number, or a date alone, is none.
    text.contains('T').then(|| text.parse().ok()).flatten()
}

/// `1st`, `2nd`, `3rd`, `11th`.
pub(super) fn ordinal(number: u64) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// A URL as short as it stays telling: without `http://`, `https://` and the slash at its end.
pub(super) fn address(url: &str) -> &str {
    let bare = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or(url);
    bare.strip_suffix('/').unwrap_or(bare)
}

/// How many characters at the end of these ids tell them apart: at least as many as tell one of the newest
/// of its kind from all others, most of the time.
pub(super) fn telling(ids: &[&str]) -> usize {
    let least = ids.iter().map(|id| least(id)).max().unwrap_or_default();
    let distinct = |ids: &mut dyn Iterator<Item = &str>| ids.collect::<std::collections::BTreeSet<_>>().len();
    let whole = distinct(&mut ids.iter().copied());
    (least..32).find(|&length| distinct(&mut ids.iter().map(|id| end(id, length))) == whole).unwrap_or(32)
}

/// How many characters of an id's end are shown at least.
pub(super) fn least(id: &str) -> usize {
    // A delivery's id ends in its webhook's number; its event's comes before that.
    if id.starts_with("dlv_") { 10 } else { 5 }
}

/// The last characters of an id.
fn end(id: &str, length: usize) -> &str {
    id.len().checked_sub(length).and_then(|from| id.get(from..)).unwrap_or(id)
}

/// An id by its last characters.
pub(super) fn short(id: &str, length: usize) -> String {
    match end(id, length) {
        whole if whole.len() == id.len() => id.to_owned(),
        end => format!("…{end}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_from_now() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let at = |seconds: i64| {
            Timestamp::from_millis(1_800_000_000_000_u64.saturating_add_signed(seconds * 1000))
        };
        for (seconds, told) in [
            (0, "now"),
            (-3, "3 s ago"),
            (-179, "2 min ago"),
            (-7200, "2 h ago"),
            (-47 * 3600, "47 h ago"),
            (-5 * 86_400, "5 days ago"),
            (41, "in 41 s"),
            (300, "in 5 min"),
        ] {
            assert_eq!(relative(at(seconds), now), told, "{seconds}");
        }
        assert_eq!(relative(Timestamp::from_millis(1_800_000_000_400), now), "in 1 s", "not yet");
        assert_eq!(time("2026"), None);
    }

    #[test]
    fn counts_have_their_endings() {
        let told: Vec<_> = [1, 2, 3, 4, 11, 12, 13, 21, 101, 111].map(ordinal).into();
        assert_eq!(told, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "101st", "111th"]);
    }

    #[test]
    fn numbers_and_sizes_are_easy_to_read() {
        let told: Vec<_> = [0, 7, 999, 1000, 1_204, 65_536, 1_000_000].map(count).into();
        assert_eq!(told, ["0", "7", "999", "1,000", "1,204", "65,536", "1,000,000"]);
        let told: Vec<_> = [0, 1023, 1024, 1536, (1 << 30) - 1, 76_235_669_504, 3 << 40].map(bytes).into();
        assert_eq!(told, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1023.9 MiB", "71.0 GiB", "3.0 TiB"]);
    }

    #[test]
    fn short_ids_tell_all_of_a_list_apart() {
        let ids = [
            "wh_00000000000000000000abcdef",
            "wh_0000000000000000000xabcdef",
            "wh_000000000000000000000000aa",
        ];
        let length = telling(&ids);
        assert_eq!(length, 7);
        assert_eq!(ids.map(|id| short(id, length)), ["…0abcdef", "…xabcdef", "…00000aa"]);
        assert_eq!(short("a", 5), "a");
        assert_eq!(telling(&["x", "x"]), 5);
    }

    #[test]
    fn addresses_are_short() {
        assert_eq!(address("https://crm.example/in/"), "crm.example/in");
        assert_eq!(address("http://[::1]:9/"), "[::1]:9");
    }
}
