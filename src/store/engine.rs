//! The engine's tables with typed keys and values, kept as plain byte strings.
//!
//! The engine is generic in both, and every pair of types costs about 70 kB of machine code. So all
//! tables are of byte strings there, and the types are put on here: numbers big-endian, so that bytes
//! order as values do, texts with a zero at their end, tuples one part after the other.

#![expect(
    clippy::needless_pass_by_value,
    reason = "keys and values are small, and callers make them in place"
)]

pub(super) mod checksum;
mod run;

use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use redb::{
    AccessGuard, ReadTransaction, ReadableTable, ReadableTableMetadata, StorageError, TableDefinition,
    TableError, WriteTransaction,
};
use smallvec::SmallVec;

use self::checksum::Head;

/// What the engine sees of keys and values.
type Raw = &'static [u8];

/// A key's bytes. Those of an event's rows fit without an allocation.
type Bytes = SmallVec<[u8; 40]>;

/// How a key or a value is written. A key's bytes order as its values do.
pub(super) trait KeyCodec: 'static {
    /// The value, borrowing from its bytes where it can.
    type Of<'a>;
    /// Puts the value after what is there.
    fn write(value: &Self::Of<'_>, into: &mut Bytes);
    /// Gives the value's bytes to `look`.
    fn with<R>(value: &Self::Of<'_>, look: impl FnOnce(&[u8]) -> R) -> R {
        let mut bytes = Bytes::new();
        Self::write(value, &mut bytes);
        look(&bytes)
    }
    /// Takes the value from the front. What is not there is taken for zero: rows get into a table only
    /// through this module, and from a backup only when they [`fit`].
    fn read<'a>(from: &mut &'a [u8]) -> Self::Of<'a>;
}

/// Whether bytes are those of a value.
pub(super) fn fits<T: KeyCodec>(bytes: &[u8]) -> bool {
    T::with(&value_of::<T>(bytes), |written| written == bytes)
}

/// The value that bytes stand for.
pub(super) fn value_of<T: KeyCodec>(mut bytes: &[u8]) -> T::Of<'_> {
    T::read(&mut bytes)
}

fn take<const N: usize>(from: &mut &[u8]) -> [u8; N] {
    let (bytes, rest) = from.split_first_chunk().map_or(([0; N], &[][..]), |(bytes, rest)| (*bytes, rest));
    *from = rest;
    bytes
}

macro_rules! numbers {
    ($($number:ty),+) => {
        $(impl KeyCodec for $number {
            type Of<'a> = $number;
            fn write(value: &Self, into: &mut Bytes) {
                into.extend_from_slice(&value.to_be_bytes());
            }
            fn read(from: &mut &[u8]) -> Self {
                <$number>::from_be_bytes(take(from))
            }
        })+
    };
}

numbers!(u8, u32, u64);

impl KeyCodec for () {
    type Of<'a> = ();
    fn write((): &(), _: &mut Bytes) {}
    fn read(_: &mut &[u8]) {}
}

impl<const N: usize> KeyCodec for [u8; N] {
    type Of<'a> = [u8; N];
    fn write(value: &Self, into: &mut Bytes) {
        into.extend_from_slice(value);
    }
    fn read(from: &mut &[u8]) -> Self {
        take(from)
    }
}

/// Everything to the end, so it comes last.
impl KeyCodec for &'static [u8] {
    type Of<'a> = &'a [u8];
    fn write(value: &&[u8], into: &mut Bytes) {
        into.extend_from_slice(value);
    }
    fn with<R>(value: &&[u8], look: impl FnOnce(&[u8]) -> R) -> R {
        look(value)
    }
    fn read<'a>(from: &mut &'a [u8]) -> &'a [u8] {
        std::mem::take(from)
    }
}

/// A text without zeros in it.
impl KeyCodec for &'static str {
    type Of<'a> = &'a str;
    fn write(value: &&str, into: &mut Bytes) {
        into.extend_from_slice(value.as_bytes());
        into.push(0);
    }
    fn read<'a>(from: &mut &'a [u8]) -> &'a str {
        let end = text_end(from);
        let (text, rest) = from.split_at_checked(end).unwrap_or_default();
        *from = rest.get(1..).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }
}

