//! What a route is: its path, who may call it, what it takes and gives, and what answers it. It knows no
//! handler; the table does.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use bytes::Bytes;
use http::{Method, StatusCode};
use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;

use super::call::Call;
pub use super::param::Described;
use super::param::Param;
use super::query::{self, PAGING};
use crate::domain::account::Roles;
use crate::http::content_type::is_json;
use crate::http::document::{self, Faults};
use crate::http::problem::Problem;
use crate::http::reply::Json;
use crate::http::response::Response;

/// The media type of documents and answers.
pub(crate) const JSON: &str = "application/json";

/// The media type of lines, each a JSON text.
pub(crate) const NDJSON: &str = "application/x-ndjson";

/// A form that a body comes in: its media type and its JSON Schema.
pub type BodyForm = (&'static str, Described);

/// The form of a body of some media type that is a `T`.
pub(crate) const fn body_form<T: JsonSchema>(media_type: &'static str) -> BodyForm {
    (media_type, SchemaGenerator::subschema_for::<T>)
}

/// The forms in which one body may come; a type that stands for them lists them.
pub trait Forms {
    /// Each, the plainest first.
    const FORMS: &'static [BodyForm];
}

/// JSON that is written by hand, of the form that a `T` has.
pub struct Written<T>(PhantomData<fn() -> T>);

impl<T: JsonSchema> Forms for Written<T> {
    const FORMS: &'static [BodyForm] = &[body_form::<T>(JSON)];
}

/// What a handler answers with; its type describes it.
pub(crate) trait Responds {
    /// The forms of its body; none where it is empty.
    const FORMS: &'static [BodyForm];
}

impl Responds for Response {
    const FORMS: &'static [BodyForm] = &[];
}

impl<T: JsonSchema> Responds for Json<T> {
    const FORMS: &'static [BodyForm] = &[body_form::<T>(JSON)];
}

/// An answer in one of the forms that `F` lists.
pub struct InForm<F>(Response, PhantomData<fn() -> F>);

impl<F: Forms> Responds for InForm<F> {
    const FORMS: &'static [BodyForm] = F::FORMS;
}

impl<F> From<InForm<F>> for Response {
    fn from(answer: InForm<F>) -> Self {
        answer.0
    }
}

impl<F> From<Response> for InForm<F> {
    fn from(answer: Response) -> Self {
        Self(answer, PhantomData)
    }
}

impl<F, T> From<Json<T>> for InForm<F> {
    fn from(answer: Json<T>) -> Self {
        Self(answer.into(), PhantomData)
    }
}

/// The document that a handler takes, a `T`. It is read when the handler asks for it.
pub struct Takes<T>(PhantomData<fn() -> T>);

/// The document that a handler takes, where it may be left out.
pub struct MayTake<T>(PhantomData<fn() -> T>);

/// The changes that a handler takes, which may also be said to be a merge patch.
pub struct TakesPatch<T>(PhantomData<fn() -> T>);

/// The body that a handler takes in one of the forms that `F` lists. The handler reads it by itself.
pub struct TakesForm<F>(PhantomData<fn() -> F>);

/// The body of any type, or none, that a handler takes. The handler reads it by itself.
pub struct TakesAny;

/// What a handler takes; its type describes it.
pub(crate) trait Taking {
    /// What stands for a body that is still to be read.
    const UNREAD: Self;
    /// The forms that it may come in.
    const FORMS: &'static [BodyForm];
    /// Whether it may be left out.
    const OPTIONAL: bool = false;
}

impl<T: JsonSchema> Taking for Takes<T> {
    const UNREAD: Self = Self(PhantomData);
    const FORMS: &'static [BodyForm] = &[body_form::<T>(JSON)];
}

impl<T: JsonSchema> Taking for MayTake<T> {
    const UNREAD: Self = Self(PhantomData);
    const FORMS: &'static [BodyForm] = &[body_form::<T>(JSON)];
    const OPTIONAL: bool = true;
}

impl<T: JsonSchema> Taking for TakesPatch<T> {
    const UNREAD: Self = Self(PhantomData);
    const FORMS: &'static [BodyForm] =
        &[body_form::<T>(JSON), body_form::<T>("application/merge-patch+json")];
}

impl<F: Forms> Taking for TakesForm<F> {
    const UNREAD: Self = Self(PhantomData);
    const FORMS: &'static [BodyForm] = F::FORMS;
}

impl Taking for TakesAny {
    const UNREAD: Self = Self;
    const FORMS: &'static [BodyForm] = &[body_form::<String>("*/*")];
    const OPTIONAL: bool = true;
}

impl<T: DeserializeOwned + JsonSchema> TakesPatch<T> {
    /// The changes, and the faults of their form.
    ///
    /// # Errors
    /// When it is no such document at all.
    pub async fn read(self, call: &mut Call) -> Result<(T, Faults), Problem> {
        call.document().await
    }
}

impl<T: DeserializeOwned + JsonSchema> Takes<T> {
    /// The document, and the faults of its form.
    ///
    /// # Errors
    /// When it is no such document at all.
    pub async fn read(self, call: &mut Call) -> Result<(T, Faults), Problem> {
        call.document().await
    }

    /// The document of at most `most` bytes, the faults of its form, and its text.
    ///
    /// # Errors
    /// When it is no such document at all.
    pub async fn read_text(self, call: &mut Call, most: usize) -> Result<(T, Faults, Bytes), Problem> {
        is_json(&call.headers)?;
        let text = call.body.json(most).await?;
        let (document, faults) = document::read(&text)?;
        Ok((document, faults, text))
    }

    /// The document of at most `most` bytes, and the faults of its form.
    ///
    /// # Errors
    /// When it is no such document at all.
    pub async fn read_of(self, call: &mut Call, most: usize) -> Result<(T, Faults), Problem> {
        call.document_of(most).await
    }
}

impl<T: DeserializeOwned + JsonSchema> MayTake<T> {
    /// The document, an empty one if it was left out, and the faults of its form.
    ///
    /// # Errors
    /// When it is no such document at all.
    pub async fn read(self, call: &mut Call) -> Result<(T, Faults), Problem> {
        call.optional_document().await
    }
}

/// What answers a route.
#[derive(Clone, Copy)]
pub struct Handler {
    /// Answers a call.
    pub run: fn(Box<Call>) -> Pending,
    /// The forms of its body.
    pub takes: &'static [BodyForm],
    /// Whether that may be left out.
    pub bodiless: bool,
    /// The forms of its answer.
    pub answer: &'static [BodyForm],
}

impl Handler {
    /// The handler that a function is.
    pub(crate) fn of<F, A, R>(_: F, run: fn(Box<Call>) -> Pending) -> Self
    where
        F: Fn(Box<Call>) -> A,
        A: Future<Output = Result<R, Problem>>,
        R: Responds,
    {
        Self { run, takes: &[], bodiless: false, answer: R::FORMS }
    }

    /// The handler that a function is which takes a document.
    pub(crate) fn taking<F, T, A, R>(_: F, run: fn(Box<Call>) -> Pending) -> Self
    where
        F: Fn(Box<Call>, T) -> A,
        T: Taking,
        A: Future<Output = Result<R, Problem>>,
        R: Responds,
    {
        Self { run, takes: T::FORMS, bodiless: T::OPTIONAL, answer: R::FORMS }
    }
}

/// A handler's answer to come.
pub type Pending = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;

/// What a route answers with.
#[derive(Clone, Copy)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The body's media type.
    pub media_type: &'static str,
    /// The body's JSON Schema; `None` for an answer without a body.
    pub schema: Option<Described>,
    /// The headers that it brings, besides those of every answer.
    pub headers: &'static [Param],
}

