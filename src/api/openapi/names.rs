//! What operations are called in clients that are generated, and under which heading they stand.

use http::Method;

use crate::api::route::Route;

/// Operations that the rule gives no good name.
const NAMES: [(Method, &str, &str); 5] = [
    (Method::POST, "/v1/events", "sendEvents"),
    (Method::POST, "/v1/jobs/{id}/results", "appendJobResults"),
    (Method::GET, "/v1/tail", "followTail"),
    (Method::POST, "/v1/listen", "listen"),
    (Method::POST, "/v1/listen/{id}/answers", "answerRequest"),
];

/// Whether a path is Ringback's own, and not a provider's.
pub(super) fn is_own(path: &str) -> bool {
    ["/v1/", "/openapi.json", "/.well-known/"].iter().any(|prefix| path.starts_with(prefix))
}

/// `createWebhook`, `listWebhooks`, `rotateWebhookSecret`; of a provider's path `post_v2_webhooks`.
pub(super) fn operation_id(route: &Route) -> String {
    let named = NAMES.iter().find(|(method, path, _)| (method, *path) == (&route.method, route.path));
    if let Some((_, _, name)) = named {
        return (*name).to_owned();
    }
    let Some(path) = route.path.strip_prefix("/v1/") else { return literal(route) };
    let lists = route.query.iter().any(|param| param.name == "limit");
    let verb = match route.method {
        Method::POST => "create",
        Method::PATCH => "update",
        Method::PUT => "put",
        Method::DELETE => "delete",
        _ if lists => "list",
        _ => "get",
    };
    let parts: Vec<&str> = path.split('/').collect();
    match *parts.as_slice() {
        [things] if verb == "list" || verb == "get" => format!("{verb}{}", words(things)),
        [things] | [things, _] if parts.len() == 1 || is_variable(parts.get(1)) => {
            format!("{verb}{}", one(&words(things)))
        }
        [things, action] => acted(action, &words(things)),
        [things, _, action] if route.method == Method::POST => acted(action, &one(&words(things))),
        [things, _, part] => format!("{verb}{}{}", one(&words(things)), words(part)),
        _ => literal(route),
    }
}

/// `get_v2_webhooks_id`.
fn literal(route: &Route) -> String {
    let words = route.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let method = route.method.as_str().to_ascii_lowercase();
    std::iter::once(&*method).chain(words).collect::<Vec<_>>().join("_")
}

fn is_variable(part: Option<&&str>) -> bool {
    part.is_some_and(|part| part.starts_with('{'))
}

/// `rotate-secret` of a `Webhook`: `rotateWebhookSecret`.
fn acted(action: &str, thing: &str) -> String {
    let (verb, rest) = action.split_once('-').unwrap_or((action, ""));
    format!("{verb}{thing}{}", words(rest))
}

/// `signing-keys`: `SigningKeys`.
fn words(text: &str) -> String {
    let capital = |word: &str| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        format!("{}{rest}", first.to_ascii_uppercase())
    };
    text.split('-').map(capital).collect()
}

/// `Deliveries`: `Delivery`.
fn one(things: &str) -> String {
    match things.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => things.strip_suffix('s').unwrap_or(things).to_owned(),
    }
}

/// The heading of an operation: what it is about, or the provider's dialect that it belongs to.
pub(super) fn tag(path: &str) -> &str {
    match path {
        _ if path.starts_with("/v2/action-runs") => "action runs",
        _ if path.starts_with("/v2/") => "run webhooks",
        _ if path.starts_with("/api/") => "REST hooks",
        _ if path.starts_with("/r/") => "resources",
        _ => path.strip_prefix("/v1/").and_then(|rest| rest.split('/').next()).unwrap_or("description"),
    }
}