fn text_end(bytes: &[u8]) -> usize {
    bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len())
}

macro_rules! tuples {
    ($(($($part:ident . $at:tt),+))+) => {
        $(impl<$($part: KeyCodec),+> KeyCodec for ($($part,)+) {
            type Of<'a> = ($($part::Of<'a>,)+);
            fn write(value: &Self::Of<'_>, into: &mut Bytes) {
                $($part::write(&value.$at, into);)+
            }
            fn read<'a>(from: &mut &'a [u8]) -> Self::Of<'a> {
                ($($part::read(from),)+)
            }
        })+
    };
}

tuples! { (A.0, B.1) (A.0, B.1, C.2) }

/// A table's name and types.
pub(super) struct Table<K, V> {
    name: &'static str,
    /// Whether its values have checksums.
    checked: bool,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K, V> Clone for Table<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Table<K, V> {}

impl<K: KeyCodec, V: KeyCodec> Table<K, V> {
    pub(super) const fn new(name: &'static str) -> Self {
        Self { name, checked: false, types: PhantomData }
    }

    /// A table whose values have checksums. Each begins with a byte that is not a mark of one.
    pub(super) const fn checked(name: &'static str) -> Self {
        Self { name, checked: true, types: PhantomData }
    }

    pub(super) const fn is_checked(self) -> bool {
        self.checked
    }

    pub(super) const fn name(self) -> &'static str {
        self.name
    }

    const fn raw(self) -> TableDefinition<'static, Raw, Raw> {
        TableDefinition::new(self.name)
    }

    /// Opens the table to look at it.
    pub(super) fn read(self, txn: &ReadTransaction) -> Result<ReadTable<K, V>, TableError> {
        Ok(ReadTable { table: txn.open_table(self.raw())?, checked: self.checked, types: PhantomData })
    }

    /// Opens the table to write to it, making it if it is not there.
    pub(super) fn write(self, txn: &WriteTransaction) -> Result<WriteTable<'_, K, V>, TableError> {
        let table = txn.open_table(self.raw())?;
        Ok(WriteTable { table, checked: self.checked, scratch: Vec::new(), types: PhantomData })
    }
}

/// A table as it stood when its transaction began.
pub(super) struct ReadTable<K, V> {
    table: redb::ReadOnlyTable<Raw, Raw>,
    checked: bool,
    types: PhantomData<fn() -> (K, V)>,
}

/// A table of a transaction that writes.
pub(super) struct WriteTable<'t, K, V> {
    table: redb::Table<'t, Raw, Raw>,
    checked: bool,
    /// Where a value gets its checksum.
    scratch: Vec<u8>,
    types: PhantomData<fn() -> (K, V)>,
}

/// A row's key or value, where the engine has it.
pub(super) struct Guard<'a, T> {
    bytes: AccessGuard<'a, Raw>,
    head: Head,
    form: PhantomData<fn() -> T>,
}

impl<'a, T: KeyCodec> Guard<'a, T> {
    fn new(bytes: AccessGuard<'a, Raw>) -> Self {
        Self { bytes, head: Head::Absent, form: PhantomData }
    }

    /// The value of a row with this key.
    fn of(key: &[u8], bytes: AccessGuard<'a, Raw>, checked: bool) -> Self {
        let head = if checked { checksum::head(key, bytes.value()) } else { Head::Absent };
        Self { bytes, head, form: PhantomData }
    }

    /// The value; [`checksum::DAMAGED`] where its checksum is wrong.
    pub(super) fn value(&self) -> T::Of<'_> {
        value_of::<T>(self.head.value(self.bytes.value()))
    }

    /// The value of a table whose values are no records; `None` where its checksum is wrong or it is not of its type.
    pub(super) fn sound(&self) -> Option<T::Of<'_>> {
        let value = self.head.value(self.bytes.value());
        (self.head != Head::Wrong && fits::<T>(value)).then(|| value_of::<T>(value))
    }

    /// As it is written, a checksum included.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.value()
    }
}

