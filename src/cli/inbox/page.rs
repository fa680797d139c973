//! The page of an inbox: one document without anything from elsewhere. What others wrote is escaped, and nothing but
//! the page's own script may run.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Response};
use http_body_util::Full;
use sha2::{Digest as _, Sha256};

use super::arrivals::{Arrival, Arrivals, Verdict};
use crate::limits;

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");

/// The whole page; `note` says what the inbox does.
pub(super) fn whole(arrivals: &Arrivals, note: &str) -> Response<Full<Bytes>> {
    let (list, seen) = arrivals.after(0, article);
    let mut page = String::new();
    // What is filled in is not looked at again, so that nothing in it can pass for a place.
    for (at, part) in PAGE.split("%%").enumerate() {
        match (at % 2, part) {
            (0, text) => page.push_str(text),
            (_, "NOTE") => page.push_str(&escaped(note)),
            (_, "SEEN") => page.push_str(&seen.to_string()),
            (_, "MOST") => page.push_str(&limits::INBOX_ARRIVALS.to_string()),
            (_, "LIST") => page.push_str(&list.concat()),
            _ => page.push_str(SCRIPT),
        }
    }
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'; script-src 'sha256-{}'",
        STANDARD.encode(Sha256::digest(SCRIPT))
    );
    let mut response = html(page);
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// What has arrived after the first `seen`, for the page to show above the rest.
pub(super) fn newer(arrivals: &Arrivals, seen: u64) -> Response<Full<Bytes>> {
    let (list, seen) = arrivals.after(seen, article);
    let mut response = html(list.concat());
    response.headers_mut().insert("x-seen", HeaderValue::from(seen));
    response
}

fn html(text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn article(arrival: &Arrival) -> String {
    let Arrival { number, at, method, path, headers, body, length, verdict, status } = arrival;
    let (class, verdict) = match verdict {
        Verdict::Verified => ("ok", "signature verified".to_owned()),
        Verdict::Refused(why) => ("bad", format!("not verified: {}", escaped(why))),
        Verdict::Unchecked => ("", "signature not checked: --secret is not given".to_owned()),
    };
    let answer = if status.is_success() { "" } else { "bad" };
    let mut lines = String::new();
    for (name, value) in headers {
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "{name}: {}", escaped(&String::from_utf8_lossy(value.as_bytes())));
    }
    let size = match body.len() < *length {
        true => format!("{length} bytes, of which these are the first {}", body.len()),
        false => format!("{length} bytes"),
    };
    format!(
        "<article><h2>#{number} {} {}</h2><p>{at} · <span class=\"{answer}\">answered {}</span> · \
         <span class=\"{class}\">{verdict}</span></p><details><summary>Headers</summary><pre>{lines}</pre></details>\
         <p>{size}</p><pre>{}</pre></article>\n",
        escaped(method.as_str()),
        escaped(path),
        status.as_u16(),
        escaped(&String::from_utf8_lossy(body)),
    )
}

/// A text as a document shows it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::arrivals::tests::arrival;
    use super::*;
    use http_body_util::BodyExt as _;

    async fn text(response: Response<Full<Bytes>>) -> String {
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn what_others_wrote_is_text() {
        let arrivals = Arrivals::default();
        let hostile = "<script>alert(1)</script>\"'&%%SCRIPT%%";
        arrivals.keep(|number| {
            let mut arrival = arrival(number, hostile.as_bytes());
            arrival.path = format!("/{hostile}");
            arrival.verdict = Verdict::Refused(hostile.to_owned());
            arrival.headers.insert("x-a", hostile.parse().unwrap());
            arrival
        });
        let response = whole(&arrivals, hostile);
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        let page = text(response).await;
        let shown = "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;%%SCRIPT%%";
        assert_eq!((page.matches(shown).count(), page.matches("alert(1)").count()), (5, 5));
        assert_eq!(page.matches("<script>").count(), 1);
        let script = page.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
        assert!(policy.contains(&STANDARD.encode(Sha256::digest(script))), "the page's own script may run");
        assert_eq!(text(newer(&arrivals, 0)).await.matches(shown).count(), 4);
        assert_eq!(text(newer(&arrivals, 1)).await, "");
    }
}
