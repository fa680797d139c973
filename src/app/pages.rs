//! Pages of lists that are all in memory.

use crate::limits;
pub use crate::store::{Counted, Page, PageRequest};

/// A page of rows in ascending order of their places.
pub fn page_of<T, P: Ord>(
    rows: impl DoubleEndedIterator<Item = T>,
    place: impl Fn(&T) -> P,
    page: &PageRequest<P>,
) -> Page<T, P> {
    let ahead = |row: &T| match (&page.after, page.descending) {
        (None, _) => true,
        (Some(after), true) => place(row) < *after,
        (Some(after), false) => place(row) > *after,
    };
    let ordered: Box<dyn Iterator<Item = T> + '_> = match page.descending {
        true => Box::new(rows.rev()),
        false => Box::new(rows),
    };
    let mut taken: Vec<T> = ordered.filter(ahead).take(page.limit + 1).collect();
    let more = taken.len() > page.limit;
    taken.truncate(page.limit);
    let next = if more { taken.last().map(place) } else { None };
    Page { rows: taken, next }
}

/// A page of rows in ascending order of their places, as many as an answer has room for; one at least.
pub fn page_by_size<T, P: Ord>(
    rows: impl DoubleEndedIterator<Item = T>,
    place: impl Fn(&T) -> P,
    bytes: impl Fn(&T) -> usize,
    page: &PageRequest<P>,
) -> Page<T, P> {
    let Page { mut rows, mut next } = page_of(rows, &place, page);
    let fitting = fitting(rows.iter().map(bytes));
    if fitting < rows.len() {
        rows.truncate(fitting);
        next = rows.last().map(place);
    }
    Page { rows, next }
}

/// How many of the first rows a page has room for, by what each takes in bytes: one at least.
pub fn fitting(rows: impl IntoIterator<Item = usize>) -> usize {
    let mut bytes = 0_usize;
    let fits = rows.into_iter().take_while(|row| {
        bytes = bytes.saturating_add(*row);
        bytes <= limits::PAGE_BYTES
    });
    fits.count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_room_for_so_many_bytes_and_for_one_row() {
        assert_eq!(fitting([10; 5]), 5);
        assert_eq!(fitting([limits::PAGE_BYTES / 2, limits::PAGE_BYTES / 2, 1]), 2);
        assert_eq!(fitting([limits::PAGE_BYTES + 1, 1]), 1);
    }

    #[test]
    fn pages_in_memory_join_without_gap_or_overlap() {
        for descending in [false, true] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = PageRequest { after, descending, limit: 3 };
                let Page { rows, next } = page_of(0..10u64, |&n| n, &page);
                seen.extend(rows);
                if next.is_none() {
                    break;
                }
                after = next;
            }
            let want: Vec<u64> = if descending { (0..10).rev().collect() } else { (0..10).collect() };
            assert_eq!(seen, want);
        }
    }
}