/// Where what was made is.
pub const LOCATION: Param = Param { always: true, ..Param::text("Location", "Its path.") };

/// The same where a request may only try.
pub const LOCATION_UNLESS_TRIED: Param = Param::text("Location", "Its path, unless `dry_run` was asked for.");

/// A route.
#[derive(Clone)]
pub struct Route {
    /// The method; GET includes HEAD.
    pub method: Method,
    /// The path, with at most two variables in braces.
    pub path: &'static str,
    /// The roles that may call it, besides admin; `None`: anybody may, without a token.
    pub roles: Option<Roles>,
    /// Whether it is about no account, so that none can be named.
    pub global: bool,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Its query parameters.
    pub query: Vec<Param>,
    /// Its answer when all is well.
    pub replies: Vec<Reply>,
    /// The statuses of refusals that are its own, besides those that its method, parameters, body and roles bring.
    pub refusals: Vec<StatusCode>,
    /// A header of its own.
    pub header: Option<Param>,
    /// What answers it.
    pub handler: Handler,
}

impl Route {
    pub(crate) fn new(method: Method, path: &'static str, roles: Option<Roles>, handler: Handler) -> Self {
        Self {
            method,
            path,
            roles,
            global: false,
            summary: "",
            query: Vec::new(),
            replies: Vec::new(),
            refusals: Vec::new(),
            header: None,
            handler,
        }
    }

