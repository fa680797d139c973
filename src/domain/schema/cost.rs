//! From the subschemas to the price: steps at each depth, how deep validating recurses, and what compiling
//! makes.

use super::graph::{Graph, How, Subschema};
use super::price::{Price, Refusal};
use super::units::{ARRAY, Cost, KINDS, OBJECT, TEXT_UNIT};
use crate::limits;

/// Memory of a compiled subschema, and of each of its keywords besides two copies of its place.
const NODE_BYTES: usize = 512;
const KEYWORD_BYTES: usize = 256;

/// What a subschema costs some levels below the value it is applied to: for each kind of that value, by the
/// kind of the value at that level.
type Reach = [[Cost; KINDS]; KINDS];

/// What it costs at one level to validate, to learn what is evaluated, and to collect every error; and how
/// many errors there can be.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    valid: Reach,
    marked: Reach,
    explained: Reach,
    errors: Reach,
}

fn add(to: &mut Reach, kind: usize, costs: &[Cost; KINDS]) {
    for (sum, cost) in to.get_mut(kind).into_iter().flatten().zip(costs) {
        *sum = sum.plus(*cost);
    }
}

fn add_all(to: &mut Reach, costs: &Reach) {
    for (kind, costs) in costs.iter().enumerate() {
        add(to, kind, costs);
    }
}

/// The most of each, whatever value it is applied to.
fn highest(reach: &Reach) -> [Cost; KINDS] {
    let mut most = [Cost::default(); KINDS];
    for costs in reach {
        for (most, cost) in most.iter_mut().zip(costs) {
            *most = most.max(*cost);
        }
    }
    most
}

/// The price of a schema.
pub(super) fn price(graph: &Graph<'_>) -> Result<Price, Refusal> {
    let order = order(graph)?;
    let first = level(graph, &order, &[], 0);
    check_values(graph, &order, &first)?;
    let frames = chains(graph, &order)?;
    let bytes = compiled(graph)?.saturating_add(graph.pattern_bytes);
    if bytes > limits::SCHEMA_COMPILED_BYTES {
        let detail =
            "would be too large once compiled; make it smaller, with fewer patterns or shorter names";
        return Err(Refusal { pointer: String::new(), detail: detail.to_owned() });
    }
    let mut price = Price { branches: graph.branches, remembers: graph.remembers, bytes, ..Price::default() };
    let (mut now, mut deep) = (first, frames);
    for depth in 0..=limits::JSON_DEPTH {
        if depth > 0 {
            now = level(graph, &order, &now, depth);
            deep = recursion(graph, &order, &deep);
        }
        let root = now.first().copied().unwrap_or_default();
        price.frames.push(deep.first().copied().unwrap_or(0));
        price.levels.push(highest(&root.valid));
        price.explained.push(highest(&root.explained));
        price.errors.push(highest(&root.errors));
        if depth > 0 && now.iter().all(|level| is_nothing(&level.explained)) {
            break;
        }
    }
    Ok(price)
}

fn is_nothing(reach: &Reach) -> bool {
    reach.iter().flatten().all(|cost| *cost == Cost::default())
}

/// The subschemas, each after those that it applies to the same value.
fn order(graph: &Graph<'_>) -> Result<Vec<usize>, Refusal> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        No,
        Open,
        Done,
    }
    let mut seen = vec![Seen::No; graph.nodes.len()];
    let mut order = Vec::with_capacity(seen.len());
    let mut path: Vec<(usize, usize)> = Vec::new();
    for start in 0..seen.len() {
        path.push((start, 0));
        while let Some((no, next)) = path.pop() {
            let state = seen.get(no).copied().unwrap_or(Seen::Done);
            if next == 0 && state != Seen::No {
                if state == Seen::Open {
                    let detail = "has a reference that leads back to itself without going into the data";
                    return Err(graph.refusal(no, detail));
                }
                continue;
            }
            let to = graph.nodes.get(no).and_then(|node| node.in_place.get(next));
            if let Some(state) = seen.get_mut(no) {
                *state = if to.is_some() { Seen::Open } else { Seen::Done };
            }
            match to {
                Some((to, _)) => path.extend([(no, next + 1), (*to, 0)]),
                None => order.push(no),
            }
        }
    }
    Ok(order)
}

/// How many subschemas are applied to one value one within the other.
fn chains(graph: &Graph<'_>, order: &[usize]) -> Result<Vec<u32>, Refusal> {
    let frames = recursion(graph, order, &[]);
    match frames.iter().position(|frames| *frames as usize > limits::SCHEMA_CHAIN) {
        None => Ok(frames),
        Some(_) => {
            // The first in order is the one within which the chain is still short enough.
            let first =
                order.iter().find(|no| frames.get(**no).is_some_and(|f| *f as usize > limits::SCHEMA_CHAIN));
            let detail = format!(
                "leads through more than {} references and keywords such as \"allOf\" to one value; refer to the \
                 last of them",
                limits::SCHEMA_CHAIN
            );
            Err(graph.refusal(first.copied().unwrap_or(0), detail))
        }
    }
}

