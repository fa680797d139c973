//! How a command finds the daemon and shows who it is.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::Args;
use http::Method;
use http_body_util::Full;
use serde_json::Value;

use super::client::{Client, ClientError, Reply};
use super::failure::{Exit, Failure};
use super::query::Param;
use crate::config::{Config, Listen};
use crate::domain::json;
use crate::limits;

/// The file with the first token, beside the store.
pub(super) const TOKEN_FILE: &str = "admin-token";

/// Where the daemon is, and the token that opens it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct Connection {
    /// The daemon's API [env: RINGBACK_URL] [default: the configured listen address]
    // Its own id: `webhook add` has a positional argument `url`.
    #[arg(long = "url", id = "api_url", global = true, value_name = "URL")]
    url: Option<String>,
    /// The daemon's admin listener, also unix:/PATH [env: RINGBACK_ADMIN_URL] [default: the configured admin address]
    #[arg(long, global = true, value_name = "URL")]
    admin_url: Option<String>,
    /// The token [env: RINGBACK_TOKEN] [default: the data directory's admin-token, if readable]
    #[arg(long, global = true, value_name = "TOKEN", conflicts_with = "token_file")]
    token: Option<String>,
    /// A file that holds the token
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// A PEM file of certificates to trust instead of the system's [env: RINGBACK_CA]
    #[arg(long, global = true, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The account to act for, by name or id, with a token that may; by default the token's own
    #[arg(long, global = true, value_name = "NAME")]
    account: Option<String>,
}

/// The daemon as one command talks to it.
#[derive(Clone)]
pub(super) struct Daemon {
    api: Client,
    admin: Client,
    account: Option<String>,
    /// Why there is no token, when there would be one.
    no_token: Option<String>,
}

impl Connection {
    /// The daemon: where flags or the environment say, else where the configuration lets it listen.
    pub(super) fn open(&self, config: &Config, env: &BTreeMap<String, String>) -> Result<Daemon, Failure> {
        let var =
            |name: &str| env.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let url = self.url.clone().or_else(|| var("RINGBACK_URL"));
        let admin_url = self.admin_url.clone().or_else(|| var("RINGBACK_ADMIN_URL"));
        let token = match &self.token_file {
            Some(file) => {
                Some(read(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?)
            }
            None => self.token.clone().or_else(|| var("RINGBACK_TOKEN")),
        };
        let url = url.unwrap_or_else(|| base(&Listen::Tcp(config.listen), config.tls.is_some()));
        let admin_url = admin_url.unwrap_or_else(|| base(&config.admin_listen, config.admin_tls.is_some()));
        let (token, no_token) = match token {
            Some(token) => (Some(token), None),
            None => admin_token(&config.data_dir.join(TOKEN_FILE)),
        };
        let ca = self.ca.clone().or_else(|| var("RINGBACK_CA").map(PathBuf::from));
        let daemon = Daemon::trusting(ca.as_deref(), &url, &admin_url, token)?;
        Ok(Daemon { account: self.account.clone(), no_token, ..daemon })
    }
}

/// The token of a daemon on this machine, or why it cannot be had.
fn admin_token(file: &Path) -> (Option<String>, Option<String>) {
    match read(file) {
        Ok(token) => (Some(token), None),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            let why = format!("{} is not readable for this user: run with sudo, or", file.display());
            (None, Some(why))
        }
        Err(_) => (None, None),
    }
}

fn read(file: &Path) -> std::io::Result<String> {
    // Some editors put a byte order mark first.
    Ok(std::fs::read_to_string(file)?.trim_start_matches('\u{FEFF}').trim().to_owned())
}

/// The URL of a listener on this machine.
fn base(listener: &Listen, tls: bool) -> String {
    let Listen::Tcp(mut address) = *listener else { return listener.to_string() };
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    let scheme = if tls { "https" } else { "http" };
    format!("{scheme}://{address}")
}

impl Daemon {
    /// The daemon whose listeners are at these URLs.
    pub(super) fn at(url: &str, admin_url: &str, token: Option<String>) -> Result<Self, Failure> {
        Self::trusting(None, url, admin_url, token)
    }

    fn trusting(
        ca: Option<&Path>,
        url: &str,
        admin_url: &str,
        token: Option<String>,
    ) -> Result<Self, Failure> {
        let api = Client::trusting(ca, url, token.clone())?;
        Ok(Self { api, admin: Client::trusting(ca, admin_url, token)?, account: None, no_token: None })
    }

    /// It, acting for an account, or as the token does.
    pub(super) fn of(&self, account: Option<&str>) -> Self {
        Self { account: account.map(str::to_owned), ..self.clone() }
    }

    /// The answer, unless it refuses.
    pub(super) fn accepted(&self, reply: Reply) -> Result<Reply, Failure> {
        if reply.status.is_success() { Ok(reply) } else { Err(self.refusal(&reply)) }
    }