    pub(crate) fn about(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// Whether all that it is asked for is in its path.
    pub(crate) fn acts(&self) -> bool {
        self.method == Method::POST && self.handler.takes.is_empty()
    }

    /// Whether a repetition may make something again, or undo a later change.
    pub(crate) fn makes_or_changes(&self) -> bool {
        [Method::POST, Method::PUT, Method::PATCH].contains(&self.method)
    }

    /// Whether the repetition of a request is recognised by its key.
    pub(crate) fn takes_keys(&self) -> bool {
        self.header.is_some_and(|header| header.name == query::IDEMPOTENCY_KEY.name)
    }

    /// Is about no account.
    pub(crate) fn global(self) -> Self {
        Self { global: true, ..self }
    }

    pub(crate) fn header(self, header: Param) -> Self {
        Self { header: Some(header), ..self }
    }

    pub(crate) fn query(mut self, params: &[Param]) -> Self {
        self.query.extend_from_slice(params);
        self
    }

    /// Gives what its handler does, in the plainest form.
    pub(crate) fn gives(mut self, status: StatusCode) -> Self {
        let plainest = self.handler.answer.first();
        let (media_type, schema) = plainest.map_or((JSON, None), |(kind, schema)| (*kind, Some(*schema)));
        self.replies.push(Reply { status, media_type, schema, headers: &[] });
        self
    }

    /// Gives what its handler does, in every form.
    pub(crate) fn gives_every_form(mut self, status: StatusCode) -> Self {
        let reply = |(media_type, schema): &BodyForm| Reply {
            status,
            media_type,
            schema: Some(*schema),
            headers: &[],
        };
        self.replies.extend(self.handler.answer.iter().map(reply));
        self
    }

    pub(crate) fn gives_nothing(mut self) -> Self {
        self.replies.push(Reply {
            status: StatusCode::NO_CONTENT,
            media_type: "",
            schema: None,
            headers: &[],
        });
        self
    }

    /// Says that the answer just given brings headers.
    pub(crate) fn with(mut self, headers: &'static [Param]) -> Self {
        if let Some(reply) = self.replies.last_mut() {
            reply.headers = headers;
        }
        self
    }

    /// May be refused with these, too.
    pub(crate) fn refuses(mut self, statuses: &[StatusCode]) -> Self {
        self.refusals.extend_from_slice(statuses);
        self
    }

    pub(crate) fn lists(self) -> Self {
        self.query(&PAGING).gives(StatusCode::OK)
    }
}

/// The handler that a function is; with `takes`, that of one which takes a document.
macro_rules! handler {
    ($path:path) => {
        $crate::api::route::Handler::of($path, |call| {
            Box::pin(async move { $path(call).await.map(Into::into) })
        })
    };
    (takes $path:path) => {
        $crate::api::route::Handler::taking($path, |call| {
            Box::pin(async move { $path(call, $crate::api::route::Taking::UNREAD).await.map(Into::into) })
        })
    };
}
pub(crate) use handler;

/// A route for holders of any of these roles, and admins.
pub(crate) fn route(method: Method, path: &'static str, roles: Roles, handler: Handler) -> Route {
    Route::new(method, path, Some(roles), handler)
}

pub(crate) fn get(path: &'static str, roles: Roles, handler: Handler) -> Route {
    route(Method::GET, path, roles, handler)
}

pub(crate) fn post(path: &'static str, roles: Roles, handler: Handler) -> Route {
    route(Method::POST, path, roles, handler)
}
