//! Problem answers (RFC 9457): what was wrong and what would be right, never an internal text.

use std::borrow::Cow;

use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::answer::{Answer, AnswerBody};
use crate::limits;

/// What kind of problem it is; the words are part of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The body is not JSON, or not the expected JSON.
    MalformedJson,
    /// The request is not valid HTTP, or not valid for this route.
    MalformedRequest,
    /// A query parameter is unknown or invalid.
    BadParameter,
    /// The cursor does not belong to this list.
    BadCursor,
    /// The token is missing or unknown.
    Unauthorized,
    /// The token's role does not allow it.
    Forbidden,
    /// The path does not exist: a typing mistake, or something that is not offered.
    PathNotFound,
    /// It does not exist in this account.
    NotFound,
    /// The job does not exist in this account.
    JobNotFound,
    /// The job has not ended.
    JobNotReady,
    /// It existed and no longer does.
    Gone,
    /// The path does not support this method.
    MethodNotAllowed,
    /// The body did not arrive in time.
    RequestTimeout,
    /// It conflicts with the current state.
    Conflict,
    /// The account, or all accounts together, reached a quota: delete something, or raise the setting that `detail` names.
    QuotaExceeded,
    /// The body is larger than allowed.
    TooLarge,
    /// The body's Content-Type is not supported here.
    UnsupportedMediaType,
    /// Members have invalid values.
    Invalid,
    /// The token, the account or the address reached a limit (requests, waits, bodies, responses). Wait as `Retry-After` says.
    RateLimited,
    /// Something failed inside the daemon.
    Internal,
    /// The daemon is stopping: wait as `Retry-After` says, and send the request again.
    Draining,
    /// The daemon is at its limits, or more is posted than the disk can store. Wait as `Retry-After` says.
    Overloaded,
    /// The daemon cannot do its work.
    NotReady,
    /// The store failed.
    StoreUnavailable,
    /// The requested data is damaged in the store: its checksum is wrong. The operator restores a backup.
    StoreDamaged,
    /// The disk, or the account's share of `retention.max_store_bytes`, is full. Wait as `Retry-After` says; the operator frees space.
    StorageFull,
}

impl Code {
    /// The status, the word, and the title.
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::MalformedJson => (S::BAD_REQUEST, "malformed_json", "Malformed JSON"),
            Self::MalformedRequest => (S::BAD_REQUEST, "malformed_request", "Malformed request"),
            Self::BadParameter => (S::BAD_REQUEST, "bad_parameter", "Bad query parameter"),
            Self::BadCursor => (S::BAD_REQUEST, "bad_cursor", "Bad cursor"),
            Self::Unauthorized => (S::UNAUTHORIZED, "unauthorized", "Not authenticated"),
            Self::Forbidden => (S::FORBIDDEN, "forbidden", "Not allowed"),
            Self::PathNotFound => (S::NOT_FOUND, "path_not_found", "Path not found"),
            Self::NotFound => (S::NOT_FOUND, "not_found", "Not found"),
            Self::JobNotFound => (S::NOT_FOUND, "job_not_found", "Job not found"),
            Self::JobNotReady => (S::CONFLICT, "job_not_ready", "Job not ready"),
            Self::Gone => (S::GONE, "gone", "Gone"),
            Self::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed"),
            Self::RequestTimeout => (S::REQUEST_TIMEOUT, "request_timeout", "Request timeout"),
            Self::Conflict => (S::CONFLICT, "conflict", "Conflict"),
            Self::QuotaExceeded => (S::CONFLICT, "quota_exceeded", "Quota exceeded"),
            Self::TooLarge => (S::PAYLOAD_TOO_LARGE, "too_large", "Too large"),
            Self::UnsupportedMediaType => {
                (S::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type")
            }
            Self::Invalid => (S::UNPROCESSABLE_ENTITY, "invalid", "Invalid members"),
            Self::RateLimited => (S::TOO_MANY_REQUESTS, "rate_limited", "Too many requests"),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "Internal error"),
            Self::Draining => (S::SERVICE_UNAVAILABLE, "draining", "Draining"),
            Self::Overloaded => (S::SERVICE_UNAVAILABLE, "overloaded", "Overloaded"),
            Self::NotReady => (S::SERVICE_UNAVAILABLE, "not_ready", "Not ready"),
            Self::StoreUnavailable => (S::SERVICE_UNAVAILABLE, "store_unavailable", "Store unavailable"),
            Self::StoreDamaged => (S::INTERNAL_SERVER_ERROR, "store_damaged", "Damaged in the store"),
            Self::StorageFull => (S::INSUFFICIENT_STORAGE, "storage_full", "Disk budget spent"),
        }
    }

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

