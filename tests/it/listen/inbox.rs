//! `ringback inbox`: what arrives, on a page.

use http::Request;
use http_body_util::Full;
use ringback::cli::client::Client;
use serde_json::json;

use super::running::Running;
use crate::harness::{Daemon, Webhook, wait_for};

/// An inbox on a free port.
async fn inbox(daemon: &Daemon, args: &[&str]) -> (Running, String) {
    let args = [&["inbox", "--listen", "127.0.0.1:0"], args].concat();
    let mut inbox = Running::start(&args, daemon.url(), &daemon.token());
    let url = inbox.next("ready").await["url"].as_str().unwrap().to_owned();
    (inbox, url)
}

/// What a path of the page shows, as it is asked for under a name.
async fn shown(url: &str, path: &str, host: &str) -> (u16, String) {
    let client = Client::new(url, None).unwrap();
    let request = Request::get(path).header("host", host).body(Full::default()).unwrap();
    let reply = client.request(request).await.unwrap();
    (reply.status.as_u16(), String::from_utf8(reply.body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_registered_inbox_needs_no_open_address_and_shows_what_arrives() {
    // Without --dev, no webhook may lead to this machine.
    let daemon = Daemon::with_config("dev = false\n").await;
    let args = ["--register", "--events", "order.*", "--profile", "quick", "--fail-first", "2"];
    let (mut inbox, url) = inbox(&daemon, &args).await;
    let registered = inbox.next("registered").await;
    assert_eq!(registered["events"], json!(["order.*"]));
    let id = registered["webhook_id"].as_str().unwrap().to_owned();
    let webhook = Webhook { id, secret: String::new() };
    daemon.event("user.made", json!(1)).await;
    let event = daemon.event("order.paid", json!({"note": "<script>alert(1)</script>"})).await;
    for (number, status) in [(1, 503), (2, 503), (3, 200)] {
        let arrival = inbox.next("arrival").await;
        assert_eq!((&arrival["number"], &arrival["status"]), (&json!(number), &json!(status)));
        assert_eq!(arrival["verified"], true, "{arrival}");
    }
    let delivery = daemon.settled(&event, &webhook, "delivered").await;
    assert_eq!(delivery["attempts"], 3);

    let (status, page) = shown(&url, "/", "127.0.0.1:9").await;
    assert_eq!(status, 200);
    assert_eq!(page.matches("&lt;script&gt;alert(1)&lt;/script&gt;").count(), 3, "{page}");
    assert!(!page.contains("<script>alert"), "{page}");
    assert_eq!(page.matches("signature verified").count(), 3);
    assert!(
        page.contains(&format!("webhook-id: {event}")) && page.contains("the first 2 with 503"),
        "{page}"
    );
    assert!(page.find("#3 POST") < page.find("#1 POST") && page.contains("#1 POST"), "the newest is first");
    let (_, newer) = shown(&url, "/arrivals?after=2", "localhost").await;
    assert!(newer.contains("#3 POST") && !newer.contains("#2 POST"), "{newer}");
    // Another site whose name was made to lead here may not read it.
    for path in ["/", "/arrivals?after=0"] {
        assert_eq!(shown(&url, path, "evil.example").await, (421, String::new()));
    }

    inbox.interrupt();
    let (code, said) = inbox.ended().await;
    assert_eq!(code, Some(0), "{said}");
    let path = format!("/v1/webhooks/{}", webhook.id);
    wait_for("its end", async || (daemon.get(&path).await.status == 404).then_some(())).await;
}

#[tokio::test]
async fn an_inbox_that_is_a_webhooks_url_says_what_is_wrong() {
    let daemon = Daemon::shared().await;
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let (mut inbox, url) = inbox(&daemon, &["--secret", secret, "--status", "410"]).await;
    let other = daemon.webhook(&format!("{url}other"), json!({})).await;
    daemon.event("a.b", json!(1)).await;
    let arrival = inbox.next("arrival").await;
    assert_eq!((&arrival["verified"], &arrival["path"]), (&json!(false), &json!("/other")));
    assert!(arrival["detail"].as_str().unwrap().contains("the secret is different"), "{arrival}");
    let path = format!("/v1/webhooks/{}", other.id);
    wait_for("410 Gone", async || (daemon.get(&path).await.json["state"] == "disabled").then_some(())).await;
    assert!(shown(&url, "/", "[::1]").await.1.contains("not verified: the signature does not match"));
    daemon.webhook(&url, json!({"secret": secret, "events": ["c.d"]})).await;
    daemon.event("c.d", json!(1)).await;
    assert_eq!(inbox.next("arrival").await["verified"], true);
}

#[tokio::test]
async fn an_inbox_is_as_slow_as_it_is_asked_to_be() {
    let daemon = Daemon::shared().await;
    let (mut inbox, url) = inbox(&daemon, &["--delay", "10m"]).await;
    let webhook = daemon.webhook(&url, json!({"profile": "hasty"})).await;
    let event = daemon.event("a.b", json!(1)).await;
    assert_eq!(inbox.next("arrival").await["verified"], json!(null));
    let delivery = daemon.attempted(&event, &webhook, 1).await;
    assert!(delivery["last_error"].as_str().unwrap().starts_with("timeout"), "{delivery}");
    for (args, said) in [
        (&["inbox", "--listen", "127.0.0.1:0", "--events", "a.b"][..], "--events: needs --register"),
        (&["inbox", "--status", "700"], "--status"),
        (&["inbox", "--secret", "whsec_!"], "--secret"),
    ] {
        let (code, _, text) = daemon.cli(args).await;
        assert!(code == 2 && text.contains(said), "{args:?}: {code} {text}");
    }
}
