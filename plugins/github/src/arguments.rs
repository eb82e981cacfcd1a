//! Arguments whose types serde and schemars do not have: those of the reference server's schemas.

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The largest whole number that every reader of JSON keeps exact.
const LARGEST: u64 = (1 << 53) - 1;

/// A whole number that is not negative. The schema says `number`, as the reference's does, and `7.0` is 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Number(pub(crate) u64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        #[expect(clippy::cast_precision_loss, reason = "the largest is exact")]
        let whole = |number: f64| number.fract() == 0.0 && (0.0..=LARGEST as f64).contains(&number);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked by the filter")]
        let exact = number.as_u64().or_else(|| number.as_f64().filter(|float| whole(*float)).map(|float| float as u64));
        exact
            .filter(|exact| *exact <= LARGEST)
            .map(Self)
            .ok_or_else(|| de::Error::custom(format!("{number} is no whole number from 0 to {LARGEST}")))
    }
}

impl schemars::JsonSchema for Number {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Number".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number" })
    }
}

/// Leaves of a schema what the reference's have: optional arguments are left out rather than `null`.
pub(crate) fn as_reference(schema: &mut schemars::Schema) {
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for property in properties.values_mut() {
        if let Some(Value::Array(types)) = property.get_mut("type") {
            types.retain(|kind| kind != "null");
            if let [only] = types.as_slice() {
                property["type"] = only.clone();
            }
        }
        if let Some(Value::Array(values)) = property.get_mut("enum") {
            values.retain(|value| *value != Value::Null);
        }
        if let Value::Object(property) = property {
            property.retain(|key, value| key != "default" || !value.is_null());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(json: &str) -> Result<Number, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn whole_numbers_are_taken_however_written() {
        assert_eq!(number("7"), Ok(Number(7)));
        assert_eq!(number("7.0"), Ok(Number(7)));
        assert_eq!(number("9007199254740991"), Ok(Number(LARGEST)));
    }

    #[test]
    fn other_numbers_are_refused() {
        for bad in ["1.5", "-1", "9007199254740992", "1e300", "18446744073709551616"] {
            assert!(number(bad).unwrap_err().contains("whole number"), "{bad}");
        }
        assert!(number("\"7\"").is_err());
    }
}