/// How deep each recurses for data that nests one level deeper than `below` is for.
fn recursion(graph: &Graph<'_>, order: &[usize], below: &[u32]) -> Vec<u32> {
    let mut frames = vec![0_u32; graph.nodes.len()];
    for &no in order {
        let Some(node) = graph.nodes.get(no) else { continue };
        let at = |frames: &[u32], no: usize| frames.get(no).copied().unwrap_or(0);
        let in_place = node.in_place.iter().map(|(to, _)| at(&frames, *to));
        let inner = node.named.iter().chain(&node.members).chain(&node.prefix).chain(&node.items);
        let deepest = in_place.chain(inner.map(|to| at(below, *to))).max().unwrap_or(0);
        if let Some(frames) = frames.get_mut(no) {
            *frames = deepest.saturating_add(1);
        }
    }
    frames
}

/// Refuses what is too dear for a single value.
fn check_values(graph: &Graph<'_>, order: &[usize], level: &[Level]) -> Result<(), Refusal> {
    for &no in order {
        let most = level.get(no).map(|level| highest(&level.valid)).unwrap_or_default();
        let steps = most.iter().map(|cost| cost.steps).max().unwrap_or(0);
        let text = most.iter().map(|cost| cost.text).max().unwrap_or(0) / TEXT_UNIT;
        if steps > limits::SCHEMA_VALUE_STEPS {
            let detail = format!(
                "may take {}{steps} steps for a single value, and {} are allowed; refer to the same subschema \
                 less often, or make its lists shorter",
                if steps == u32::MAX { "more than " } else { "" },
                limits::SCHEMA_VALUE_STEPS
            );
            return Err(graph.refusal(no, detail));
        }
        if text > limits::SCHEMA_BYTE_STEPS {
            let detail = format!(
                "may take {text} steps for each byte of a text, and {} are allowed; use fewer or smaller patterns",
                limits::SCHEMA_BYTE_STEPS
            );
            return Err(graph.refusal(no, detail));
        }
    }
    Ok(())
}

/// What each costs `depth` levels below the value it is applied to; `below` is the level before.
fn level(graph: &Graph<'_>, order: &[usize], below: &[Level], depth: usize) -> Vec<Level> {
    let most = |part: fn(&Level) -> &Reach| below.iter().map(|level| highest(part(level))).collect();
    let below = Below {
        valid: most(|level| &level.valid),
        explained: most(|level| &level.explained),
        errors: most(|level| &level.errors),
    };
    let mut levels = vec![Level::default(); graph.nodes.len()];
    for &no in order {
        let Some(node) = graph.nodes.get(no) else { continue };
        let mut level = Level::default();
        add_own_cost(node, depth, &mut level);
        for (to, how) in &node.in_place {
            let Some(other) = levels.get(*to) else { continue };
            add_all(&mut level.valid, &other.valid);
            add_all(&mut level.explained, &other.valid);
            add_all(&mut level.explained, &other.explained);
            if *how != How::Not {
                add_all(&mut level.errors, &other.errors);
            }
            match how {
                How::Branch => {
                    add_all(&mut level.marked, &other.valid);
                    add_all(&mut level.marked, &other.marked);
                }
                How::Reference | How::Consequence => add_all(&mut level.marked, &other.marked),
                How::Not => {}
            }
        }
        if depth > 0 {
            below.add(node, &mut level);
        }
        if node.unevaluated {
            let marked = level.marked;
            add_all(&mut level.valid, &marked);
            add_all(&mut level.explained, &marked);
        }
        if let Some(slot) = levels.get_mut(no) {
            *slot = level;
        }
    }
    levels
}

/// What a subschema costs by itself.
fn add_own_cost(node: &Subschema<'_>, depth: usize, level: &mut Level) {
    if depth == 0 {
        for kind in 0..KINDS {
            let mut costs = [Cost::default(); KINDS];
            if let Some(cost) = costs.get_mut(kind) {
                *cost = node.any;
                if kind == OBJECT {
                    cost.steps = cost.steps.saturating_add(node.object);
                }
            }
            add(&mut level.valid, kind, &costs);
            add(&mut level.explained, kind, &costs);
            for (reach, steps) in [(&mut level.marked, 2), (&mut level.errors, node.errors)] {
                if let Some(cost) = costs.get_mut(kind) {
                    *cost = Cost { steps, text: 0 };
                }
                add(reach, kind, &costs);
            }
        }
        return;
    }
    let whole = [node.whole; KINDS];
    add(&mut level.valid, ARRAY, &whole);
    add(&mut level.explained, ARRAY, &whole);
    if depth == 1 {
        let member = [node.member; KINDS];
        add(&mut level.valid, OBJECT, &member);
        add(&mut level.explained, OBJECT, &member);
        // Each name is looked up in a set.
        add(&mut level.marked, OBJECT, &[node.member.plus(Cost { steps: 4, text: TEXT_UNIT / 8 }); KINDS]);
        add(&mut level.marked, ARRAY, &[Cost { steps: 4, text: 0 }; KINDS]);
    }
}

