//! Which API a path belongs to: each dialect has its own form of errors, and its clients' habits.

use http::StatusCode;
use serde_json::Value;

use super::problem::{Code, Problem};
use super::{action_runs, run_webhooks};

/// An API with a form of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// Ringback's own, and everything that is no dialect's.
    Native,
    /// REST hooks and their resources.
    RestHooks,
    /// Action runs.
    ActionRuns,
    /// Run webhooks, with runs and datasets.
    RunWebhooks,
}

impl Surface {
    /// The API of a path.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let under = |prefix: &str| {
            path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match () {
            () if under("/v2/action-runs") => Self::ActionRuns,
            () if under("/v2") => Self::RunWebhooks,
            () if under("/api") || under("/r") => Self::RestHooks,
            () => Self::Native,
        }
    }

    /// The path as it is looked up: where clients end it with a slash, it is taken without.
    #[must_use]
    pub fn path(self, path: &str) -> &str {
        match self {
            Self::ActionRuns => path.strip_suffix('/').unwrap_or(path),
            Self::Native | Self::RestHooks | Self::RunWebhooks => path,
        }
    }

    /// Whether query parameters and members that are not known are passed over: the dialects' clients
    /// send more than is documented.
    #[must_use]
    pub fn is_lenient(self) -> bool {
        self != Self::Native
    }

    /// The query parameter that may hold the token.
    #[must_use]
    pub fn token_parameter(self) -> Option<&'static str> {
        (self == Self::RunWebhooks).then_some("token")
    }

    /// The status of a problem.
    #[must_use]
    pub fn status(self, problem: &Problem) -> StatusCode {
        match (self, problem.code) {
            (Self::RunWebhooks, Code::Invalid) if problem.status.is_none() => StatusCode::BAD_REQUEST,
            _ => problem.status(),
        }
    }

    /// The dialect's form of a problem; `None`: problem details.
    #[must_use]
    pub fn error(self, problem: &Problem) -> Option<Value> {
        match self {
            Self::Native | Self::RestHooks => None,
            Self::ActionRuns => Some(action_runs::errors(problem)),
            Self::RunWebhooks => Some(run_webhooks::error(problem)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_of_one_surface() {
        for (path, surface) in [
            ("/v1/webhooks", Surface::Native),
            ("/v2", Surface::RunWebhooks),
            ("/v2/actor-runs/x", Surface::RunWebhooks),
            ("/v2/action-runs/", Surface::ActionRuns),
            ("/v2/action-runsx", Surface::RunWebhooks),
            ("/api/hooks", Surface::RestHooks),
            ("/r/token", Surface::RestHooks),
            ("/readme", Surface::Native),
        ] {
            assert_eq!(Surface::of(path), surface, "{path}");
        }
    }
}
