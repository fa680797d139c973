//! How a command ends when it does not end well: an exit code and one line.

use http::StatusCode;
use serde_json::Value;

use super::client::{ClientError, Reply};
use crate::config::ConfigError;

/// Exit codes; part of the command line's contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Something that has no code of its own.
    Other = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// There is no such thing.
    NotFound = 3,
    /// The daemon understood and refused.
    Refused = 4,
    /// No daemon answered.
    Unreachable = 5,
    /// The token is missing, unknown or not enough.
    Unauthorised = 6,
    /// The configuration is bad.
    Config = 78,
}

/// Why a command ends early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No one reads our output any more; that is their right.
    ClosedPipe,
    /// Something went wrong.
    Failed {
        /// The exit code.
        exit: Exit,
        /// What to print: one line, or one per problem.
        message: String,
    },
}

impl Failure {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self::Failed { exit, message: message.into() }
    }

    #[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
    pub(super) fn other(message: impl ToString) -> Self {
        Self::new(Exit::Other, message.to_string())
    }

    #[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
    pub(super) fn usage(message: impl ToString) -> Self {
        Self::new(Exit::Usage, message.to_string())
    }

    /// With the name of what it is about.
    pub(super) fn about(self, name: &str) -> Self {
        match self {
            Self::Failed { exit, message } => Self::Failed { exit, message: format!("{name}: {message}") },
            Self::ClosedPipe => self,
        }
    }

    /// With what another one says.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Failed { exit, message }, Self::Failed { message: more, .. }) => {
                Self::Failed { exit, message: format!("{message}\n{more}") }
            }
            (first, _) => first,
        }
    }

    /// With the names that the command line has for members of a body that it made itself: each pointer's
    /// beginning and its flag, longer ones first.
    pub(super) fn naming(self, flags: &[(&str, &str)]) -> Self {
        let Self::Failed { exit, message } = self else { return self };
        let named = |part: &str| {
            let (pointer, rest) = part.split_once(' ').unwrap_or((part, ""));
            let bare = pointer.strip_suffix(':').unwrap_or(pointer);
            let within = |member: &str| {
                bare.strip_prefix(member).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            match flags.iter().find(|(member, _)| within(member)) {
                Some((_, flag)) => format!("{flag}: {rest}"),
                None => part.to_owned(),
            }
        };
        let message = message.split("; ").map(named).collect::<Vec<_>>().join("; ");
        Self::Failed { exit, message }
    }

    /// What a refusing answer means, with why the daemon's own token was not taken.
    pub(super) fn answered(reply: &Reply, no_token: Option<&str>) -> Self {
        let exit = match reply.status {
            StatusCode::NOT_FOUND => Exit::NotFound,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Exit::Unauthorised,
            StatusCode::INTERNAL_SERVER_ERROR => Exit::Other,
            _ => Exit::Refused,
        };
        let hint = match reply.status {
            StatusCode::UNAUTHORIZED => {
                let why = no_token.map(|why| format!("{why} ")).unwrap_or_default();
                format!(" ({why}give --token, --token-file or RINGBACK_TOKEN)")
            }
            _ => String::new(),
        };
        Self::new(exit, format!("{}{hint}", explain(reply)))
    }
}

/// A problem answer in one line: its detail, and each member with its pointer.
fn explain(reply: &Reply) -> String {
    let status = reply.status.as_u16();
    let Ok(problem) = serde_json::from_slice::<Value>(&reply.body) else {
        return format!("the daemon answered {status}");
    };
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let detail = text(&problem, "detail").or_else(|| text(&problem, "title"));
    let mut line = detail.unwrap_or_else(|| format!("the daemon answered {status}"));
    let errors = problem.get("errors").and_then(Value::as_array);
    for error in errors.into_iter().flatten() {
        let pointer = text(error, "pointer").unwrap_or_default();
        let detail = text(error, "detail").unwrap_or_default();
        // The detail of a problem with one member is that member's.
        let subject = if pointer.is_empty() { "the document" } else { &pointer };
        if line != format!("{subject} {detail}") {
            line.push_str(&format!("; {pointer}: {detail}"));
        }
    }
    line
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let exit = match error {
            ClientError::Url(..) => Exit::Usage,
            ClientError::Unreachable(..)
            | ClientError::Broken(..)
            | ClientError::Tls(..)
            | ClientError::Late(..) => Exit::Unreachable,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::Config, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    fn answered(status: u16, body: &'static str) -> (Exit, String) {
        let status = StatusCode::from_u16(status).unwrap();
        let reply = Reply { status, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) };
        match Failure::answered(&reply, None) {
            Failure::Failed { exit, message } => (exit, message),
            Failure::ClosedPipe => panic!("not a closed pipe"),
        }
    }

    #[test]
    fn every_member_is_told_in_one_line() {
        let body = r#"{"title":"Invalid members","detail":"2 members are invalid","errors":[
            {"pointer":"/url","detail":"must be https"},{"pointer":"/events/0","detail":"is empty"}]}"#;
        let (exit, message) = answered(422, body);
        assert_eq!(exit, Exit::Refused);
        assert_eq!(message, "2 members are invalid; /url: must be https; /events/0: is empty");
    }

    #[test]
    fn a_single_member_is_told_once() {
        let body = r#"{"title":"Invalid members","detail":"/url must be https","errors":[
            {"pointer":"/url","detail":"must be https"}]}"#;
        assert_eq!(answered(422, body).1, "/url must be https");
        let body = r#"{"title":"Invalid members","detail":"the document must be an object","errors":[
            {"pointer":"","detail":"must be an object"}]}"#;
        assert_eq!(answered(422, body).1, "the document must be an object");
    }

    #[test]
    fn members_that_flags_made_have_the_flags_names() {
        let flags = [("/filter/state", "--state"), ("/events", "--events"), ("/url", "URL")];
        let named = |message: &str| Failure::new(Exit::Refused, message).naming(&flags);
        for (message, told) in [
            ("/url must be https", "URL: must be https"),
            (
                "2 members are invalid; /url: must be https; /events/0: is empty",
                "2 members are invalid; URL: must be https; --events: is empty",
            ),
            ("/filter/state must be failed", "--state: must be failed"),
            ("/urls is unknown; /filter is empty", "/urls is unknown; /filter is empty"),
            ("no pointer", "no pointer"),
        ] {
            assert_eq!(named(message), Failure::new(Exit::Refused, told));
        }
    }

    #[test]
    fn statuses_have_their_codes() {
        for (status, exit) in [
            (400, Exit::Refused),
            (401, Exit::Unauthorised),
            (403, Exit::Unauthorised),
            (404, Exit::NotFound),
            (409, Exit::Refused),
            (500, Exit::Other),
            (503, Exit::Refused),
            (507, Exit::Refused),
        ] {
            assert_eq!(answered(status, "{}").0, exit, "{status}");
        }
    }

    #[test]
    fn a_token_that_is_not_readable_is_named() {
        let reply = Reply {
            status: StatusCode::UNAUTHORIZED,
            headers: HeaderMap::new(),
            body: Bytes::from_static(b"{}"),
        };
        let why = "/var/lib/ringback/admin-token is not readable for this user: run with sudo, or";
        let Failure::Failed { exit, message } = Failure::answered(&reply, Some(why)) else { panic!() };
        let told = format!("the daemon answered 401 ({why} give --token, --token-file or RINGBACK_TOKEN)");
        assert_eq!((exit, message), (Exit::Unauthorised, told));
    }

    #[test]
    fn an_answer_that_is_no_problem_shows_its_status() {
        assert_eq!(answered(502, "<html>").1, "the daemon answered 502");
    }
}
