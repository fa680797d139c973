//! Why something cannot be carried over.

/// Why something cannot be carried over.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(in crate::store) struct Fault(pub(in crate::store) String);

impl serde::de::Error for Fault {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl Fault {
    pub(in crate::store) fn short() -> Self {
        Self("it ends early".to_owned())
    }
}
