//! A router of CloudEvents gives on what it was given, in the form that receivers' libraries look for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::harness::{Daemon, Sink};

#[tokio::test]
async fn data_goes_out_as_it_came_in() {
    let config = "[profiles.ce]\npayload = \"cloudevents\"\n[profiles.named]\nextends = \"standard\"\n\
                  payload = \"cloudevents\"\ncontent_type = \"application/x-own\"\n";
    let (daemon, sink) = (Daemon::with_config(config).await, Sink::start().await);
    daemon.webhook(&sink.url("/in"), json!({"profile": "ce", "ordering": "webhook"})).await;
    daemon.webhook(&sink.url("/named"), json!({"profile": "named"})).await;
    let structured = [("content-type", "application/cloudevents+json; charset=UTF-8")];
    let common = r#""specversion":"1.0","type":"a.b","source":"/s""#;
    let png = STANDARD.encode(b"\x89PNG\xff");
    let sent = [
        format!(r#"{{{common},"id":"1","datacontenttype":"image/png","data_base64":"{png}"}}"#),
        format!(r#"{{{common},"id":"2","datacontenttype":"text/plain","data":"hi"}}"#),
        format!(r#"{{{common},"id":"3","datacontenttype":"application/vnd.x+json","data":{{"n":1.50}}}}"#),
        format!(r#"{{{common},"id":"4","data":{{"n":1}}}}"#),
    ];
    for event in &sent {
        daemon.post_raw("/v1/events", &structured, event).await.expect(202);
    }
    let binary = [
        ("content-type", "application/xml; charset=utf-8"),
        ("ce-specversion", "1.0"),
        ("ce-type", "a.b"),
        ("ce-source", "/s"),
        ("ce-id", "5"),
        ("ce-subject", r#""say \"hi\" %E2%82%AC""#),
    ];
    daemon.post_raw("/v1/events", &binary, "<a/>").await.expect(202);
    let requests = sink.wait("/in", 5).await;
    assert!(requests.iter().all(|request| request.header("content-type") == "application/cloudevents+json"));
    let got: Vec<Value> = requests.iter().map(|request| request.json()).collect();
    for (at, content_type, member, data) in [
        (0, "image/png", "data_base64", json!(png)),
        (1, "text/plain", "data", json!("hi")),
        (2, "application/vnd.x+json", "data", json!({"n": 1.50})),
        (3, "application/json", "data", json!({"n": 1})),
        (4, "application/xml; charset=utf-8", "data", json!("<a/>")),
    ] {
        let event = &got[at];
        assert_eq!((&event["datacontenttype"], &event[member]), (&json!(content_type), &data), "{event}");
        let other = if member == "data" { "data_base64" } else { "data" };
        assert!(event.get(other).is_none() && event.get("dataencoding").is_none(), "{event}");
    }
    assert_eq!(got[4]["subject"], "say \"hi\" €");
    assert_eq!(sink.wait("/named", 1).await[0].header("content-type"), "application/x-own");
}

#[tokio::test]
async fn a_repetition_with_its_type_spelt_otherwise_is_the_same_event() {
    let daemon = Daemon::shared().await;
    let send = async |content_type: &'static str, body: &str| {
        let binary = [
            ("content-type", content_type),
            ("ce-specversion", "1.0"),
            ("ce-type", "a.b"),
            ("ce-source", "/s"),
            ("ce-id", "1"),
        ];
        daemon.post_raw("/v1/events", &binary, body).await
    };
    let first = send("application/json; charset=utf-8", r#"{"n":1}"#).await.expect(202).text_of("id");
    for content_type in
        ["application/json", "Application/JSON;charset=UTF-8", "application/json; charset=\"utf-8\""]
    {
        let again = send(content_type, r#"{ "n": 1 }"#).await.expect(200).json;
        assert_eq!((&again["id"], &again["duplicate"]), (&json!(first), &json!(true)), "{content_type}");
    }
    let structured = [("content-type", "application/cloudevents+json")];
    let same = r#"{"specversion":"1.0","type":"a.b","source":"/s","id":"1","data":{"n":1}}"#;
    assert_eq!(daemon.post_raw("/v1/events", &structured, same).await.expect(200).json["id"], first);
    send("application/vnd.x+json", r#"{"n":1}"#).await.expect(409);
    send("application/json", r#"{"n":2}"#).await.expect(409);
}
