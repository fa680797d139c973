//! The subschemas of a schema that can be reached from its root, and which of them each one applies to what.
//!
//! Keywords of all drafts are taken together, whatever draft the schema names, so that nothing is left out.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::pattern::Patterns;
use super::price::Refusal;
use super::units::{Cost, TEXT_UNIT};
use crate::limits;

/// A format, an encoding or a length looks at each byte of a text.
const FORMAT_TEXT: u32 = TEXT_UNIT / 4;
/// A value that is compared as a whole, or hashed: for each value within it, and each byte.
const WHOLE: Cost = Cost { steps: 8, text: TEXT_UNIT / 8 };
/// Division of fractions.
const MULTIPLE_OF: u32 = 200;
/// Texts among which an enumeration is looked up one by one; more of them are hashed.
const FEW_TEXTS: usize = 10;

/// Why a subschema is applied to the value that its parent is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Through a reference.
    Reference,
    /// `allOf`, `anyOf`, `oneOf`, `if`: to know what it evaluates, it is validated once more.
    Branch,
    /// `then`, `else` and dependent schemas: what they evaluate is known without that.
    Consequence,
    /// `not`: it evaluates nothing.
    Not,
}

/// What a subschema does by itself, and which others it applies.
#[derive(Debug, Default)]
pub(super) struct Subschema<'s> {
    place: Place<'s>,
    /// The bytes of the pointer to it, which its compiled keywords repeat.
    pub(super) pointer_bytes: usize,
    pub(super) keywords: usize,
    /// Bytes of values that are kept to compare with.
    pub(super) kept_bytes: usize,
    /// How many errors it can give by itself.
    pub(super) errors: u32,
    /// For any value.
    pub(super) any: Cost,
    /// For an object besides.
    pub(super) object: u32,
    /// For each member of an object.
    pub(super) member: Cost,
    /// For everything within an array.
    pub(super) whole: Cost,
    /// Whether it asks which members or items its subschemas evaluate.
    pub(super) unevaluated: bool,
    pub(super) in_place: Vec<(usize, How)>,
    /// `properties`: at most one of them is for a member.
    pub(super) named: Vec<usize>,
    /// For every member.
    pub(super) members: Vec<usize>,
    /// Of items, at most one of these.
    pub(super) prefix: Vec<usize>,
    /// For every item.
    pub(super) items: Vec<usize>,
    /// Those of `members` and `items` that are also asked about what is evaluated.
    pub(super) leftover_members: Vec<usize>,
    pub(super) leftover_items: Vec<usize>,
}

impl Subschema<'_> {
    /// The subschemas written within it.
    pub(super) fn parts(&self) -> impl Iterator<Item = usize> {
        let in_place = self.in_place.iter().filter(|(_, how)| *how != How::Reference).map(|(to, _)| *to);
        let below = self.named.iter().chain(&self.members).chain(&self.prefix).chain(&self.items);
        in_place.chain(below.copied())
    }
}

/// Where a subschema is.
#[derive(Debug, Clone, Copy, Default)]
enum Place<'s> {
    #[default]
    Root,
    /// What a reference names.
    Target(&'s str),
    /// Below another one.
    Below(usize, &'static str, Key<'s>),
}

#[derive(Debug, Clone, Copy)]
enum Key<'s> {
    None,
    Name(&'s str),
    At(usize),
}

/// The subschemas of a schema; the first is the root.
#[derive(Debug)]
pub(super) struct Graph<'s> {
    pub(super) nodes: Vec<Subschema<'s>>,
    /// Those that references lead to.
    pub(super) targets: Vec<usize>,
    /// Whether any has alternatives.
    pub(super) branches: bool,
    /// What the patterns take in memory.
    pub(super) pattern_bytes: usize,
    /// Whether searching for one leaves memory behind that grows with the texts.
    pub(super) remembers: bool,
}

struct Reader<'s> {
    root: &'s Value,
    draft: Option<&'s str>,
    /// What `$id` adds to each compiled keyword.
    id_bytes: usize,
    graph: Graph<'s>,
    numbers: HashMap<*const Value, usize>,
    patterns: Patterns<'s>,
    todo: Vec<(usize, &'s Value)>,
}

