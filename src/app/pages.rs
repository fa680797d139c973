//! Pages of lists that are all in memory.

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