pub(super) type Row<'a, K, V> = (Guard<'a, K>, Guard<'a, V>);

fn row<'a, K: KeyCodec, V: KeyCodec>(
    (key, value): (AccessGuard<'a, Raw>, AccessGuard<'a, Raw>),
    checked: bool,
) -> Row<'a, K, V> {
    let value = Guard::of(key.value(), value, checked);
    (Guard::new(key), value)
}

/// Rows in their keys' order.
pub(super) struct Range<'a, K, V> {
    rows: redb::Range<'a, Raw, Raw>,
    checked: bool,
    types: PhantomData<fn() -> (K, V)>,
}

impl<'a, K: KeyCodec, V: KeyCodec> Iterator for Range<'a, K, V> {
    type Item = Result<Row<'a, K, V>, StorageError>;
    fn next(&mut self) -> Option<Self::Item> {
        Some(self.rows.next()?.map(|found| row(found, self.checked)))
    }
}

impl<K: KeyCodec, V: KeyCodec> DoubleEndedIterator for Range<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        Some(self.rows.next_back()?.map(|found| row(found, self.checked)))
    }
}

type Bounds = (Bound<Bytes>, Bound<Bytes>);

fn bounds<'k, K: KeyCodec>(range: &impl RangeBounds<K::Of<'k>>) -> Bounds {
    let bytes = |key: &K::Of<'k>| {
        let mut bytes = Bytes::new();
        K::write(key, &mut bytes);
        bytes
    };
    (range.start_bound().map(bytes), range.end_bound().map(bytes))
}

fn borrow((from, to): &Bounds) -> (Bound<&[u8]>, Bound<&[u8]>) {
    (from.as_ref().map(|key| &**key), to.as_ref().map(|key| &**key))
}

impl<K: KeyCodec, V: KeyCodec> ReadTable<K, V> {
    pub(super) fn get(&self, key: K::Of<'_>) -> Result<Option<Guard<'static, V>>, StorageError> {
        let checked = self.checked;
        K::with(&key, |key| Ok(self.table.get(key)?.map(|value| Guard::of(key, value, checked))))
    }

    pub(super) fn range<'k>(
        &self,
        range: impl RangeBounds<K::Of<'k>>,
    ) -> Result<Range<'static, K, V>, StorageError> {
        let bounds = bounds::<K>(&range);
        let rows = self.table.range::<&[u8]>(borrow(&bounds))?;
        Ok(Range { rows, checked: self.checked, types: PhantomData })
    }

    pub(super) fn iter(&self) -> Result<Range<'static, K, V>, StorageError> {
        self.range(..)
    }

    pub(super) fn first(&self) -> Result<Option<Row<'_, K, V>>, StorageError> {
        Ok(self.table.first()?.map(|found| row(found, self.checked)))
    }

    pub(super) fn last(&self) -> Result<Option<Row<'_, K, V>>, StorageError> {
        Ok(self.table.last()?.map(|found| row(found, self.checked)))
    }

    pub(super) fn len(&self) -> Result<u64, StorageError> {
        self.table.len()
    }
}

