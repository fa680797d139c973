//! A webhook's own TLS: whom it trusts, and who it says that it is.

use rcgen::CertifiedKey;
use serde_json::{Value, json};

use super::Rig;

fn pair() -> (String, String) {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(vec!["client".to_owned()]).unwrap();
    (cert.pem().replace("\r\n", "\n"), signing_key.serialize_pem())
}

struct Made {
    rig: Rig,
    path: String,
}

impl Made {
    async fn new(tls: Value) -> (Self, Value) {
        let rig = Rig::new().await;
        let body = json!({"url": "https://example.com/", "tls": tls}).to_string();
        let made = rig.post("/v1/webhooks", &body).await.expect(201).json();
        let path = format!("/v1/webhooks/{}", made["id"].as_str().unwrap());
        (Self { rig, path }, made["tls"].clone())
    }

    async fn patch(&self, change: Value) -> Value {
        self.rig.call("PATCH", &self.path, &change.to_string()).await.expect(200).json()["tls"].clone()
    }

    async fn refused(&self, change: Value) -> Vec<(String, String)> {
        let answer = self.rig.call("PATCH", &self.path, &change.to_string()).await.expect(422).json();
        let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
        let errors = answer["errors"].as_array().unwrap();
        errors.iter().map(|error| (text(error, "pointer"), text(error, "detail"))).collect()
    }
}

#[tokio::test]
async fn certificates_are_shown_and_keys_are_not() {
    let ((ca, _), (cert, key)) = (pair(), pair());
    let (made, shown) = Made::new(json!({"ca": ca, "client_cert": cert, "client_key": key})).await;
    assert_eq!(shown, json!({"ca": ca, "client_cert": cert, "client_key": "***", "insecure": false}));
    // What is shown can be sent back, and changes nothing.
    let again = made
        .rig
        .call("PATCH", &format!("{}?dry_run=true", made.path), &json!({"tls": shown}).to_string())
        .await;
    assert_eq!(again.expect(200).json()["would_change"], json!([]));
    let change = json!({"tls": {"ca": null}}).to_string();
    let tried =
        made.rig.call("PATCH", &format!("{}?dry_run=true", made.path), &change).await.expect(200).json();
    assert_eq!(tried["would_change"], json!(["tls"]));

    let (newer, newer_key) = pair();
    let shown = made.patch(json!({"tls": {"client_cert": newer, "client_key": newer_key}})).await;
    assert_eq!(shown, json!({"ca": ca, "client_cert": newer, "client_key": "***", "insecure": false}));
    let shown = made.patch(json!({"tls": {"client_cert": null}})).await;
    assert_eq!(shown, json!({"ca": ca, "client_cert": null, "client_key": null, "insecure": false}));
    assert_eq!(made.patch(json!({"tls": {"ca": null}})).await, Value::Null);
    made.patch(json!({"tls": {"ca": ca}})).await;
    assert_eq!(made.patch(json!({"description": "d"})).await["ca"], json!(ca), "what is left out stays");
    assert_eq!(made.patch(json!({"tls": null})).await, Value::Null);
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_the_remedy() {
    let ((cert, key), (other, _)) = (pair(), pair());
    let (made, _) = Made::new(json!({"client_cert": cert, "client_key": key})).await;
    for (tls, pointer, words) in [
        (json!({"ca": "hello"}), "/tls/ca", "is not a certificate in PEM form"),
        (json!({"client_cert": "hello"}), "/tls/client_cert", "is not a certificate in PEM form"),
        (json!({"client_cert": format!("{cert}{key}")}), "/tls/client_cert", "give that as client_key"),
        (json!({"client_key": cert}), "/tls/client_key", "is not a private key in PEM form"),
        (
            json!({"client_key": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"}),
            "/tls/client_key",
            "openssl pkey",
        ),
        (
            json!({"client_cert": other}),
            "/tls/client_key",
            "is an EC key that does not belong to the certificate",
        ),
        (
            json!({"client_cert": cert, "client_key": null}),
            "/tls/client_key",
            "is required beside client_cert",
        ),
        (
            json!({"client_cert": null, "client_key": key}),
            "/tls/client_cert",
            "is required beside client_key",
        ),
        (json!({"insecure": true}), "/tls/insecure", "egress.allow_any_certificate"),
        (json!({"cert": cert}), "/tls/cert", "is not a known member"),
        (json!("yes"), "/tls", "object"),
    ] {
        let faults = made.refused(json!({"tls": tls})).await;
        let [(at, detail)] = faults.as_slice() else { panic!("{faults:?}") };
        assert!(at == pointer && detail.contains(words), "{faults:?}");
    }
    made.patch(json!({"tls": null})).await;
    let faults = made.refused(json!({"tls": {"client_key": "***"}})).await;
    assert_eq!(faults[0].0, "/tls/client_key");
}
