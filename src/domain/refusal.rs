//! Why something that was asked for is not done: what was wrong and what would be right, never an internal text.

use std::borrow::Cow;

use http::StatusCode;
use serde::Serialize;

use crate::limits;

/// Makes the codes out of their table: for each, when it is answered (which is its documentation), its status, its word
/// and its title.
macro_rules! codes {
    ($($(#[doc = $when:literal])+ $name:ident = $status:ident, $word:literal, $title:literal;)+) => {
        /// What kind of problem it is; the words are part of the API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $($(#[doc = $when])+ $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The status, the word, the title, and when it is answered.
            const fn parts(self) -> (StatusCode, &'static str, &'static str, &'static str) {
                match self {
                    $(Self::$name => (StatusCode::$status, $word, $title, concat!($($when),+)),)+
                }
            }
        }
    };
}

codes! {
    /// The body is not JSON, or not the expected JSON.
    MalformedJson = BAD_REQUEST, "malformed_json", "Malformed JSON";
    /// The request is not valid HTTP, or not valid for this route.
    MalformedRequest = BAD_REQUEST, "malformed_request", "Malformed request";
    /// A query parameter is unknown or invalid.
    BadParameter = BAD_REQUEST, "bad_parameter", "Bad query parameter";
    /// The cursor does not belong to this list.
    BadCursor = BAD_REQUEST, "bad_cursor", "Bad cursor";
    /// The token is missing or unknown.
    Unauthorized = UNAUTHORIZED, "unauthorized", "Not authenticated";
    /// The token's role does not allow it.
    Forbidden = FORBIDDEN, "forbidden", "Not allowed";
    /// The path does not exist: a typing mistake, or something that is not offered.
    PathNotFound = NOT_FOUND, "path_not_found", "Path not found";
    /// It does not exist in this account.
    NotFound = NOT_FOUND, "not_found", "Not found";
    /// The job does not exist in this account.
    JobNotFound = NOT_FOUND, "job_not_found", "Job not found";
    /// The job has not ended.
    JobNotReady = CONFLICT, "job_not_ready", "Job not ready";
    /// It existed and no longer does.
    Gone = GONE, "gone", "Gone";
    /// The path does not support this method.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed";
    /// The body did not arrive in time.
    RequestTimeout = REQUEST_TIMEOUT, "request_timeout", "Request timeout";
    /// It conflicts with the current state.
    Conflict = CONFLICT, "conflict", "Conflict";
    /// What is to be changed is no longer what `If-Match` names.
    PreconditionFailed = PRECONDITION_FAILED, "precondition_failed", "Precondition failed";
    /// The account, or all accounts together, reached a quota: delete something, or raise the setting that `detail` names.
    QuotaExceeded = CONFLICT, "quota_exceeded", "Quota exceeded";
    /// The body is larger than allowed.
    TooLarge = PAYLOAD_TOO_LARGE, "too_large", "Too large";
    /// The body's Content-Type is not supported here.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type";
    /// Members have invalid values.
    Invalid = UNPROCESSABLE_ENTITY, "invalid", "Invalid members";
    /// The token, the account or the address reached a limit (requests, waits, bodies, responses). Wait as `Retry-After` says.
    RateLimited = TOO_MANY_REQUESTS, "rate_limited", "Too many requests";
    /// Something failed inside the daemon.
    Internal = INTERNAL_SERVER_ERROR, "internal", "Internal error";
    /// The daemon is stopping: wait as `Retry-After` says, and send the request again.
    Draining = SERVICE_UNAVAILABLE, "draining", "Draining";
    /// The daemon is at its limits, or more is posted than the disk can store. Wait as `Retry-After` says.
    Overloaded = SERVICE_UNAVAILABLE, "overloaded", "Overloaded";
    /// The daemon cannot do its work.
    NotReady = SERVICE_UNAVAILABLE, "not_ready", "Not ready";
    /// The store failed.
    StoreUnavailable = SERVICE_UNAVAILABLE, "store_unavailable", "Store unavailable";
    /// The requested data is damaged in the store: its checksum is wrong. The operator restores a backup.
    StoreDamaged = INTERNAL_SERVER_ERROR, "store_damaged", "Damaged in the store";
    /// The disk, or the account's share of `retention.max_store_bytes`, is full. Wait as `Retry-After` says; the operator frees space.
    StorageFull = INSUFFICIENT_STORAGE, "storage_full", "Disk budget spent";
}

impl Code {
    /// Its HTTP status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        self.parts().0
    }

    /// It in words.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.parts().2
    }

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.parts().1
    }

    /// When it is answered, for the reference.
    #[must_use]
    pub fn when(self) -> &'static str {
        self.parts().3.trim_ascii()
    }
}

