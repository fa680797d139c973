//! What costs are counted in.

/// Kinds of values.
pub(super) const KINDS: usize = 3;
pub(super) const SCALAR: usize = 0;
pub(super) const OBJECT: usize = 1;
pub(super) const ARRAY: usize = 2;

/// One step for each byte of a text.
pub(super) const TEXT_UNIT: u32 = 64;

/// What something costs: once, and for each byte of the value's name and text in parts of [`TEXT_UNIT`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) steps: u32,
    pub(super) text: u32,
}

impl Cost {
    pub(super) fn plus(self, other: Self) -> Self {
        Self { steps: self.steps.saturating_add(other.steps), text: self.text.saturating_add(other.text) }
    }

    pub(super) fn max(self, other: Self) -> Self {
        Self { steps: self.steps.max(other.steps), text: self.text.max(other.text) }
    }
}
