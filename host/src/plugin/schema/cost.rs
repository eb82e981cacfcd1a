//! What checking a value against a schema costs, known before it is done: a schema of a few lines can ask for more steps
//! than there are atoms.

use std::collections::HashMap;
use std::hash::Hash;

use serde_json::Value;

use super::graph::Node;

/// Times that one value may be looked at for one place of the schema. Unions of a hundred kinds need some hundred.
const MAX_LOOKS: u64 = 10_000;

/// Looks of all subschemas together: compiling some keywords goes the same ways.
const MAX_LOOKS_IN_ALL: u64 = 200_000;

/// Levels of a value: `serde_json` reads no deeper one.
const LEVELS: usize = 130;

/// Bytes of a string that cost as much as one look more.
const BYTES_PER_LOOK: usize = 256;

/// What a subschema that looks for what is left over costs more: the others are looked through again for each of its marks.
const LOOKING_AGAIN: u64 = 4;

/// The cost of a schema.
pub(super) struct Cost {
    /// For each level of a value, how often one that lies there is looked at, at the most.
    looks: Vec<u64>,
    /// Subschemas that hang in one another over one value.
    pub(super) chain: usize,
}

/// How much of a value there is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Size {
    /// Looks that checking it takes.
    pub(super) looks: u64,
    /// Its levels.
    pub(super) levels: usize,
}

impl Cost {
    /// Counts the ways through the subschemas `nodes`, of which the first is the whole.
    ///
    /// # Errors
    ///
    /// When one value would be looked at without end, or too often.
    pub(super) fn of(nodes: &[Node<'_>]) -> Result<Self, String> {
        let order = outermost_first(nodes)?;
        let (looks, chain) = looks_at_one(nodes, &order);
        let all = looks.iter().fold(0_u64, |sum, looks| sum.saturating_add(*looks));
        if looks.first().is_none_or(|looks| *looks > MAX_LOOKS) || all > MAX_LOOKS_IN_ALL {
            return Err(format!(
                "goes more than {MAX_LOOKS} ways over one value; let fewer `allOf`, `anyOf`, `oneOf` and `$ref` lie in one another"
            ));
        }
        Ok(Self { looks: looks_by_level(nodes, &order, &looks), chain })
    }

    /// How much there is of `value` to check.
    pub(super) fn size(&self, value: &Value) -> Size {
        let mut size = Size { looks: 0, levels: 0 };
        let mut level = vec![value];
        while !level.is_empty() {
            let looks = self.looks.get(size.levels).copied();
            let looks = looks.unwrap_or(if size.levels < LEVELS { 0 } else { u64::MAX });
            let weight: usize = level.iter().map(|value| weight(value)).sum();
            size.looks = size.looks.saturating_add(looks.saturating_mul(weight as u64));
            size.levels += 1;
            let mut next = Vec::new();
            for value in level {
                match value {
                    Value::Array(items) => next.extend(items),
                    Value::Object(members) => next.extend(members.values()),
                    _ => {}
                }
            }
            level = next;
        }
        size
    }
}

/// What one value weighs, without what is in it but for the names of its members.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => 1 + text.len() / BYTES_PER_LOOK,
        Value::Object(members) => 1 + members.keys().map(|key| 1 + key.len() / BYTES_PER_LOOK).sum::<usize>(),
        Value::Array(items) => 1 + items.len(),
        _ => 1,
    }
}

