//! A webhook's settings as flags: of one to add, and as changes to one.

use serde_json::{Map, Value, json};

use crate::cli::failure::Failure;
use crate::cli::input::argument_json;
use crate::domain::time::duration;

/// The flags that make the members of bodies.
pub(super) const FLAGS: [(&str, &str); 23] = [
    ("/name", "--name"),
    ("/url", "URL"),
    ("/events", "--events"),
    ("/profile", "--profile"),
    ("/description", "--description"),
    ("/secret", "--secret"),
    ("/headers", "--header"),
    ("/filter", "--filter"),
    ("/ordering", "--ordering"),
    ("/max_in_flight", "--max-in-flight"),
    ("/rate_limit/burst", "--burst"),
    ("/rate_limit", "--rate"),
    ("/batch", "--batch-max"),
    ("/collect", "--collect"),
    ("/expires_at", "--expires-at"),
    ("/metadata", "--metadata"),
    ("/tls/ca", "--tls-ca"),
    ("/tls/client_cert", "--client-cert"),
    ("/tls/client_key", "--client-key"),
    ("/tls/insecure", "--insecure"),
    ("/tls", "--tls-ca, --client-cert, --insecure"),
    ("/backlog", "--backlog"),
    ("/overlap_seconds", "--overlap"),
];

/// What can be set, and changed later.
#[derive(Debug, clap::Args)]
pub(super) struct Settings {
    /// What you call it, such as "CRM sync"; commands take it in place of the id
    #[arg(long)]
    name: Option<String>,
    /// The event types to deliver, such as order.* (repeat it, or separate with commas)
    #[arg(long = "events", value_name = "TYPES", value_delimiter = ',')]
    events: Vec<String>,
    /// The profile: how to render, sign and retry
    #[arg(long)]
    profile: Option<String>,
    /// A description
    #[arg(long)]
    description: Option<String>,
    /// A header to send, as `Name: value` (may be repeated)
    #[arg(long = "header", value_name = "HEADER")]
    headers: Vec<String>,
    /// A filter on the event's data: an object as JSON (or `@FILE`), or a JSONPath query
    #[arg(long, value_name = "FILTER")]
    filter: Option<String>,
    /// The maximum number of attempts in flight
    #[arg(long, value_name = "N")]
    max_in_flight: Option<u32>,
    /// The maximum number of attempts per second
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// Attempts that may start at once, with --rate
    #[arg(long, value_name = "N", requires = "rate", default_value_t = 1)]
    burst: u32,
    /// Send up to this many events in one request
    #[arg(long, value_name = "N")]
    batch_max: Option<u32>,
    /// How long events wait for others of their batch, such as 500ms
    #[arg(long, value_name = "DURATION", requires = "batch_max", value_parser = millis, default_value = "1s")]
    batch_wait: u64,
    /// Whether events are kept while the webhook is paused or disabled: true or false
    #[arg(long, value_name = "BOOL")]
    collect: Option<bool>,
    /// Send nothing after this time
    #[arg(long, value_name = "TIME")]
    expires_at: Option<String>,
    /// Your own labels, as a JSON object (or `@FILE`)
    #[arg(long, value_name = "JSON")]
    metadata: Option<String>,
    /// Trust only the certificates in this PEM file ("" sets it back)
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<String>,
    /// A PEM file with the certificate to show to receivers that demand one ("" removes it)
    #[arg(long, value_name = "FILE")]
    client_cert: Option<String>,
    /// A PEM file with its private key
    #[arg(long, value_name = "FILE")]
    client_key: Option<String>,
    /// Accept any certificate (--insecure=false ends it); only where the operator allows it
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    insecure: Option<bool>,
}

fn millis(text: &str) -> Result<u64, String> {
    u64::try_from(duration(text)?.as_millis()).map_err(|_| "is too long".to_owned())
}

impl Settings {
    /// The members that were given.
    pub(super) fn members(&self) -> Result<Map<String, Value>, Failure> {
        let mut body = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(name.to_owned(), value);
            }
        };
        put("name", self.name.as_ref().map(|text| json!(text)));
        put("events", (!self.events.is_empty()).then(|| json!(self.events)));
        put("profile", self.profile.as_ref().map(|text| json!(text)));
        put("description", self.description.as_ref().map(|text| json!(text)));
        put("max_in_flight", self.max_in_flight.map(|number| json!(number)));
        put("rate_limit", self.rate.map(|rate| json!({"per_second": rate, "burst": self.burst})));
        put("batch", self.batch_max.map(|most| json!({"max_events": most, "max_wait_ms": self.batch_wait})));
        put("collect", self.collect.map(|collect| json!(collect)));
        put("expires_at", self.expires_at.as_ref().map(|text| json!(text)));
        put("headers", headers(&self.headers)?);
        put("filter", self.filter.as_deref().map(filter).transpose()?);
        let metadata = self.metadata.as_deref().map(|text| argument_json("--metadata", text)).transpose()?;
        put("metadata", metadata);
        put("tls", self.tls()?);
        Ok(body)
    }
}