impl<'s> Graph<'s> {
    /// Reads a schema.
    ///
    /// # Errors
    /// When it is too large or refers to what there is not.
    pub(super) fn read(root: &'s Value) -> Result<Self, Refusal> {
        let text = |name: &str| root.get(name).and_then(Value::as_str);
        let mut reader = Reader {
            root,
            draft: text("$schema").map(|draft| draft.trim_end_matches('#')),
            id_bytes: text("$id").or_else(|| text("id")).map_or(0, str::len),
            graph: Graph {
                nodes: Vec::new(),
                targets: Vec::new(),
                branches: false,
                pattern_bytes: 0,
                remembers: false,
            },
            numbers: HashMap::new(),
            patterns: Patterns::default(),
            todo: Vec::new(),
        };
        reader.number(root, Place::Root)?;
        while let Some((no, schema)) = reader.todo.pop() {
            if let Value::Object(members) = schema {
                reader.read(no, members)?;
            }
        }
        reader.graph.pattern_bytes = reader.patterns.bytes;
        reader.graph.remembers = reader.patterns.remembers;
        Ok(reader.graph)
    }

    /// The pointer to a subschema.
    pub(super) fn pointer(&self, mut no: usize) -> String {
        let mut steps = Vec::new();
        let start = loop {
            match self.nodes.get(no).map(|node| node.place) {
                Some(Place::Below(parent, keyword, key)) => {
                    match key {
                        Key::None => {}
                        Key::Name(name) => steps.push(name.replace('~', "~0").replace('/', "~1")),
                        Key::At(at) => steps.push(at.to_string()),
                    }
                    steps.push(keyword.to_owned());
                    no = parent;
                }
                Some(Place::Target(pointer)) => break pointer,
                Some(Place::Root) | None => break "",
            }
        };
        steps.iter().rev().fold(start.to_owned(), |pointer, step| format!("{pointer}/{step}"))
    }

    pub(super) fn refusal(&self, no: usize, detail: impl Into<String>) -> Refusal {
        Refusal { pointer: self.pointer(no), detail: detail.into() }
    }
}

impl<'s> Reader<'s> {
    fn number(&mut self, schema: &'s Value, place: Place<'s>) -> Result<usize, Refusal> {
        let key = std::ptr::from_ref(schema);
        if let Some(no) = self.numbers.get(&key) {
            return Ok(*no);
        }
        let no = self.graph.nodes.len();
        if no == limits::SCHEMA_NODES {
            let most = limits::SCHEMA_NODES;
            return Err(Refusal {
                pointer: String::new(),
                detail: format!("may have at most {most} subschemas"),
            });
        }
        let bytes = |no: usize| self.graph.nodes.get(no).map_or(0, |node| node.pointer_bytes);
        let pointer_bytes = match place {
            Place::Root => self.id_bytes,
            Place::Target(pointer) => self.id_bytes + pointer.len(),
            Place::Below(parent, keyword, key) => {
                let key = match key {
                    Key::None => 0,
                    Key::Name(name) => name.len(),
                    Key::At(_) => 4,
                };
                bytes(parent) + keyword.len() + key + 2
            }
        };
        let any = Cost { steps: 1, text: 0 };
        self.graph.nodes.push(Subschema { place, pointer_bytes, any, errors: 1, ..Subschema::default() });
        self.numbers.insert(key, no);
        self.todo.push((no, schema));
        Ok(no)
    }

    fn refusal(&self, no: usize, keyword: &str, detail: impl Into<String>) -> Refusal {
        Refusal { pointer: format!("{}/{keyword}", self.graph.pointer(no)), detail: detail.into() }
    }