/// The subschemas in an order in which each comes before those that it applies to the same value.
fn outermost_first(nodes: &[Node<'_>]) -> Result<Vec<usize>, String> {
    let mut before = vec![0_usize; nodes.len()];
    for one in nodes.iter().flat_map(|node| &node.same) {
        if let Some(count) = before.get_mut(*one) {
            *count += 1;
        }
    }
    let mut order: Vec<usize> = (0..nodes.len()).filter(|one| before.get(*one) == Some(&0)).collect();
    let mut done = 0;
    while let Some(node) = order.get(done).and_then(|one| nodes.get(*one)) {
        done += 1;
        for one in &node.same {
            if let Some(count) = before.get_mut(*one) {
                *count -= 1;
                if *count == 0 {
                    order.push(*one);
                }
            }
        }
    }
    if done < nodes.len() {
        return Err("refers to itself over one and the same value, which has no end".to_owned());
    }
    Ok(order)
}

/// For each subschema, how often a value is looked at that it is applied to; and the longest chain.
fn looks_at_one(nodes: &[Node<'_>], order: &[usize]) -> (Vec<u64>, usize) {
    let (mut looks, mut chains) = (vec![1_u64; nodes.len()], vec![1_usize; nodes.len()]);
    for one in order.iter().rev() {
        let Some(node) = nodes.get(*one) else { continue };
        let (mut sum, mut chain) = (0_u64, 0);
        for inner in &node.same {
            sum = sum.saturating_add(looks.get(*inner).copied().unwrap_or(1));
            chain = chain.max(chains.get(*inner).copied().unwrap_or(1));
        }
        let again = if node.looks_again { LOOKING_AGAIN } else { 1 };
        if let (Some(looks), Some(longest)) = (looks.get_mut(*one), chains.get_mut(*one)) {
            *looks = 1 + sum.saturating_mul(again).min(u64::MAX - 1);
            *longest = 1 + chain;
        }
    }
    (looks, chains.into_iter().max().unwrap_or(1))
}

/// Goes down level by level with the number of ways to each subschema. What is known of a value is only whether it is a
/// member or an item, and of which name or place; the worst of them counts.
fn looks_by_level(nodes: &[Node<'_>], order: &[usize], looks: &[u64]) -> Vec<u64> {
    let mut ways = Ways { nodes, order, looks, counts: vec![0; nodes.len()] };
    ways.add(&[(0, 1)]);
    let mut levels = vec![looks.first().copied().unwrap_or(1)];
    while levels.len() < LEVELS {
        let (below, looks) = ways.below();
        if looks == 0 {
            break;
        }
        levels.push(looks);
        if below == ways.counts {
            levels.resize(LEVELS, looks);
        }
        ways.counts = below;
    }
    levels
}

/// The number of ways to each subschema on one level.
struct Ways<'a> {
    nodes: &'a [Node<'a>],
    order: &'a [usize],
    looks: &'a [u64],
    counts: Vec<u64>,
}

impl Ways<'_> {
    /// Goes to these subschemas, so often, and on to all that they apply to the same value.
    fn add(&mut self, to: &[(usize, u64)]) {
        for (to, count) in to {
            add(&mut self.counts, *to, *count);
        }
        for one in self.order {
            let (Some(count), Some(node)) = (self.counts.get(*one).copied(), self.nodes.get(*one)) else { continue };
            let count = if node.looks_again { count.saturating_mul(LOOKING_AGAIN) } else { count };
            for inner in node.same.iter().filter(|_| count > 0) {
                add(&mut self.counts, *inner, count);
            }
        }
    }

    /// One level down: the most ways to each subschema, and the most looks at one value.
    fn below(&self) -> (Vec<u64>, u64) {
        let reached = || self.nodes.iter().zip(&self.counts).filter(|(_, count)| **count > 0);
        let mut most = (vec![0; self.nodes.len()], 0);
        self.step(
            &mut most,
            reached().flat_map(|(node, count)| node.members.iter().map(|(key, to)| (key, *to, *count))),
        );
        self.step(&mut most, reached().flat_map(|(node, count)| node.items.iter().map(|(key, to)| (key, *to, *count))));
        most
    }

    fn step<'a, K: Hash + Eq + 'a>(
        &self,
        (most, most_looks): &mut (Vec<u64>, u64),
        edges: impl Iterator<Item = (&'a Option<K>, usize, u64)>,
    ) {
        let mut of_any = Vec::new();
        let mut of_one = HashMap::<&K, Vec<(usize, u64)>>::new();
        for (key, to, count) in edges {
            key.as_ref().map_or(&mut of_any, |key| of_one.entry(key).or_default()).push((to, count));
        }
        for to in of_one.values_mut() {
            to.extend(&of_any);
        }
        for to in of_one.into_values().chain([of_any]) {
            let looks = to.iter().map(|(to, count)| count.saturating_mul(self.looks.get(*to).copied().unwrap_or(1)));
            *most_looks = looks.fold(0, u64::saturating_add).max(*most_looks);
            let mut ways = Ways { counts: vec![0; self.nodes.len()], ..*self };
            ways.add(&to);
            for (most, count) in most.iter_mut().zip(ways.counts) {
                *most = count.max(*most);
            }
        }
    }
}

fn add(counts: &mut [u64], to: usize, count: u64) {
    if let Some(sum) = counts.get_mut(to) {
        *sum = sum.saturating_add(count);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::graph;
    use super::*;

    fn cost(schema: &Value) -> Result<Cost, String> {
        Cost::of(&graph::read(schema).expect("it is whole"))
    }

    fn looks(schema: &Value, value: &Value) -> u64 {
        cost(schema).expect("it is bounded").size(value).looks
    }

    #[test]
    fn a_schema_that_doubles_at_each_step_is_refused() {
        let mut defs = serde_json::Map::new();
        for step in 0..40 {
            let next = json!({ "$ref": format!("#/$defs/a{}", step + 1) });
            defs.insert(format!("a{step}"), json!({ "allOf": [next, next] }));
        }
        defs.insert("a40".to_owned(), json!(true));
        let wrong = cost(&json!({ "$ref": "#/$defs/a0", "$defs": defs })).err().expect("it is a bomb");
        assert!(wrong.contains("more than 10000 ways"), "{wrong}");
    }

    #[test]
    fn a_schema_that_is_about_itself_alone_is_refused() {
        let round = json!({ "$ref": "#/$defs/a", "$defs": { "a": { "not": { "$ref": "#/$defs/a" } } } });
        assert!(cost(&round).err().expect("it has no end").contains("has no end"));
    }

    #[test]
    fn schemas_that_nest_cost_what_their_values_weigh() {
        // Any JSON value, as generators write it, and a tree.
        let any = json!({ "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "$ref": "#" } },
            { "type": "object", "additionalProperties": { "$ref": "#" } },
        ] });
        let tree = json!({ "properties": { "left": { "$ref": "#" }, "right": { "$ref": "#" } } });
        let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
        assert!(looks(&any, &deep) < 2000);
        let deep = (0..100).fold(json!(1), |inner, _| json!({ "left": inner }));
        assert!(looks(&tree, &deep) < 2000);
    }

    #[test]
    fn a_schema_that_doubles_at_each_level_costs_that() {
        let twice = json!({ "allOf": [{ "items": { "$ref": "#" } }, { "items": { "$ref": "#" } }] });
        let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        assert!(looks(&twice, &nested(3)) < 200);
        assert!(looks(&twice, &nested(40)) > 1 << 40);
        assert_eq!(looks(&twice, &nested(200)), u64::MAX);
    }

    #[test]
    fn long_strings_and_many_members_weigh_more() {
        assert_eq!(looks(&json!({}), &json!("a")), 1);
        assert_eq!(looks(&json!({}), &json!("a".repeat(2560))), 11);
        assert_eq!(looks(&json!({}), &json!({ "a": 1, "b": 2 })), 3);
    }
}