impl Settings {
    /// What is said of TLS.
    fn tls(&self) -> Result<Option<Value>, Failure> {
        let files = [
            ("ca", "--tls-ca", &self.tls_ca),
            ("client_cert", "--client-cert", &self.client_cert),
            ("client_key", "--client-key", &self.client_key),
        ];
        let mut tls = Map::new();
        for (name, flag, file) in files {
            let Some(file) = file else { continue };
            let text = match file.as_str() {
                "" => Value::Null,
                file => {
                    let read = std::fs::read_to_string(file);
                    json!(read.map_err(|error| Failure::usage(format!("{flag}: {file}: {error}")))?)
                }
            };
            tls.insert(name.to_owned(), text);
        }
        tls.extend(self.insecure.map(|insecure| ("insecure".to_owned(), json!(insecure))));
        Ok((!tls.is_empty()).then_some(Value::Object(tls)))
    }
}

/// A filter as the API takes it: a query needs no quotes around it.
pub(in crate::cli) fn filter(text: &str) -> Result<Value, Failure> {
    if text.starts_with('$') { Ok(json!(text)) } else { argument_json("--filter", text) }
}

/// The headers of lines; one without a value is removed, where there is one.
fn headers(lines: &[String]) -> Result<Option<Value>, Failure> {
    let mut headers = Map::new();
    for line in lines {
        let pair = line.split_once(':');
        let (name, value) = pair.ok_or_else(|| Failure::usage("--header: must be \"Name: value\""))?;
        let name = name.trim();
        if headers.keys().any(|known: &String| known.eq_ignore_ascii_case(name)) {
            return Err(Failure::usage(format!("--header: {name:?} is named twice")));
        }
        let value = value.trim();
        headers.insert(name.to_owned(), if value.is_empty() { Value::Null } else { json!(value) });
    }
    Ok((!headers.is_empty()).then_some(Value::Object(headers)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        settings: Settings,
    }

    fn body(args: &[&str]) -> Result<Value, Failure> {
        Line::try_parse_from(["add"].iter().chain(args)).unwrap().settings.members().map(Value::Object)
    }

    #[test]
    fn only_what_is_said_is_sent() {
        assert_eq!(body(&[]).unwrap(), json!({}));
        let full = body(&[
            "--events",
            "a,b",
            "--events",
            "c",
            "--header",
            "X-A: 1:2",
            "--header",
            "X-B:",
            "--rate",
            "5",
            "--filter",
            "{\"a\":1}",
            "--batch-max",
            "9",
            "--collect",
            "false",
            "--metadata",
            "{\"k\":\"v\"}",
        ]);
        assert_eq!(
            full.unwrap(),
            json!({"events": ["a", "b", "c"], "headers": {"X-A": "1:2", "X-B": null},
                "rate_limit": {"per_second": 5.0, "burst": 1}, "filter": {"a": 1},
                "batch": {"max_events": 9, "max_wait_ms": 1000}, "collect": false, "metadata": {"k": "v"}})
        );
        assert_eq!(body(&["--filter", "$.a"]).unwrap(), json!({"filter": "$.a"}));
        assert!(body(&["--header", "nonsense"]).is_err());
        assert!(body(&["--header", "X-A: 1", "--header", "x-a: 2"]).is_err());
        assert!(body(&["--filter", "{"]).is_err());
    }

    #[test]
    fn tls_is_read_from_files_and_set_back_by_empty_names() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| dir.path().join(name).display().to_string();
        std::fs::write(file("ca"), "CA").unwrap();
        std::fs::write(file("key"), "KEY").unwrap();
        assert_eq!(
            body(&["--tls-ca", &file("ca"), "--client-key", &file("key"), "--client-cert", ""]).unwrap(),
            json!({"tls": {"ca": "CA", "client_key": "KEY", "client_cert": null}})
        );
        for (flag, is) in [("--insecure", true), ("--insecure=false", false)] {
            assert_eq!(body(&[flag]).unwrap(), json!({"tls": {"insecure": is}}));
        }
        let Err(Failure::Failed { message, .. }) = body(&["--client-cert", &file("none")]) else { panic!() };
        assert!(message.contains("--client-cert: ") && message.contains("none"), "{message}");
    }
}