    /// What a refusing answer means.
    pub(super) fn refusal(&self, reply: &Reply) -> Failure {
        Failure::answered(reply, self.no_token.as_deref())
    }

    /// A path of the API, for the account that is acted for.
    fn path(&self, path: &str) -> String {
        let Some(account) = &self.account else { return path.to_owned() };
        let join = if path.contains('?') { '&' } else { '?' };
        let account: String = url::form_urlencoded::byte_serialize(account.as_bytes()).collect();
        format!("{path}{join}account={account}")
    }

    /// Asks the API; a refusal is a failure.
    pub(super) async fn api(
        &self,
        method: Method,
        path: &str,
        json: Option<&Value>,
    ) -> Result<JsonReply, Failure> {
        parse(&self.accepted(self.ask(method, path, json).await?)?)
    }

    /// Asks the API; any answer will do.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        json: Option<&Value>,
    ) -> Result<Reply, ClientError> {
        self.api.send(method, &self.path(path), json.map(Value::to_string)).await
    }

    /// Asks for a page of a list. A page without rows that says how the list goes on is followed: a filter may
    /// pass over many.
    pub(super) async fn page(&self, path: &str, query: &[Param]) -> Result<JsonReply, Failure> {
        let limit = query.iter().find(|(name, _)| *name == "limit").cloned();
        let mut page = self.api(Method::GET, &with_query(path, query), None).await?;
        for _ in 0..limits::EMPTY_PAGES {
            let empty = page.get("data").and_then(Value::as_array).is_some_and(Vec::is_empty);
            let Some(cursor) = page.get("next_cursor").and_then(Value::as_str).filter(|_| empty) else {
                break;
            };
            // It keeps the filters.
            let next: Vec<Param> =
                limit.clone().into_iter().chain([("cursor", Some(cursor.to_owned()))]).collect();
            page = self.api(Method::GET, &with_query(path, &next), None).await?;
        }
        Ok(page)
    }

    /// Asks the API with a request of one's own.
    pub(super) async fn request(
        &self,
        mut request: http::Request<Full<Bytes>>,
    ) -> Result<JsonReply, Failure> {
        *request.uri_mut() = self.path(&request.uri().to_string()).parse().map_err(Failure::other)?;
        parse(&self.accepted(self.api.request(request).await?)?)
    }

    /// Asks the API for a stream; gives the answer that refuses it.
    pub(super) async fn api_stream(
        &self,
        mut request: http::Request<Full<Bytes>>,
        take: impl FnMut(Bytes) -> Result<(), Failure>,
    ) -> Result<Result<(), Reply>, Failure> {
        *request.uri_mut() = self.path(&request.uri().to_string()).parse().map_err(Failure::other)?;
        self.api.stream(request, take).await
    }

    /// Asks the admin listener; any answer will do.
    pub(super) async fn admin(&self, method: Method, path: &str) -> Result<Reply, Failure> {
        Ok(self.admin.send(method, path, None).await?)
    }

    /// Asks the admin listener for a stream; a refusal is a failure.
    pub(super) async fn admin_stream(
        &self,
        path: &str,
        take: impl FnMut(Bytes) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let request = http::Request::post(path).body(Full::default()).map_err(Failure::other)?;
        self.admin.stream(request, take).await?.map_err(|reply| self.refusal(&reply))
    }

    /// Asks the admin listener for JSON.
    pub(super) async fn admin_json(&self, path: &str) -> Result<JsonReply, Failure> {
        parse(&self.accepted(self.admin(Method::GET, path).await?)?)
    }
}

/// A JSON answer. Its value is not all of it: a number may be longer than a value can hold.
pub(super) struct JsonReply {
    pub(super) text: Bytes,
    value: Value,
}

impl JsonReply {
    /// Its value, to add to it what people see.
    pub(super) fn value_mut(&mut self) -> &mut Value {
        &mut self.value
    }
}

impl std::ops::Deref for JsonReply {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.value
    }
}

/// The answer's JSON; nothing is null.
pub(super) fn parse(reply: &Reply) -> Result<JsonReply, Failure> {
    let text = if reply.body.is_empty() { Bytes::from_static(b"null") } else { reply.body.clone() };
    let value = json::value(&text);
    let value = value.ok_or_else(|| Failure::new(Exit::Other, "the daemon's response is not JSON"))?;
    Ok(JsonReply { text, value })
}

