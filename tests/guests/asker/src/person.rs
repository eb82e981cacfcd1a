//! Questions for the person.

use barkeep_sdk::prelude::*;
use barkeep_sdk::serde_json;

#[arguments]
#[output]
struct Guest {
    /// Your name.
    #[schemars(length(min = 1, max = 40))]
    name: String,
    #[schemars(title = "E-mail", extend("format" = "email"))]
    mail: Option<String>,
    /// How many come.
    #[schemars(range(min = 1, max = 12))]
    guests: u8,
    #[serde(default)]
    window: bool,
    meal: Meal,
    #[serde(default)]
    drinks: Vec<Drink>,
}

#[arguments]
#[output]
#[serde(rename_all = "lowercase")]
enum Meal {
    Fish,
    Meat,
}

#[arguments]
#[output]
#[serde(rename_all = "lowercase")]
enum Drink {
    /// From the tap.
    Water,
    /// Red or white.
    Wine,
}

/// Shows a form with a field of every kind.
#[tool]
pub fn form(context: &mut Context) -> Result<String> {
    Ok(match context.elicit::<Guest>("Who comes?")? {
        Elicited::Accepted(guest) => serde_json::to_string(&guest)?,
        Elicited::Declined => "declined".into(),
        Elicited::Cancelled => "cancelled".into(),
    })
}

/// Sends the person to a page.
#[tool]
pub fn page(context: &mut Context) -> Result<String> {
    let visit = context.elicit_url("Please sign in.", "https://sign-in.example/?visit=7", "visit-7")?;
    Ok(format!("{visit:?}"))
}
