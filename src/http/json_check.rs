//! One pass over JSON text that is already known to be valid: how deep it nests, and whether an
//! object names a member twice. It never recurses, and keeps nothing but the open objects' names.

use std::borrow::Cow;
use std::collections::HashSet;

use memchr::{memchr, memchr2};
use smallvec::SmallVec;

use crate::domain::refusal::push;
use crate::limits;

/// What a document must not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WalkError {
    /// It nests deeper than [`limits::JSON_DEPTH`].
    #[error("is nested more than {} levels deep", limits::JSON_DEPTH)]
    Deep {
        /// A JSON pointer to the value that is too deep.
        pointer: String,
    },
    /// An object names a member twice.
    #[error("is named twice in its object")]
    Duplicate {
        /// A JSON pointer to the member.
        pointer: String,
    },
}

impl WalkError {
    /// Where it is.
    #[must_use]
    pub fn pointer(&self) -> &str {
        match self {
            Self::Deep { pointer } | Self::Duplicate { pointer } => pointer,
        }
    }
}

/// Beyond this many names a set is quicker than comparing with each.
const FEW: usize = 16;

/// The names of an object; most have so few that they need no memory of their own.
type Names<'a> = SmallVec<[Cow<'a, [u8]>; 4]>;

enum Open<'a> {
    Array { index: usize },
    Object { names: Names<'a>, many: HashSet<Cow<'a, [u8]>>, at_name: bool },
}

/// Checks a document.
///
/// # Errors
/// Names the first place that is too deep or doubled.
pub fn walk(json: &[u8]) -> Result<(), WalkError> {
    let mut open: SmallVec<[Open<'_>; 4]> = SmallVec::new();
    let mut rest = json;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'{' | b'[' => {
                if open.len() == limits::JSON_DEPTH {
                    return Err(WalkError::Deep { pointer: pointer(&open) });
                }
                open.push(match byte {
                    b'[' => Open::Array { index: 0 },
                    _ => Open::Object { names: Names::new(), many: HashSet::new(), at_name: true },
                });
            }
            b'}' | b']' => drop(open.pop()),
            b',' => match open.last_mut() {
                Some(Open::Array { index }) => *index += 1,
                Some(Open::Object { at_name, .. }) => *at_name = true,
                None => {}
            },
            b'"' => {
                let text;
                (text, rest) = string(after);
                if let Some(Open::Object { names, many, at_name: at_name @ true }) = open.last_mut() {
                    *at_name = false;
                    if !add(names, many, unescaped(text)) {
                        return Err(WalkError::Duplicate { pointer: pointer(&open) });
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The text up to the closing quote, and what follows it.
fn string(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while let Some(step) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += step;
        if bytes.get(at) == Some(&b'"') {
            break;
        }
        at += 2;
    }
    let (text, rest) = bytes.split_at_checked(at).unwrap_or((bytes, &[]));
    (text, rest.get(1..).unwrap_or(&[]))
}

fn unescaped(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr(b'\\', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    let quoted = [b"\"", raw, b"\""].concat();
    serde_json::from_slice::<String>(&quoted).map_or(Cow::Borrowed(raw), |text| Cow::Owned(text.into_bytes()))
}

/// Adds a name; false if it is there. The newest name stands last, for [`pointer`].
fn add<'a>(names: &mut Names<'a>, many: &mut HashSet<Cow<'a, [u8]>>, name: Cow<'a, [u8]>) -> bool {
    let fresh = if names.len() < FEW {
        !names.contains(&name)
    } else {
        if many.is_empty() {
            many.extend(names.iter().cloned());
        }
        many.insert(name.clone())
    };
    names.push(name);
    fresh
}

fn pointer(open: &[Open<'_>]) -> String {
    let mut pointer = String::new();
    for level in open {
        match level {
            Open::Array { index } => push(&mut pointer, &index.to_string()),
            Open::Object { names, .. } => {
                push(
                    &mut pointer,
                    &names.last().map(|name| String::from_utf8_lossy(name)).unwrap_or_default(),
                );
            }
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn duplicate(json: &str) -> Option<String> {
        match walk(json.as_bytes()) {
            Ok(()) => None,
            Err(WalkError::Duplicate { pointer }) => Some(pointer),
            Err(deep) => panic!("{deep}"),
        }
    }

    #[test]
    fn doubled_members_are_named_where_they_are() {
        for (json, want) in [
            (r#"{"a":1,"b":{"a":1}}"#, None),
            (r#"{"a":1,"a":2}"#, Some("/a")),
            (r#"{"x":[{"a":1},{"a":1,"b":0,"a":2}]}"#, Some("/x/1/a")),
            (r#"{"a":1,"\u0061":2}"#, Some("/a")),
            (r#"{"a/b":{"~":1,"~":2}}"#, Some("/a~1b/~0")),
            (r#"{"a":"a","b":"{\"a\":1,\"a\":2}"}"#, None),
            (r#"[{"a\\":1},"a",{"a\\":1}]"#, None),
            (r#"["\\\"", {"a":1,"a":2}]"#, Some("/1/a")),
        ] {
            assert_eq!(duplicate(json).as_deref(), want, "{json}");
        }
    }

    #[test]
    fn many_members_are_compared_too() {
        let members: Vec<String> = (0..500).map(|n| format!("\"m{n}\":{n}")).collect();
        let fine = format!("{{{}}}", members.join(","));
        assert_eq!(duplicate(&fine), None);
        for n in [0, 15, 16, 17, 499] {
            let doubled = format!("{{{},\"m{n}\":0}}", members.join(","));
            assert_eq!(duplicate(&doubled), Some(format!("/m{n}")));
        }
    }

    #[test]
    fn depth_is_bounded_and_places_named() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(walk(nested(limits::JSON_DEPTH).as_bytes()), Ok(()));
        let error = walk(nested(limits::JSON_DEPTH + 1).as_bytes()).unwrap_err();
        assert_eq!(error.pointer(), "/0".repeat(limits::JSON_DEPTH));
        assert!(walk("[".repeat(1 << 20).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes: Vec<u8>) {
            let _ = walk(&bytes);
        }

        #[test]
        fn maps_without_doubles_pass(map: std::collections::BTreeMap<String, Vec<String>>) {
            prop_assert_eq!(walk(&serde_json::to_vec(&map).unwrap()), Ok(()));
        }
    }
}