/// A path with the parameters that have a value.
pub(super) fn with_query(path: &str, parameters: &[(&str, Option<String>)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// `prefix/{id}suffix`, with the id as one segment whatever it holds.
pub(super) fn with_id(prefix: &str, id: &str, suffix: &str) -> String {
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("{prefix}/{id}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(dir: &Path) -> Config {
        let flag =
            crate::config::Flag { key: "data_dir", name: "--data-dir", text: dir.display().to_string() };
        let inputs = crate::config::Inputs { flags: vec![flag], ..Default::default() };
        crate::config::load(inputs).unwrap().config
    }

    #[test]
    fn a_token_is_found_where_it_should_be() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path());
        let token = |connection: &Connection, env: &[(&str, &str)]| {
            let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            connection.open(&config, &env).map(|daemon| daemon.api.token)
        };
        let var = [("RINGBACK_TOKEN", "rb_env")];
        let none = Connection::default();
        assert_eq!(token(&none, &[]).unwrap(), None);
        std::fs::write(dir.path().join(TOKEN_FILE), "rb_dir\n").unwrap();
        std::fs::write(dir.path().join("mine"), "rb_file\n").unwrap();
        let named = Connection { token: Some("rb_flag".into()), ..Connection::default() };
        let filed = Connection { token_file: Some(dir.path().join("mine")), ..Connection::default() };
        assert_eq!(token(&filed, &var).unwrap().as_deref(), Some("rb_file"));
        assert_eq!(token(&named, &var).unwrap().as_deref(), Some("rb_flag"));
        assert_eq!(token(&none, &var).unwrap().as_deref(), Some("rb_env"));
        assert_eq!(token(&none, &[]).unwrap().as_deref(), Some("rb_dir"));
        let missing = Connection { token_file: Some("/nowhere/token".into()), ..Connection::default() };
        assert!(token(&missing, &[]).is_err());
    }

    #[test]
    fn a_listener_on_every_address_is_asked_on_loopback() {
        let base = |address: &str, tls| base(&Listen::Tcp(address.parse().unwrap()), tls);
        assert_eq!(base("0.0.0.0:1", false), "http://127.0.0.1:1");
        assert_eq!(base("[::]:1", true), "https://[::1]:1");
        assert_eq!(base("192.168.1.2:1", false), "http://192.168.1.2:1");
    }

    #[test]
    fn an_answer_with_data_that_no_value_can_hold_is_read() {
        let reply = |body: &'static [u8]| Reply {
            status: http::StatusCode::OK,
            headers: http::HeaderMap::new(),
            body: Bytes::from_static(body),
        };
        assert_eq!(parse(&reply(br#"{"id":"evt_1","data":1e999}"#)).unwrap()["id"], "evt_1");
        assert_eq!(*parse(&reply(b"")).unwrap(), Value::Null);
        assert!(parse(&reply(b"<html>")).is_err());
    }

    /// Answers each connection with one of these bodies, and says what was asked for.
    async fn answers(bodies: Vec<String>) -> (String, tokio::task::JoinHandle<Vec<String>>) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            let mut asked = Vec::new();
            for body in bodies {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await.unwrap();
                let line = String::from_utf8_lossy(&request[..length]).lines().next().unwrap().to_owned();
                asked.push(line);
                let head =
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                stream.write_all((head + &body).as_bytes()).await.unwrap();
            }
            asked
        });
        (url, served)
    }

    #[tokio::test]
    async fn a_list_goes_on_until_it_has_rows() {
        let empty = |cursor: &str| format!("{{\"data\":[],\"next_cursor\":\"{cursor}\"}}");
        let full = "{\"data\":[{\"id\":\"evt_1\"}],\"next_cursor\":\"c3\"}".to_owned();
        let (url, served) = answers(vec![empty("c1"), empty("c2"), full]).await;
        let daemon = Daemon::at(&url, &url, None).unwrap();
        let query = [("type", Some("a.b".to_owned())), ("limit", Some("7".to_owned()))];
        let page = daemon.page("/v1/events", &query).await.unwrap();
        assert_eq!((&page["data"][0]["id"], &page["next_cursor"]), (&"evt_1".into(), &"c3".into()));
        let paths =
            ["/v1/events?type=a.b&limit=7", "/v1/events?limit=7&cursor=c1", "/v1/events?limit=7&cursor=c2"];
        assert_eq!(served.await.unwrap(), paths.map(|path| format!("GET {path} HTTP/1.1")));
        let (url, served) = answers(vec!["{\"data\":[],\"next_cursor\":null}".to_owned()]).await;
        let daemon = Daemon::at(&url, &url, None).unwrap();
        assert!(daemon.page("/v1/events", &[]).await.unwrap()["data"].as_array().unwrap().is_empty());
        assert_eq!(served.await.unwrap().len(), 1);
    }

    #[test]
    fn paths_are_escaped() {
        assert_eq!(
            with_query("/v1/events", &[("type", Some("a b&c".into())), ("since", None)]),
            "/v1/events?type=a+b%26c"
        );
        assert_eq!(with_query("/v1/events", &[("type", None)]), "/v1/events");
        assert_eq!(with_id("/v1/webhooks", "../x", "/pause"), "/v1/webhooks/..%2Fx/pause");
    }
}