    fn node(&mut self, no: usize) -> Option<&mut Subschema<'s>> {
        self.graph.nodes.get_mut(no)
    }

    /// The subschemas of a keyword: one, a list or a map of them.
    fn parts(&mut self, no: usize, keyword: &'static str, value: &'s Value) -> Result<Vec<usize>, Refusal> {
        match value {
            Value::Array(all) => {
                let all = all.iter().enumerate();
                all.map(|(at, one)| self.number(one, Place::Below(no, keyword, Key::At(at)))).collect()
            }
            one => Ok(vec![self.number(one, Place::Below(no, keyword, Key::None))?]),
        }
    }

    fn named(&mut self, no: usize, keyword: &'static str, value: &'s Value) -> Result<Vec<usize>, Refusal> {
        let members = value.as_object().into_iter().flatten();
        members.map(|(name, one)| self.number(one, Place::Below(no, keyword, Key::Name(name)))).collect()
    }

    fn read(&mut self, no: usize, members: &'s Map<String, Value>) -> Result<(), Refusal> {
        self.check_base(no, members)?;
        for (keyword, value) in members {
            self.applied(no, keyword, value)?;
            self.asserted(no, keyword, value)?;
        }
        if let Some(node) = self.node(no) {
            node.keywords = members.len();
            let keywords = u32::try_from(members.len()).unwrap_or(u32::MAX);
            node.any.steps = node.any.steps.saturating_add(2).saturating_add(keywords);
            // One for each keyword, and one for each name that is required.
            node.errors = node.errors.saturating_add(keywords).saturating_add(node.object);
        }
        Ok(())
    }

    /// References are read from the whole schema, and keywords as its draft has them.
    fn check_base(&self, no: usize, members: &'s Map<String, Value>) -> Result<(), Refusal> {
        if no == 0 {
            return Ok(());
        }
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let id =
            if self.draft.is_some_and(|draft| draft.ends_with("draft-04/schema")) { "id" } else { "$id" };
        if text(id).is_some_and(|id| !id.starts_with('#')) {
            let detail =
                "may stand at the top of the schema only, since references begin there; leave it out here";
            return Err(self.refusal(no, id, detail));
        }
        match text("$schema") {
            Some(draft) if Some(draft.trim_end_matches('#')) != self.draft => {
                Err(self.refusal(no, "$schema", "must be that of the whole schema; leave it out here"))
            }
            _ => Ok(()),
        }
    }

    /// Keywords that apply subschemas.
    fn applied(&mut self, no: usize, keyword: &'s str, value: &'s Value) -> Result<(), Refusal> {
        let mut in_place = None;
        match keyword {
            "$ref" | "$dynamicRef" | "$recursiveRef" => {
                if let Some(reference) = value.as_str() {
                    let target =
                        self.target(reference).map_err(|detail| self.refusal(no, keyword, detail))?;
                    self.graph.targets.push(target);
                    in_place = Some((vec![target], How::Reference));
                }
            }
            "allOf" => in_place = Some((self.parts(no, "allOf", value)?, How::Branch)),
            "anyOf" => in_place = Some((self.parts(no, "anyOf", value)?, How::Branch)),
            "oneOf" => in_place = Some((self.parts(no, "oneOf", value)?, How::Branch)),
            "if" => in_place = Some((self.parts(no, "if", value)?, How::Branch)),
            "then" => in_place = Some((self.parts(no, "then", value)?, How::Consequence)),
            "else" => in_place = Some((self.parts(no, "else", value)?, How::Consequence)),
            "not" => in_place = Some((self.parts(no, "not", value)?, How::Not)),
            "dependentSchemas" => {
                in_place = Some((self.named(no, "dependentSchemas", value)?, How::Consequence));
            }
            "dependencies" => in_place = Some((self.named(no, "dependencies", value)?, How::Consequence)),
            _ => return self.applied_below(no, keyword, value),
        }
        if let Some((targets, how)) = in_place {
            self.graph.branches |= matches!(keyword, "anyOf" | "oneOf");
            if let Some(node) = self.node(no) {
                node.in_place.extend(targets.into_iter().map(|to| (to, how)));
            }
        }
        Ok(())
    }

    /// Keywords that apply subschemas to members and items.
    fn applied_below(&mut self, no: usize, keyword: &'s str, value: &'s Value) -> Result<(), Refusal> {
        let (parts, list): (_, for<'n> fn(&'n mut Subschema<'s>) -> &'n mut Vec<usize>) = match keyword {
            "properties" => (self.named(no, "properties", value)?, |node| &mut node.named),
            "patternProperties" => (self.named(no, "patternProperties", value)?, |node| &mut node.members),
            "additionalProperties" => {
                (self.parts(no, "additionalProperties", value)?, |node| &mut node.members)
            }
            "propertyNames" => (self.parts(no, "propertyNames", value)?, |node| &mut node.members),
            "unevaluatedProperties" => {
                (self.parts(no, "unevaluatedProperties", value)?, |node| &mut node.leftover_members)
            }
            "items" if value.is_array() => (self.parts(no, "items", value)?, |node| &mut node.prefix),
            "prefixItems" => (self.parts(no, "prefixItems", value)?, |node| &mut node.prefix),
            "items" => (self.parts(no, "items", value)?, |node| &mut node.items),
            "additionalItems" => (self.parts(no, "additionalItems", value)?, |node| &mut node.items),
            "contains" => (self.parts(no, "contains", value)?, |node| &mut node.items),
            "unevaluatedItems" => {
                (self.parts(no, "unevaluatedItems", value)?, |node| &mut node.leftover_items)
            }
            _ => return Ok(()),
        };
        if let Some(node) = self.node(no) {
            if keyword.starts_with("unevaluated") {
                node.unevaluated = true;
                if keyword == "unevaluatedItems" { &mut node.items } else { &mut node.members }
                    .extend(&parts);
            }
            list(node).extend(parts);
        }
        Ok(())
    }

    /// What keywords assert by themselves.
    fn asserted(&mut self, no: usize, keyword: &'s str, value: &'s Value) -> Result<(), Refusal> {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let mut text = 0;
        let mut member = Cost::default();
        match (keyword, value) {
            ("pattern", Value::String(pattern)) => text = self.pattern(no, keyword, pattern)?,
            ("patternProperties", Value::Object(patterns)) => {
                for pattern in patterns.keys() {
                    let text = self.pattern(no, keyword, pattern)?;
                    // Once to apply its schema, and once to know which members are additional.
                    member = member.plus(Cost { steps: 4, text: text.saturating_mul(2) });
                }
            }
            ("format" | "contentEncoding" | "contentMediaType" | "minLength" | "maxLength", _) => {
                text = FORMAT_TEXT;
            }
            _ => {}
        }
        let node = match self.node(no) {
            Some(node) => node,
            None => return Ok(()),
        };
        node.any.text = node.any.text.saturating_add(text);
        node.member = node.member.plus(member);
        let mut once = 0;
        match (keyword, value) {
            ("enum", Value::Array(all)) => {
                let (values, bytes) = size(value);
                node.kept_bytes += 2 * values * 64 + 2 * bytes;
                let texts = all.iter().all(|one| one.is_string() || one.is_null());
                once = if texts && all.len() > FEW_TEXTS { 2 } else { count(values + bytes / 64) };
                node.any.text = node.any.text.saturating_add(TEXT_UNIT / 8);
            }
            ("const", _) => {
                let (values, bytes) = size(value);
                node.kept_bytes += values * 64 + bytes;
                once = count(values + bytes / 64);
            }
            ("uniqueItems", Value::Bool(true)) => node.whole = node.whole.plus(WHOLE),
            ("multipleOf", _) => once = MULTIPLE_OF,
            ("required", Value::Array(names)) => node.object = node.object.saturating_add(count(names.len())),
            ("properties", Value::Object(named)) => {
                node.object = node.object.saturating_add(2 * count(named.len()));
                node.member = node.member.plus(Cost { steps: 2, text: TEXT_UNIT / 16 });
            }
            ("dependentRequired" | "dependencies" | "dependentSchemas", Value::Object(named)) => {
                let names = named.values().map(|names| 1 + names.as_array().map_or(0, Vec::len));
                node.object = node.object.saturating_add(count(names.sum()));
            }
            _ => {}
        }
        node.any.steps = node.any.steps.saturating_add(once);
        Ok(())
    }

    fn pattern(&mut self, no: usize, keyword: &str, pattern: &'s str) -> Result<u32, Refusal> {
        self.patterns.cost(pattern).map_err(|detail| self.refusal(no, keyword, detail))
    }

    /// What a reference leads to: a pointer from the root, as the validator reads it.
    fn target(&mut self, reference: &'s str) -> Result<usize, String> {
        let nowhere = || format!("points to nothing: there is no \"{reference}\"");
        let pointer = reference.strip_prefix('#').ok_or_else(nowhere)?;
        if pointer.is_empty() {
            return self.number(self.root, Place::Root).map_err(|refusal| refusal.detail);
        }
        let steps = pointer.strip_prefix('/').ok_or_else(nowhere)?;
        let decoded = percent_decode_str(steps).decode_utf8().map_err(|_| nowhere())?;
        let mut at = self.root;
        for step in decoded.split('/') {
            let next = match at {
                Value::Array(all) => step.parse::<usize>().ok().and_then(|no| all.get(no)),
                other => other.get(step.replace("~1", "/").replace("~0", "~").as_str()),
            };
            at = next.ok_or_else(nowhere)?;
            let id = |name: &str| at.get(name).and_then(Value::as_str).is_some_and(|id| !id.starts_with('#'));
            if id("$id") || id("id") {
                return Err("leads into a part that has an id of its own; leave that id out".to_owned());
            }
        }
        self.number(at, Place::Target(pointer)).map_err(|refusal| refusal.detail)
    }
}

/// How many values there are in one, and the bytes of its texts.
fn size(value: &Value) -> (usize, usize) {
    let sum = |(values, bytes): (usize, usize), (more, text)| (values + more, bytes + text);
    match value {
        Value::String(text) => (1, text.len()),
        Value::Array(items) => items.iter().map(size).fold((1, 0), sum),
        Value::Object(members) => {
            members.iter().map(|(name, value)| sum(size(value), (0, name.len()))).fold((1, 0), sum)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => (1, 0),
    }
}
