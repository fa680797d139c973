//! Members that several documents and queries have.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::http::document::Faults;
use crate::limits;

/// A member that may be absent, null, or there.
pub(in crate::api) type Nullable<T> = Option<Option<T>>;

pub(in crate::api) fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Nullable<T>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A description, checked.
pub(in crate::api) fn description(text: Option<String>, faults: &mut Faults) -> String {
    let text = text.unwrap_or_default();
    if text.len() > limits::DESCRIPTION_BYTES {
        faults.add("/description", format_args!("may have at most {} bytes", limits::DESCRIPTION_BYTES));
    }
    text
}

/// Labels: a small JSON object's text.
pub(in crate::api) fn metadata(text: &str, faults: &mut Faults) -> Option<Box<str>> {
    if !text.starts_with('{') {
        faults.add("/metadata", "must be an object");
    } else if text.len() > limits::METADATA_BYTES {
        faults.add("/metadata", format_args!("may have at most {} bytes", limits::METADATA_BYTES));
    } else {
        return Some(text.into());
    }
    None
}

/// A whole number of seconds, minutes, hours or days, to a year.
pub(in crate::api) fn window(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    let all = number.parse::<u64>().ok()?.checked_mul(seconds)?;
    (1..=366 * 86_400).contains(&all).then(|| Duration::from_secs(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_numbers_with_a_unit() {
        assert_eq!(window("24h"), Some(Duration::from_secs(86_400)));
        assert_eq!(window("15m"), Some(Duration::from_secs(900)));
        for bad in ["", "h", "0s", "1y", "367d", "-1h", "1.5h", "99999999999999999999d", "1ä"] {
            assert_eq!(window(bad), None, "{bad}");
        }
    }
}
