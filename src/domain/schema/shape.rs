//! How many values of each kind some data has at each depth.

use memchr::memchr2;

use super::units::{ARRAY, Cost, KINDS, OBJECT, SCALAR, TEXT_UNIT};

/// The values at one depth.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    /// How many there are of each kind.
    count: [u64; KINDS],
    /// The bytes of their names and texts.
    text: [u64; KINDS],
}

/// The shape of some data.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    levels: Vec<Level>,
    /// The longest way to a value, as a JSON pointer in bytes.
    pointer: usize,
}

/// An object or array that has not ended.
struct Open {
    object: bool,
    /// Whether the next string is a member's name.
    at_name: bool,
    /// The bytes of the newest name.
    name: usize,
    /// The bytes of the pointer to it.
    pointer: usize,
}

impl Shape {
    /// The shape of a JSON text. One pass, without memory for its values.
    #[must_use]
    pub fn of(json: &[u8]) -> Self {
        let mut shape = Self::default();
        let mut open: Vec<Open> = Vec::new();
        let mut rest = json;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'{' | b'[' => {
                    let object = byte == b'{';
                    let pointer = shape.value(&open, if object { OBJECT } else { ARRAY }, 0);
                    open.push(Open { object, at_name: object, name: 0, pointer });
                }
                b'}' | b']' => drop(open.pop()),
                b',' => {
                    if let Some(top) = open.last_mut() {
                        top.at_name = top.object;
                    }
                }
                b'"' => {
                    let length = string(after);
                    rest = after.get(length + 1..).unwrap_or_default();
                    match open.last_mut() {
                        Some(top) if top.at_name => (top.at_name, top.name) = (false, length),
                        _ => drop(shape.value(&open, SCALAR, length)),
                    }
                }
                b't' | b'f' | b'n' | b'-' | b'0'..=b'9' => {
                    let length = after.iter().take_while(|b| !b",]} \t\r\n".contains(b)).count();
                    rest = after.get(length..).unwrap_or_default();
                    shape.value(&open, SCALAR, 0);
                }
                _ => {}
            }
        }
        shape
    }

    /// Counts a value; returns the length of the pointer to it.
    fn value(&mut self, open: &[Open], kind: usize, text: usize) -> usize {
        let (name, pointer) = open
            .last()
            .map_or((0, 0), |top| (top.name, top.pointer + if top.object { top.name } else { 8 } + 1));
        if self.levels.len() <= open.len() {
            self.levels.resize(open.len() + 1, Level::default());
        }
        if let Some(level) = self.levels.get_mut(open.len())
            && let (Some(count), Some(bytes)) = (level.count.get_mut(kind), level.text.get_mut(kind))
        {
            *count += 1;
            *bytes += (name + text) as u64;
        }
        self.pointer = self.pointer.max(pointer);
        pointer
    }

    /// How deep it nests: 0 for a scalar.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }

    /// The bytes of the longest JSON pointer to a value of it.
    #[must_use]
    pub fn pointer_bytes(&self) -> usize {
        self.pointer
    }

    /// The steps that its values take, if those of each kind and depth cost so much. Reading it is among them.
    pub(super) fn times(&self, costs: &[[Cost; KINDS]]) -> u64 {
        let none = [Cost::default(); KINDS];
        let costs = costs.iter().chain(std::iter::repeat(&none));
        self.levels.iter().zip(costs).fold(0_u64, |sum, (level, costs)| {
            let kinds = level.count.iter().zip(&level.text).zip(costs);
            kinds.fold(sum, |sum, ((&count, &text), cost)| {
                let values = count.saturating_mul(u64::from(cost.steps) + 1);
                let texts = text.saturating_mul(u64::from(cost.text) + 1) / u64::from(TEXT_UNIT);
                sum.saturating_add(values).saturating_add(texts)
            })
        })
    }
}

/// The bytes up to the closing quote.
fn string(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(step) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += step;
        if bytes.get(at) == Some(&b'"') {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    /// What [`Shape::of`] finds, by walking a value.
    fn slowly(value: &Value, name: usize, depth: usize, levels: &mut Vec<Level>) {
        if levels.len() <= depth {
            levels.resize(depth + 1, Level::default());
        }
        let (kind, text) = match value {
            Value::Object(_) => (OBJECT, 0),
            Value::Array(_) => (ARRAY, 0),
            Value::String(text) => (SCALAR, serde_json::to_string(text).unwrap().len() - 2),
            _ => (SCALAR, 0),
        };
        levels[depth].count[kind] += 1;
        levels[depth].text[kind] += (name + text) as u64;
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| {
                slowly(value, serde_json::to_string(name).unwrap().len() - 2, depth + 1, levels);
            }),
            Value::Array(items) => items.iter().for_each(|value| slowly(value, 0, depth + 1, levels)),
            _ => {}
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            r#"[a"\\{}\[\],:]{0,6}"#.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(r#"[a"\\,]{0,3}"#, inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_text_has_the_shape_of_its_value(value in any_json(), pretty: bool) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            let shape = Shape::of(text.as_bytes());
            let mut levels = Vec::new();
            slowly(&value, 0, 0, &mut levels);
            prop_assert_eq!(format!("{:?}", shape.levels), format!("{levels:?}"));
        }

        #[test]
        fn any_bytes_end(bytes: Vec<u8>) {
            let _ = Shape::of(&bytes);
        }
    }

    #[test]
    fn the_longest_way_is_known() {
        assert_eq!(Shape::of(br#"{"ab":{"cde":1},"f":[2]}"#).pointer_bytes(), "/f/".len() + 8);
        assert_eq!(Shape::of(format!(r#"{{"{}":1}}"#, "x".repeat(5000)).as_bytes()).pointer_bytes(), 5001);
        assert_eq!(Shape::of(b"1").depth(), 0);
        assert_eq!(Shape::of(b"[[1]]").depth(), 2);
    }
}
