//! Problem answers (RFC 9457): what was wrong and what would be right, never an internal text.

use std::borrow::Cow;

use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::response::{Response, ResponseBody};
use crate::domain::refusal::Refusal;
pub use crate::domain::refusal::{Code, Invalid};

/// A problem to answer with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub refusal: Refusal,
    /// The status, where it is not its code's.
    pub status: Option<StatusCode>,
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
        Refusal::new(code, detail).into()
    }

    /// Members that cannot be as they are (422).
    #[must_use]
    pub fn invalid(errors: Vec<Invalid>) -> Self {
        Refusal::invalid(errors).into()
    }

    /// What a path calls a thing that is to be made is not a name for it (422); `rule` says what would be.
    #[must_use]
    pub fn bad_name(what: &str, name: &str, rule: impl std::fmt::Display) -> Self {
        Self::new(Code::Invalid, format!("{name:?} cannot be the name of {what}: it {rule}"))
    }

    /// There is no such thing, or it belongs to another account: the answer is the same.
    #[must_use]
    pub fn not_found(what: &'static str) -> Self {
        Refusal::not_found(what).into()
    }

    /// There is nothing at the path; `offers` says what there is.
    #[must_use]
    pub fn no_path(offers: &str) -> Self {
        Self::new(Code::PathNotFound, format!("this path was not found; {offers}"))
    }

    /// With a member named.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.refusal = self.refusal.at(pointer, detail);
        self
    }

    /// With a time after which another try makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.refusal = self.refusal.retry_after(seconds);
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
        let (code, title) = (self.code.as_str(), self.code.title());
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

    /// The answer that shows it (RFC 9457).
    #[must_use]
    pub fn answer(&self, request_id: &str) -> Response {
        let view = serde_json::to_vec(&self.view(request_id)).unwrap_or_default();
        self.answer_with(self.status(), "application/problem+json", view)
    }

    /// The answer that shows it in another form.
    #[must_use]
    pub fn answer_with(&self, status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response {
        let mut answer = Response::new(ResponseBody::from(body));
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

impl std::ops::Deref for Problem {
    type Target = Refusal;

    fn deref(&self) -> &Refusal {
        &self.refusal
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, status: None, allow: None, close: false }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        problem.refusal
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
