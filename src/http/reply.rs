//! Answers that are JSON. Each knows the type of what it holds, so that an API's description can be made of it.

use std::marker::PhantomData;

use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::problem::{Code, Problem};
use super::response::{Response, located, no_store, typed};

/// An answer whose body is a `T`.
pub struct Json<T>(Response, PhantomData<fn() -> T>);

impl<T> Json<T> {
    /// That says at which path the thing is that it is about.
    #[must_use]
    pub fn located(self, path: &str) -> Self {
        Self(located(self.0, path), PhantomData)
    }

    /// That no cache may keep.
    #[must_use]
    pub fn no_store(self) -> Self {
        Self(no_store(self.0), PhantomData)
    }

    /// Its headers.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        self.0.headers_mut()
    }
}

impl<T> From<Json<T>> for Response {
    fn from(json: Json<T>) -> Self {
        json.0
    }
}

/// An answer with a JSON body.
///
/// # Errors
/// When the value has no JSON form, which is a mistake of ours.
pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Result<Json<T>, Problem> {
    let body = serde_json::to_vec(value).map_err(|error| no_form(&error))?;
    Ok(Json(typed(status, "application/json", body), PhantomData))
}

/// An answer about something that was made at `path`.
///
/// # Errors
/// When the value has no JSON form, which is a mistake of ours.
pub fn created<T: Serialize>(path: &str, value: &T) -> Result<Json<T>, Problem> {
    json(StatusCode::CREATED, value).map(|answer| answer.located(path))
}

fn no_form(error: &serde_json::Error) -> Problem {
    tracing::error!(%error, "a response cannot be written as JSON");
    Problem::new(Code::Internal, "the answer could not be written")
}