/// An invalid member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Invalid {
    /// A JSON pointer to the member.
    pub pointer: String,
    /// What is wrong with it, and what would be valid.
    pub detail: String,
}

impl Invalid {
    /// A member and what is wrong with it. Both may hold what the caller sent, so neither is as long as
    /// that may be.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: cut(pointer.into()), detail: cut(detail.into()) }
    }
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let whole = if self.pointer.is_empty() { "the document" } else { &self.pointer };
        write!(f, "{whole} {}", self.detail)
    }
}

/// A text, its end left out if it is too long for an answer.
fn cut(mut text: String) -> String {
    if text.len() > limits::PROBLEM_TEXT_BYTES {
        text.truncate(text.floor_char_boundary(limits::PROBLEM_TEXT_BYTES));
        text.push('…');
    }
    text
}

/// Why something is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What kind it is.
    pub code: Code,
    /// What was wrong and what would be right.
    pub detail: Cow<'static, str>,
    /// The members that cannot be as they are.
    pub errors: Vec<Invalid>,
    /// Seconds after which another try makes sense.
    pub retry_after: Option<u32>,
}

impl Refusal {
    /// A refusal.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after: None }
    }

    /// Members that cannot be as they are.
    #[must_use]
    pub fn invalid(mut errors: Vec<Invalid>) -> Self {
        let most = limits::PROBLEM_ERRORS;
        let more = errors.len() > most;
        errors.truncate(most);
        let detail = match errors.as_slice() {
            _ if more => format!("more than {most} members are invalid; {most} of them are named"),
            [one] => one.to_string(),
            many => format!("{} members are invalid", many.len()),
        };
        Self { errors, ..Self::new(Code::Invalid, detail) }
    }

    /// There is no such thing, or it belongs to another account: the answer is the same.
    #[must_use]
    pub fn not_found(what: &'static str) -> Self {
        Self::new(Code::NotFound, format!("the {what} was not found"))
    }

    /// With a member named.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(Invalid::new(pointer, detail));
        self
    }

    /// With a time after which another try makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

/// The members of a document that cannot be as they are, gathered.
#[derive(Debug, Clone, Default)]
pub struct Faults(Vec<Invalid>);

impl Faults {
    /// Adds one, unless the member, or something within it, has one already.
    pub fn add(&mut self, pointer: &str, detail: impl std::fmt::Display) {
        let within = |known: &str| {
            known.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if !self.0.iter().any(|known| within(&known.pointer)) {
            self.0.push(Invalid::new(pointer, format!("{detail}")));
        }
    }

    /// The value, or a fault in its stead.
    pub fn check<T, E: std::fmt::Display>(&mut self, pointer: &str, value: Result<T, E>) -> Option<T> {
        value.map_err(|error| self.add(pointer, error)).ok()
    }

    /// The value, or what is wrong with it in its stead.
    pub fn extend<T>(&mut self, value: Result<T, Vec<Invalid>>) -> Option<T> {
        let faults = match value {
            Ok(value) => return Some(value),
            Err(faults) => faults,
        };
        for Invalid { pointer, detail } in faults {
            self.add(&pointer, detail);
        }
        None
    }

    /// The parsed text of a member that may be left out.
    pub fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
        &mut self,
        pointer: &str,
        text: Option<&str>,
    ) -> Option<T> {
        self.check(pointer, text?.parse())
    }

    /// The value of a member that must be there.
    pub fn require<T>(&mut self, pointer: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.add(pointer, "is required");
        }
        value
    }

    /// Whether there is one.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// The refusal, if there is a fault.
    ///
    /// # Errors
    /// Names every fault.
    pub fn done(self) -> Result<(), Refusal> {
        if self.any() { Err(Refusal::invalid(self.0)) } else { Ok(()) }
    }

    /// The refusal of faults, if there is one, or a value is missing because of them.
    ///
    /// # Errors
    /// Names every fault.
    pub fn unless<T>(self, value: Option<T>) -> Result<T, Refusal> {
        match value {
            Some(value) if !self.any() => Ok(value),
            _ => Err(Refusal::invalid(self.0)),
        }
    }

    /// Them.
    #[must_use]
    pub fn into_vec(self) -> Vec<Invalid> {
        self.0
    }

    /// Them.
    pub fn iter(&self) -> impl Iterator<Item = &Invalid> {
        self.0.iter()
    }

    /// Them, to be reported in other words.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Invalid> {
        self.0.iter_mut()
    }
}

impl From<Vec<Invalid>> for Faults {
    fn from(faults: Vec<Invalid>) -> Self {
        Self(faults)
    }
}

/// Adds a step to a JSON pointer (RFC 6901).
pub fn push(pointer: &mut String, step: &str) {
    pointer.push('/');
    pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
}