impl<K: KeyCodec, V: KeyCodec> WriteTable<'_, K, V> {
    pub(super) fn get(&self, key: K::Of<'_>) -> Result<Option<Guard<'_, V>>, StorageError> {
        let checked = self.checked;
        K::with(&key, |key| Ok(self.table.get(key)?.map(|value| Guard::of(key, value, checked))))
    }

    pub(super) fn range<'k>(
        &self,
        range: impl RangeBounds<K::Of<'k>>,
    ) -> Result<Range<'_, K, V>, StorageError> {
        let bounds = bounds::<K>(&range);
        let rows = self.table.range::<&[u8]>(borrow(&bounds))?;
        Ok(Range { rows, checked: self.checked, types: PhantomData })
    }

    pub(super) fn iter(&self) -> Result<Range<'_, K, V>, StorageError> {
        self.range(..)
    }

    pub(super) fn last(&self) -> Result<Option<Row<'_, K, V>>, StorageError> {
        Ok(self.table.last()?.map(|found| row(found, self.checked)))
    }

    /// The rows after a key, as it is written.
    pub(super) fn after(&self, key: Option<&[u8]>) -> Result<Range<'_, K, V>, StorageError> {
        let from = key.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.table.range::<&[u8]>((from, Bound::Unbounded))?;
        Ok(Range { rows, checked: self.checked, types: PhantomData })
    }

    /// Puts a row in place of the one that has its key.
    pub(super) fn insert(&mut self, key: K::Of<'_>, value: V::Of<'_>) -> Result<(), StorageError> {
        K::with(&key, |key| V::with(&value, |value| self.put(key, value)))
    }

    /// The same with a value that is bytes already.
    pub(super) fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), StorageError> {
        if !self.checked {
            return self.put_stored(key, value);
        }
        checksum::write(key, value, &mut self.scratch);
        self.table.insert(key, self.scratch.as_slice()).map(drop)
    }

    /// The same with a value as it is written, a checksum included.
    pub(super) fn put_stored(&mut self, key: &[u8], value: &[u8]) -> Result<(), StorageError> {
        self.table.insert(key, value).map(drop)
    }

    /// Takes the row away whose key is written so; whether it was there. A damaged key may be that of no value.
    pub(super) fn remove_stored(&mut self, key: &[u8]) -> Result<bool, StorageError> {
        Ok(self.table.remove(key)?.is_some())
    }

    /// Takes a row away and gives what it held.
    pub(super) fn remove(&mut self, key: K::Of<'_>) -> Result<Option<Guard<'_, V>>, StorageError> {
        let checked = self.checked;
        K::with(&key, |key| Ok(self.table.remove(key)?.map(|value| Guard::of(key, value, checked))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Debug;

    /// Values come back, and their bytes order as they do.
    fn keeps<'a, T: KeyCodec>(a: &'a T::Of<'a>, b: &'a T::Of<'a>)
    where
        for<'x> T::Of<'x>: Ord + Debug,
    {
        let [x, y] = [a, b].map(|value| T::with(value, <[u8]>::to_vec));
        assert!(fits::<T>(&x), "{a:?}");
        assert_eq!(x.cmp(&y), Ord::cmp(a, b), "{a:?} {b:?}");
        assert_eq!(format!("{:?}", value_of::<T>(&x)), format!("{a:?}"));
    }

    proptest! {
        #[test]
        fn numbers_and_arrays(a: (u32, u64, u64), b: (u32, u64, u64), c: [u8; 16], d: [u8; 16]) {
            keeps::<(u32, u64, u64)>(&a, &b);
            keeps::<(u32, u64)>(&(a.0, a.1), &(b.0, b.1));
            keeps::<u64>(&a.1, &b.1);
            keeps::<[u8; 16]>(&c, &d);
        }

        #[test]
        fn texts_within_and_at_the_end(
            a in "[a-c\\.é]{0,4}", b in "[a-c\\.é]{0,4}", no in 0..2u32, other in 0..2u32, seq: u64, next: u64,
        ) {
            keeps::<(u32, &str)>(&(no, &*a), &(other, &*b));
            keeps::<(u32, &str, u64)>(&(no, &*a, seq), &(other, &*b, next));
        }

        #[test]
        fn bytes_at_the_end(a: (u64, u8), b: (u64, u8), what: Vec<u8>, other: Vec<u8>) {
            keeps::<(u64, u8, &[u8])>(&(a.0, a.1, &*what), &(b.0, b.1, &*other));
        }

        /// Bytes of another form are reported, whatever they are, and reading them does no harm.
        #[test]
        fn what_does_not_fit_is_reported(bytes: Vec<u8>) {
            prop_assert_eq!(fits::<u64>(&bytes), bytes.len() == 8);
            prop_assert_eq!(fits::<(u32, u64)>(&bytes), bytes.len() == 12);
            prop_assert_eq!(fits::<()>(&bytes), bytes.is_empty());
            let text = bytes.iter().position(|&byte| byte == 0) == bytes.len().checked_sub(1)
                && !bytes.is_empty() && std::str::from_utf8(&bytes).is_ok();
            prop_assert_eq!(fits::<&str>(&bytes), text);
        }
    }
}
