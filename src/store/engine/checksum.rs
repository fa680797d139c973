//! What a row's value has before it, so that damage to the file is noticed: a mark and a CRC-32 over the
//! row's key and value. Rows from before have neither, and are taken as they are.

/// No record's version, and in no text.
const CHECKED: u8 = 0xFF;
/// The mark and the checksum.
const HEAD: usize = 5;
/// What a damaged row reads as: a record of no version there is.
pub(in crate::store) const DAMAGED: &[u8] = &[CHECKED];

/// What stands before a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// Nothing: the table has no checksums, or the row is from before.
    Absent,
    /// A checksum that is right.
    Right,
    /// A checksum that is wrong.
    Wrong,
}

fn crc(key: &[u8], value: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(value);
    hasher.finalize().to_be_bytes()
}

/// A value with its checksum before it, in place of what is in `into`.
pub(super) fn write(key: &[u8], value: &[u8], into: &mut Vec<u8>) {
    into.clear();
    into.reserve(HEAD + value.len());
    into.push(CHECKED);
    into.extend(crc(key, value));
    into.extend(value);
}

pub(super) fn head(key: &[u8], stored: &[u8]) -> Head {
    match stored.split_first_chunk::<HEAD>() {
        Some(([CHECKED, sum @ ..], value)) if *sum == crc(key, value) => Head::Right,
        _ if stored.first() == Some(&CHECKED) => Head::Wrong,
        _ => Head::Absent,
    }
}

impl Head {
    /// The value behind it.
    pub(super) fn value(self, stored: &[u8]) -> &[u8] {
        match self {
            Self::Absent => stored,
            Self::Right => stored.get(HEAD..).unwrap_or_default(),
            Self::Wrong => DAMAGED,
        }
    }
}

/// A stored value without its checksum; `None` when that is wrong.
pub(in crate::store) fn plain<'v>(key: &[u8], stored: &'v [u8]) -> Option<&'v [u8]> {
    let head = head(key, stored);
    (head != Head::Wrong).then(|| head.value(stored))
}

/// A value as it is stored; one that has a checksum already, right or wrong, stays as it is.
pub(in crate::store) fn stored(key: &[u8], value: Vec<u8>) -> Vec<u8> {
    if value.first() == Some(&CHECKED) {
        return value;
    }
    let mut stored = Vec::new();
    write(key, &value, &mut stored);
    stored
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_flip_is_taken_for_the_value(key: Vec<u8>, value: Vec<u8>, at: prop::sample::Index, bit in 0u8..8) {
            prop_assume!(value.first() != Some(&CHECKED));
            let good = stored(&key, value.clone());
            prop_assert_eq!(plain(&key, &good), Some(&value[..]));
            prop_assert_eq!(plain(&key, &value), Some(&value[..]), "a row from before");
            let mut bytes = [key.clone(), good].concat();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let (key, bad) = bytes.split_at(key.len());
            // Without its mark it is a record of a version there is none of.
            let found = plain(key, bad);
            prop_assert!(found.is_none_or(|found| found == bad && found[0] >= 0x7F), "{:?}", found);
        }
    }
}
