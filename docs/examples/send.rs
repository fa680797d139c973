// send.rs
use serde_json::{Value, json};

pub fn send(
    url: &str,
    token: &str,
    event_type: &str,
    data: &Value,
    key: &str,
) -> Result<String, ureq::Error> {
    let mut response = ureq::post(format!("{url}/v1/events"))
        .header("Authorization", format!("Bearer {token}"))
        .header("Idempotency-Key", key)
        .send_json(json!({"type": event_type, "data": data}))?;
    let answer: Value = response.body_mut().read_json()?;
    Ok(answer["id"].as_str().unwrap_or_default().to_owned())
}
