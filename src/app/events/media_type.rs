//! Media types that say the same in other words: a client that repeats an event may spell its headers otherwise.

use std::collections::BTreeMap;

use serde_json::value::{RawValue, to_raw_value};

use crate::domain::{json, media_type};

/// The label of a CloudEvent that says of which type its data is.
const LABEL: &str = "datacontenttype";

/// Labels with the plain spelling of the data's type, which is JSON unless they say so; `None` where they say none.
pub(super) fn plain_labels(labels: &str) -> Option<String> {
    let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(labels).ok()?;
    let said: String = serde_json::from_str(members.remove(LABEL)?.get()).ok()?;
    let said = plain(&said);
    if said != "application/json" {
        members.insert(LABEL.to_owned(), to_raw_value(&said).ok()?);
    }
    serde_json::to_string(&members).ok()
}

/// The one spelling of a media type: in lower case where case makes no difference, without white space and quotes,
/// the parameters in order, and without UTF-8 for JSON, which is nothing else.
fn plain(media_type: &str) -> String {
    let (name, parts) = media_type::parts(media_type);
    let mut parameters: Vec<String> = Vec::new();
    for (key, mut value) in parts {
        if key == "charset" {
            value.make_ascii_lowercase();
            if value == "utf8" {
                value = "utf-8".to_owned();
            }
            if value == "utf-8" && json::is_media_type(&name) {
                continue;
            }
        }
        // Quoted again, so that no value reads as a parameter of its own.
        parameters.push(format!(";{key}={value:?}"));
    }
    parameters.sort_unstable();
    name + &parameters.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_are_the_same_and_other_types_are_not() {
        for (a, b) in [
            ("application/json", "Application/JSON"),
            ("application/json", " application/json ; charset=UTF-8"),
            ("application/json;charset=\"utf-8\"", "application/json; Charset=utf8;"),
            ("text/plain;charset=latin1;format=flowed", "text/plain; format=flowed; charset=Latin1"),
            (r#"application/json;profile="a;b""#, r#"application/json; charset=utf-8; profile="a;b""#),
        ] {
            assert_eq!(plain(a), plain(b), "{a} {b}");
        }
        let others = [
            "application/json",
            "application/xml",
            "text/plain",
            "text/plain;charset=utf-8",
            "text/plain;format=flowed",
            "text/plain;format=Flowed",
            r#"text/plain;format="flowed;charset=utf-8""#,
            "text/plain;format=flowed;charset=utf-8",
        ];
        for (at, a) in others.iter().enumerate() {
            assert!(others.iter().skip(at + 1).all(|b| plain(a) != plain(b)), "{a}");
        }
        let labels = |text: &str| plain_labels(text);
        assert_eq!(
            labels(r#"{"n":1.0,"datacontenttype":"a/B"}"#).unwrap(),
            r#"{"datacontenttype":"a/b","n":1.0}"#
        );
        assert_eq!(labels(r#"{"datacontenttype":"application/json; charset=utf-8"}"#).unwrap(), "{}");
        assert_eq!((labels(r#"{"n":1.0}"#), labels(r#"{"datacontenttype":null}"#)), (None, None));
    }
}
