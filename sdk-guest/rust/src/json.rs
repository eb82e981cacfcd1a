//! A structured result.

/// A value that is answered as JSON, with a schema that tells its shape.
///
/// A tool that returns it has an output schema, and its answer is both structured and, as text, the same JSON. A resource that
/// returns it is read as `application/json`, unless its attribute names another media type.
///
/// ```
/// use barkeep_sdk::prelude::*;
///
/// #[output]
/// struct Sum {
///     /// The sum of all numbers.
///     sum: i64,
/// }
///
/// #[arguments]
/// struct Add {
///     /// What to add up.
///     numbers: Vec<i64>,
/// }
///
/// /// Adds numbers.
/// #[tool(read_only)]
/// fn add(args: Add) -> Result<Json<Sum>> {
///     Ok(Json(Sum { sum: args.numbers.iter().sum() }))
/// }
///
/// plugin! { tools: [add] }
/// # fn main() {
/// let sum = PLUGIN.call_tool("add", json!({ "numbers": [1, 2] })).unwrap();
/// assert_eq!(sum.structured, Some(json!({ "sum": 3 })));
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<T>(pub T);