/// What each subschema costs one level less deep, whatever value it is applied to.
struct Below {
    valid: Vec<[Cost; KINDS]>,
    explained: Vec<[Cost; KINDS]>,
    errors: Vec<[Cost; KINDS]>,
}

impl Below {
    /// What a subschema costs through those that it applies to members and items.
    fn add(&self, node: &Subschema<'_>, level: &mut Level) {
        let sides = [
            (OBJECT, &node.named, &node.members, &node.leftover_members),
            (ARRAY, &node.prefix, &node.items, &node.leftover_items),
        ];
        for (kind, one_of, every, leftover) in sides {
            let valid = sum(&self.valid, one_of, every);
            add(&mut level.valid, kind, &valid);
            add(&mut level.explained, kind, &valid);
            add(&mut level.explained, kind, &sum(&self.explained, one_of, every));
            add(&mut level.errors, kind, &sum(&self.errors, one_of, every));
            add(&mut level.marked, kind, &sum(&self.valid, &[], leftover));
        }
    }
}

fn sum(costs: &[[Cost; KINDS]], one_of: &[usize], every: &[usize]) -> [Cost; KINDS] {
    let mut sum = [Cost::default(); KINDS];
    for costs in one_of.iter().filter_map(|no| costs.get(*no)) {
        for (most, cost) in sum.iter_mut().zip(costs) {
            *most = most.max(*cost);
        }
    }
    for costs in every.iter().filter_map(|no| costs.get(*no)) {
        for (sum, cost) in sum.iter_mut().zip(costs) {
            *sum = sum.plus(*cost);
        }
    }
    sum
}

/// What compiling makes, in bytes. A subschema that asks what others evaluate has them compiled once more for
/// itself, and so have those within them.
fn compiled(graph: &Graph<'_>) -> Result<usize, Refusal> {
    let mut sizes = Sizes {
        graph,
        plain: vec![None; graph.nodes.len()],
        marked: vec![None; graph.nodes.len()],
        left: SIZE_DEPTH,
    };
    let mut targets = graph.targets.clone();
    targets.sort_unstable();
    targets.dedup();
    let mut all = sizes.plain(0)?;
    for target in targets {
        all = all.saturating_add(sizes.plain(target)?);
    }
    Ok(all)
}

/// How deep [`Sizes`] recurses: as deep as documents and chains of references nest together.
const SIZE_DEPTH: usize = 2 * (limits::JSON_DEPTH + limits::SCHEMA_CHAIN);

struct Sizes<'g, 's> {
    graph: &'g Graph<'s>,
    plain: Vec<Option<usize>>,
    marked: Vec<Option<usize>>,
    left: usize,
}

impl Sizes<'_, '_> {
    fn own_bytes(node: &Subschema<'_>) -> usize {
        NODE_BYTES + node.kept_bytes + node.keywords * (KEYWORD_BYTES + 2 * node.pointer_bytes)
    }

    fn deeper(&mut self, no: usize) -> Result<(), Refusal> {
        self.left = self.left.checked_sub(1).ok_or_else(|| {
            let detail = "asks for what is unevaluated in a way that comes back to itself";
            self.graph.refusal(no, detail)
        })?;
        Ok(())
    }

    /// A subschema with what is written within it.
    fn plain(&mut self, no: usize) -> Result<usize, Refusal> {
        if let Some(known) = self.plain.get(no).copied().flatten() {
            return Ok(known);
        }
        let graph = self.graph;
        let Some(node) = graph.nodes.get(no) else { return Ok(0) };
        self.deeper(no)?;
        let mut size = Self::own_bytes(node);
        for part in node.parts() {
            size = size.saturating_add(self.plain(part)?);
        }
        if node.unevaluated {
            size = size.saturating_add(self.marked(no)?);
        }
        self.left += 1;
        if let Some(slot) = self.plain.get_mut(no) {
            *slot = Some(size);
        }
        Ok(size)
    }

    /// What is made to learn what a subschema evaluates.
    fn marked(&mut self, no: usize) -> Result<usize, Refusal> {
        if let Some(known) = self.marked.get(no).copied().flatten() {
            return Ok(known);
        }
        let graph = self.graph;
        let Some(node) = graph.nodes.get(no) else { return Ok(0) };
        self.deeper(no)?;
        let mut size = Self::own_bytes(node);
        for (to, how) in &node.in_place {
            if *how == How::Branch {
                size = size.saturating_add(self.plain(*to)?);
            }
            if *how != How::Not {
                size = size.saturating_add(self.marked(*to)?);
            }
        }
        for part in node.members.iter().chain(&node.items).chain(&node.prefix) {
            size = size.saturating_add(self.plain(*part)?);
        }
        self.left += 1;
        if let Some(slot) = self.marked.get_mut(no) {
            *slot = Some(size);
        }
        Ok(size)
    }
}
