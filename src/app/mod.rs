//! What may be asked of Ringback, whoever asks: each use case checks what is asked, decides, and calls the
//! store. It knows no HTTP and no provider's form of requests; those parse into its drafts and render what
//! it answers.

pub mod masked;
pub mod webhooks;
