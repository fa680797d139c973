//! Secrets that are brought along: what receivers' libraries read is taken, anything else by the profiles that sign
//! with the text itself, and a refusal names the mistake.

use http::Method;
use serde_json::json;

use crate::harness::{Daemon, Sink};

#[tokio::test]
async fn a_secret_of_another_spelling_signs_or_its_mistake_is_named() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let make = async |profile: &str, secret: &str| {
        let body = json!({"url": sink.url(&format!("/{profile}")), "profile": profile, "secret": secret});
        daemon.post("/v1/webhooks", body).await
    };
    for secret in
        ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAAAAAAAAAAAAAA==", &"0123456789abcdef".repeat(4)]
    {
        assert_eq!(make("standard", secret).await.expect(201).text_of("secret"), secret);
    }
    for (secret, mistake) in [
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", "line end"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "without its padding"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZI-_LaLaSw", "with + and /"),
        ("v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "\"v1,\""),
        ("It's a Secret", "standard base64"),
        ("whsec_AAAA", "these are 3"),
        ("short", "8 to 256 bytes"),
    ] {
        let refused = make("standard", secret).await.expect(422);
        let detail = refused.json["errors"][0]["detail"].as_str().unwrap();
        assert!(
            refused.json["errors"][0]["pointer"] == "/secret" && detail.contains(mistake),
            "{}",
            refused.text
        );
    }
    // The key is the text, whatever it is.
    for secret in ["It's a Secret", "whsec_test_secret", "b6b7a1f0-9c1e-4f0e-8d3c-2f1f0e9d8c7b"] {
        assert_eq!(make("job-webhooks", secret).await.expect(201).text_of("secret"), secret);
    }
    let id = make("job-webhooks", "a text that signs").await.expect(201).text_of("id");
    daemon
        .call(Method::PATCH, &format!("/v1/webhooks/{id}"), Some(json!({"profile": "standard"})))
        .await
        .expect(422);
    let job = daemon.post("/v1/jobs", json!({"type": "t"})).await.expect(201).text_of("id");
    daemon.post(&format!("/v1/jobs/{job}/complete"), json!({"status": "succeeded"})).await.expect(200);
    let requests = sink.wait("/job-webhooks", 4).await;
    let headers = |n: usize| format!("X-Ringback-Signature: {}", requests[n].header("x-ringback-signature"));
    let verified = async |n: usize| {
        let body = String::from_utf8(requests[n].body.to_vec()).unwrap();
        daemon.cli(&["verify", "--secret", "It's a Secret", "--header", &headers(n), "--body", &body]).await.0
    };
    let mut codes = Vec::new();
    for n in 0..4 {
        codes.push(verified(n).await);
    }
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
}

#[tokio::test]
async fn a_rotation_promises_no_overlap_where_there_is_none() {
    let daemon = Daemon::shared().await;
    for (profile, overlaps) in [("standard", true), ("job-webhooks", false)] {
        let webhook = daemon.webhook("https://a.example/", json!({"profile": profile})).await;
        let path = format!("/v1/webhooks/{}/rotate-secret", webhook.id);
        let rotated = daemon.post(&path, json!({"overlap_seconds": 60})).await.expect(200);
        assert_eq!(
            rotated.json["previous_until"].as_array().unwrap().len(),
            usize::from(overlaps),
            "{profile}"
        );
        daemon.post(&path, json!({"secret": "whsec_x y z w"})).await.expect(if overlaps { 422 } else { 200 });
    }
}

#[tokio::test]
async fn webhooks_that_name_no_profile_have_the_operators() {
    let daemon = Daemon::with_config("[api]\ndefault_profile = \"job-webhooks\"\n").await;
    let made = daemon.post("/v1/webhooks", json!({"url": "https://a.example/"})).await.expect(201);
    assert_eq!(
        (&made.json["profile"], made.json["events"].as_array().unwrap().len()),
        (&json!("job-webhooks"), 4)
    );
    let named =
        daemon.post("/v1/webhooks", json!({"url": "https://a.example/", "profile": "standard"})).await;
    assert_eq!(named.expect(201).json["profile"], "standard");
    let path = format!("/v1/webhooks/{}", made.text_of("id"));
    daemon.call(Method::PATCH, &path, Some(json!({"profile": "standard"}))).await.expect(200);
    let back = daemon.call(Method::PATCH, &path, Some(json!({"profile": null}))).await.expect(200);
    assert_eq!(back.json["profile"], "job-webhooks");
}
