use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// An event, compressed by another implementation.
const BROTLI: &str = "G1oAIBwHduPVgnj4dgNUKUK31y5hYmiSRacPNuCA+QEznB54cBz+0TuiN2LVUyQAuZdXXwdvg44aYQ==";
const GZIP: [(&str, &str); 1] = [("content-encoding", "gzip")];

#[tokio::test]
async fn compressed_bodies_are_taken_and_broken_ones_refused() {
    let rig = Rig::new().await;
    let event = br#"{"type":"a.b","data":[1, 2]}"#;
    rig.post_as("application/json", &GZIP, gzip(event)).await.expect(202);
    let lines = [&event[..], event].join(&b'\n');
    let answers = rig.post_as("application/x-ndjson", &GZIP, gzip(&lines)).await.expect(200);
    assert_eq!(answers.body.split(|&b| b == b'\n').filter(|line| line.starts_with(b"{\"line\"")).count(), 2);
    let brotli = STANDARD.decode(BROTLI).unwrap();
    rig.post_as("application/json", &[("content-encoding", "br")], brotli).await.expect(202);
    let whole = gzip(event);
    rig.post_as("application/json", &GZIP, whole[..whole.len() - 3].to_vec()).await.expect(400);
    rig.post_as("application/json", &GZIP, event.to_vec()).await.expect(400);
    rig.post_as("application/json", &[("content-encoding", "br")], event.to_vec()).await.expect(400);
}

#[tokio::test]
async fn the_bound_of_a_body_is_counted_inflated() {
    let rig = Rig::new().await;
    let bomb = gzip(&vec![b' '; (16 << 20) + 1]);
    assert!(bomb.len() < 20_000);
    let large = rig.post_as("application/json", &GZIP, bomb).await.expect(413).json();
    assert!(large["detail"].as_str().unwrap().contains("16777216"));
    // What it held is free again.
    assert_eq!(rig.context.budgets.bodies.held(), 0);
}
