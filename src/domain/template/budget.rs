//! What filling templates in may take.

use crate::limits;

/// Why a template cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// More than is kept, or than headers may have.
    #[error("what the template gives would have more than {0} bytes")]
    TooLarge(usize),
    /// More would be read, for the templates of one event or one request.
    #[error("the templates would read more than they may together")]
    Work,
    /// A secret that the account does not have.
    #[error("the secret {0} is not set")]
    SecretMissing(String),
}

/// What filling templates in may still take, in bytes. Whatever a template reads, measures or gives is taken
/// off it before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillBudget {
    /// Bytes of templates and of data that are read, and of text that is put together.
    pub work: usize,
    /// Bytes that are given.
    pub given: usize,
}

impl FillBudget {
    /// What one template of headers may take.
    pub(super) const HEADERS: Self =
        Self { work: limits::TEMPLATE_WORK_PER_EVENT, given: limits::HEADERS_TEMPLATE_OUTPUT_BYTES };

    /// Takes off what is read next.
    ///
    /// # Errors
    /// When there is not as much left; then nothing is left.
    pub fn work(&mut self, bytes: usize) -> Result<(), FillError> {
        let left = self.work.checked_sub(bytes);
        self.work = left.unwrap_or(0);
        left.map(drop).ok_or(FillError::Work)
    }
}
