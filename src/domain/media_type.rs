//! Media types as headers say them: a name, and parameters whose values may be quoted, with whatever a quoted text may hold.

/// The name of a media type, in lower case and without its parameters.
#[must_use]
pub fn name(text: &str) -> String {
    parts(text).0
}

/// The name, in lower case, and the parameters: their names in lower case, their values without quotes and escapes.
#[must_use]
pub fn parts(text: &str) -> (String, Vec<(String, String)>) {
    let (name, mut rest) = text.split_at(text.find(';').unwrap_or(text.len()));
    let mut parameters = Vec::new();
    while let Some(after) = rest.strip_prefix(';') {
        let after = after.trim_start();
        let end = after.find(['=', ';']).unwrap_or(after.len());
        let (key, after) = after.split_at(end);
        let (value, left) = match after.strip_prefix('=') {
            Some(value) => value_of(value.trim_start()),
            None => (String::new(), after),
        };
        if !key.trim().is_empty() {
            parameters.push((key.trim().to_ascii_lowercase(), value));
        }
        rest = left;
    }
    (name.trim().to_ascii_lowercase(), parameters)
}

/// A parameter's value, and the text from the next semicolon on.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_at(text.find(';').unwrap_or(text.len()));
        return (value.trim_end().to_owned(), rest);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    let end = loop {
        match chars.next() {
            Some((_, '\\')) => value.extend(chars.next().map(|(_, escaped)| escaped)),
            Some((at, '"')) => break at + 1,
            Some((_, plain)) => value.push(plain),
            // A quote that no one closes goes to the end.
            None => break quoted.len(),
        }
    };
    let (_, rest) = quoted.split_at(end);
    (value, rest.find(';').map_or("", |at| rest.split_at(at).1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quoted_values_may_hold_what_else_ends_them() {
        let (name, parameters) =
            parts(r#" Application/JSON ; x="a;charset=latin1;b\"c\\" ; Charset = "utf-8";;y;z= 1 "#);
        assert_eq!(name, "application/json");
        let expected = [("x", r#"a;charset=latin1;b"c\"#), ("charset", "utf-8"), ("y", ""), ("z", "1")];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(parameters, expected);
        for (text, expected) in
            [("", ""), ("a/b", "a/b"), ("a/b;c=\"", "a/b"), ("A/b;c=\"\\", "a/b"), (";x=1", "")]
        {
            assert_eq!(super::name(text), expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_has_parts(text in r#"[a/;=" \\é]{0,20}"#) {
            let (name, parameters) = parts(&text);
            prop_assert!(!name.contains(';') && parameters.iter().all(|(key, _)| !key.contains([';', '='])));
        }

        #[test]
        fn what_is_quoted_is_read_back(value in r#"[a;=" \\é]{0,20}"#) {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            let (_, parameters) = parts(&format!("a/b; one=\"{quoted}\"; two=2"));
            prop_assert_eq!(parameters, [("one".to_owned(), value), ("two".to_owned(), "2".to_owned())]);
        }
    }
}
