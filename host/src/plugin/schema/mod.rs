//! The schemas of guests: checked before they are compiled, and values checked against them within bounds. A schema is a
//! program that a guest writes and the host runs, so what it may cost is counted first.

mod cost;
mod graph;

use std::sync::Arc;

use jsonschema::{PatternOptions, ValidationError, Validator};
use rmcp::model::JsonObject;
use serde_json::Value;

use self::cost::{Cost, Size};
use super::threads;

/// Bytes of a schema. The largest in use are some ten KiB.
const MAX_SIZE: usize = 256 * 1024;

/// Looks at values that one check may take: some seconds.
const MAX_LOOKS: u64 = 50_000_000;

/// Looks up to which a check is done at once: about a millisecond. What takes longer is done beside, where it holds up
/// nobody.
const AT_ONCE: u64 = 50_000;

/// How often more a look is counted where patterns may backtrack.
const BACKTRACKING: u64 = 1000;

/// Steps back that one match may take.
const MAX_BACKTRACKS: usize = 10_000;

/// Subschemas within one another, over all levels of a value, up to which a check is done at once: each takes some of the
/// stack.
const SHALLOW: usize = 1000;

/// The same for a check on a stack of its own.
const MAX_DEPTH: usize = 16_000;

/// Bytes of one compiled pattern, and of what its matching keeps.
const PATTERN_SIZE: usize = 1024 * 1024;

/// Faults that are told at once.
const FAULTS: usize = 3;

/// A schema that is ready to check values.
pub struct Schema {
    validator: Validator,
    cost: Cost,
    backtracks: bool,
}

/// How a value does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: a JSON pointer.
    pub path: String,
    /// What is wrong, with the value in words.
    pub words: String,
    /// The same without the value.
    pub masked: String,
}

impl Fault {
    fn of(error: &ValidationError<'_>) -> Self {
        Self { path: error.instance_path().to_string(), words: error.to_string(), masked: error.masked().to_string() }
    }

    fn of_the_whole(words: &str) -> Self {
        Self { path: String::new(), words: words.to_owned(), masked: words.to_owned() }
    }
}

impl Schema {
    /// Reads a schema, and gives it with its JSON. Takes as long as compiling does, and a deep stack: see [`threads`].
    ///
    /// # Errors
    ///
    /// What is wrong with it: the end of a sentence about it.
    pub(super) fn read(text: &str) -> Result<(JsonObject, Self), String> {
        if text.len() > MAX_SIZE {
            return Err(format!("has {} bytes; {MAX_SIZE} is the most", text.len()));
        }
        let value: Value = serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))?;
        if !value.is_object() {
            return Err("is not a JSON Schema: it is not a JSON object".to_owned());
        }
        let cost = Cost::of(&graph::read(&value)?)?;
        let (validator, backtracks) = compile(&value)?;
        let Value::Object(object) = value else {
            return Err("is not a JSON object".to_owned());
        };
        Ok((object, Self { validator, cost, backtracks }))
    }

    /// Where and how `value` does not fit, and the value again.
    pub async fn check(self: &Arc<Self>, value: Value) -> (Value, Vec<Fault>) {
        let Size { looks, levels } = self.cost.size(&value);
        let looks = if self.backtracks { looks.saturating_mul(BACKTRACKING) } else { looks };
        let depth = levels.saturating_mul(self.cost.chain);
        if looks > MAX_LOOKS || depth > MAX_DEPTH {
            return (
                value,
                vec![Fault::of_the_whole("it is too large, or too deep, to be checked against this schema")],
            );
        }
        if looks <= AT_ONCE && depth <= SHALLOW {
            let faults = self.faults(&value);
            return (value, faults);
        }
        let (schema, value) = (Arc::clone(self), Arc::new(value));
        let checked = Arc::clone(&value);
        let faults = threads::check(move || schema.faults(&checked)).await;
        let faults = faults.unwrap_or_else(|| vec![Fault::of_the_whole("it could not be checked")]);
        (Arc::unwrap_or_clone(value), faults)
    }

    fn faults(&self, value: &Value) -> Vec<Fault> {
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        self.validator.iter_errors(value).take(FAULTS).map(|error| Fault::of(&error)).collect()
    }
}

/// Patterns are matched in linear time where the engine for that knows them. It does not know what looks around and back;
/// the engine that does may take so many steps and no more.
fn compile(schema: &Value) -> Result<(Validator, bool), String> {
    let linear = PatternOptions::regex().size_limit(PATTERN_SIZE).dfa_size_limit(PATTERN_SIZE);
    if let Ok(validator) = jsonschema::options().with_pattern_options(linear).build(schema) {
        return Ok((validator, false));
    }
    let backtracking = PatternOptions::fancy_regex()
        .backtrack_limit(MAX_BACKTRACKS)
        .size_limit(PATTERN_SIZE)
        .dfa_size_limit(PATTERN_SIZE);
    let validator = jsonschema::options().with_pattern_options(backtracking).build(schema);
    Ok((validator.map_err(|error| format!("is not a JSON Schema: {error}"))?, true))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema(value: &Value) -> Arc<Schema> {
        Arc::new(Schema::read(&value.to_string()).expect("it is good").1)
    }

    #[tokio::test]
    async fn large_values_are_checked_beside_and_come_back_whole() {
        let numbers = schema(&json!({ "items": { "type": "integer" } }));
        let mut value = json!(vec![1; 200_000]);
        assert_eq!(numbers.check(value.clone()).await, (value.clone(), vec![]));
        value[7] = json!("seven");
        let (same, faults) = numbers.check(value.clone()).await;
        assert_eq!(same, value);
        assert_eq!(faults[0].path, "/7");
    }

    #[tokio::test]
    async fn what_would_take_for_ever_is_not_begun() {
        let twice = schema(&json!({ "allOf": [{ "items": { "$ref": "#" } }, { "items": { "$ref": "#" } }] }));
        let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
        assert!(twice.check(deep).await.1[0].words.contains("too large, or too deep"));
        assert_eq!(twice.check(json!([[[1]]])).await.1, []);
    }

    #[tokio::test]
    async fn patterns_may_look_around_but_not_for_ever() {
        let no_dots = schema(&json!({ "pattern": "^(?!.*\\.\\.)[a-z.]+$" }));
        assert!(no_dots.backtracks);
        assert_eq!(no_dots.check(json!("a.b")).await.1, []);
        assert_eq!(no_dots.check(json!("a..b")).await.1.len(), 1);
        let endless = schema(&json!({ "pattern": "^(?=a)(a|a|ab?)*\\1$" }));
        assert_eq!(endless.check(json!("a".repeat(60) + "!")).await.1.len(), 1);
        assert!(!schema(&json!({ "pattern": "^(a+)+$" })).backtracks);
    }

    #[test]
    fn long_chains_of_references_do_not_overflow_the_stack_of_a_loader() {
        let mut defs = serde_json::Map::new();
        for step in 0..990 {
            let next = json!({ "properties": { "a": { "$ref": format!("#/$defs/a{}", step + 1) } } });
            defs.insert(format!("a{step}"), next);
        }
        defs.insert("a990".to_owned(), json!(true));
        let text = json!({ "$ref": "#/$defs/a0", "$defs": defs }).to_string();
        let reading = std::thread::Builder::new().stack_size(threads::STACK).spawn(move || Schema::read(&text).is_ok());
        assert!(reading.expect("a thread").join().expect("it does not overflow"));
    }
}
