//! Holds a rule in debug builds, and so in every test: nothing that a tenant gave is run while the
//! directory is locked. The one that locks it keeps a [`Locked`]; filters and templates call
//! [`assert_unlocked`] before they run.
//!
//! A filter may take milliseconds for one event and webhook. Under the lock, the writer would wait for it,
//! and every thread that needs the directory would wait behind the writer.

#[cfg(debug_assertions)]
thread_local! {
    static LOCKS: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

/// Says that this thread holds the directory's lock, until it is dropped.
#[derive(Debug)]
pub struct Locked(std::marker::PhantomData<*const ()>);

impl Locked {
    /// Call it together with taking the lock.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a lock is never taken by default")]
    pub fn new() -> Self {
        #[cfg(debug_assertions)]
        LOCKS.set(LOCKS.get() + 1);
        Self(std::marker::PhantomData)
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        #[cfg(debug_assertions)]
        LOCKS.set(LOCKS.get() - 1);
    }
}

/// Checks that this thread does not hold the directory's lock.
///
/// # Panics
/// In debug builds, when it does.
#[inline]
pub fn assert_unlocked() {
    #[cfg(debug_assertions)]
    assert!(LOCKS.get() == 0, "a filter or template must not run while the directory is locked");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::{Data, Filter};

    #[test]
    fn the_lock_ends_with_its_mark() {
        drop((Locked::new(), Locked::new()));
        assert_unlocked();
    }

    #[test]
    #[should_panic(expected = "while the directory is locked")]
    fn a_filter_does_not_run_under_the_lock() {
        let filter = Filter::parse(r#"{"a":1}"#).unwrap();
        let _locked = Locked::new();
        let _ = filter.judge(&Data::read(b"{}"), &mut 100);
    }

    #[test]
    #[should_panic(expected = "while the directory is locked")]
    fn a_template_is_not_filled_under_the_lock() {
        use crate::domain::template::{Compiled, Data, FillBudget};
        let (template, mut budget) = (Compiled::read("{}", false).unwrap(), FillBudget { work: 9, given: 9 });
        let _locked = Locked::new();
        let _ = template.fill(
            &Data::new(b"{}"),
            crate::domain::time::Timestamp::default(),
            |_| None,
            &mut budget,
        );
    }
}