/// A problem to answer with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind it is.
    pub code: Code,
    /// The status, where it is not its code's.
    pub status: Option<StatusCode>,
    /// What is wrong, and how to correct it.
    pub detail: Cow<'static, str>,
    /// The members that cannot be as they are.
    pub errors: Vec<Invalid>,
    /// Seconds after which another try makes sense.
    pub retry_after: Option<u32>,
    /// The methods that the path takes.
    pub allow: Option<String>,
    /// Whether the connection is of no more use (the rest of a body was not read).
    pub close: bool,
}

/// A problem's JSON form.
#[derive(Serialize, schemars::JsonSchema)]
pub struct ProblemView<'a> {
    /// `urn:ringback:problem:` and the code.
    r#type: String,
    /// The error code in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong, and how to correct it.
    detail: &'a str,
    /// What kind of problem it is.
    code: &'static str,
    /// The request's id, as in `X-Request-Id`.
    request_id: &'a str,
    /// Every invalid member.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(default)]
    errors: &'a [Invalid],
}

impl Problem {
    /// A problem.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            status: None,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
            allow: None,
            close: false,
        }
    }

    /// Members that cannot be as they are (422).
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

    /// What a path calls a thing that is to be made is not a name for it (422); `rule` says what would be.
    #[must_use]
    pub fn bad_name(what: &str, name: &str, rule: impl std::fmt::Display) -> Self {
        Self::new(Code::Invalid, format!("{name:?} cannot be the name of {what}: it {rule}"))
    }

    /// There is no such thing, or it belongs to another account: the answer is the same.
    #[must_use]
    pub fn not_found(what: &'static str) -> Self {
        Self::new(Code::NotFound, format!("the {what} was not found"))
    }

    /// There is nothing at the path; `offers` says what there is.
    #[must_use]
    pub fn no_path(offers: &str) -> Self {
        Self::new(Code::PathNotFound, format!("this path was not found; {offers}"))
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

    /// With the connection closed after it.
    #[must_use]
    pub fn closing(mut self) -> Self {
        self.close = true;
        self
    }

    /// With another status than its code's, where a dialect has its own.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// Its HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status.unwrap_or(self.code.status())
    }

    /// Its JSON form.
    #[must_use]
    pub fn view<'a>(&'a self, request_id: &'a str) -> ProblemView<'a> {
        let (_, code, title) = self.code.parts();
        ProblemView {
            r#type: format!("urn:ringback:problem:{code}"),
            title,
            status: self.status().as_u16(),
            detail: &self.detail,
            code,
            request_id,
            errors: &self.errors,
        }
    }

    /// The answer that tells it (RFC 9457).
    #[must_use]
    pub fn answer(&self, request_id: &str) -> Answer {
        let view = serde_json::to_vec(&self.view(request_id)).unwrap_or_default();
        self.answer_with(self.status(), "application/problem+json", view)
    }

    /// The answer that tells it in another form.
    #[must_use]
    pub fn answer_with(&self, status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Answer {
        let mut answer = Answer::new(AnswerBody::from(body));
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(allow) = self.allow.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(ALLOW, allow);
        }
        if self.code == Code::Unauthorized {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"ringback\""));
        }
        if self.close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_the_contracts() {
        let problem = Problem::invalid(vec![Invalid::new("/url", "must be a string")]);
        let json: serde_json::Value = serde_json::to_value(problem.view("r1")).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "type": "urn:ringback:problem:invalid",
                "title": "Invalid members",
                "status": 422,
                "detail": "/url must be a string",
                "code": "invalid",
                "request_id": "r1",
                "errors": [{"pointer": "/url", "detail": "must be a string"}],
            })
        );
    }
}
