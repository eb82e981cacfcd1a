//! The smallest plugin of each kind: a tool, a resource, a resource template, a prompt and a completion.

use barkeep_sdk::prelude::*;

/// Whom to greet.
#[arguments]
struct Greet {
    /// The person's name.
    name: String,
}

/// Greets somebody by name.
#[tool(title = "Greet", read_only, idempotent, open_world = false)]
fn greet(args: Greet) -> Result<String> {
    if args.name.trim().is_empty() {
        return Err(Error::invalid_arguments("A greeting needs a name."));
    }
    Ok(format!("Hello, {}!", args.name))
}

/// What this plugin is for.
#[resource(uri = "hello://about", title = "About hello", mime_type = "text/plain")]
fn about() -> &'static str {
    "A plugin that greets. Copy it to begin your own."
}

/// A greeting as a page.
#[resource(template = "hello://greetings/{name}", mime_type = "text/plain")]
fn greeting(args: Greet) -> Result<String> {
    greet(args)
}

/// Asks the model to write a greeting.
#[prompt(title = "Write a greeting")]
fn write_greeting(args: Greet) -> String {
    format!("Write a short, warm greeting for {}.", args.name)
}

/// Names to choose from.
#[completion(prompt = "write_greeting", argument = "name")]
fn names(typed: &str) -> Vec<&'static str> {
    ["Ada", "Alan", "Grace"].into_iter().filter(|name| name.starts_with(typed)).collect()
}

plugin! {
    tools: [greet],
    resources: [about, greeting],
    prompts: [write_greeting],
    completions: [names],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_greeted() {
        let ada = || Greet { name: "Ada".into() };
        assert_eq!(greet(ada()), Ok("Hello, Ada!".into()));
        assert_eq!(write_greeting(ada()), "Write a short, warm greeting for Ada.");
    }

    #[test]
    fn nobody_is_not_greeted() {
        assert!(matches!(greet(Greet { name: " ".into() }), Err(Error::InvalidArguments(_))));
    }

    #[test]
    fn a_greeting_is_read_by_its_uri() {
        let read = PLUGIN.read_resource("hello://greetings/Ada%20L.");
        let page = ResourceContents::text("hello://greetings/Ada%20L.", "Hello, Ada L.!").mime_type("text/plain");
        assert_eq!(read, Ok(vec![page]));
    }

    #[test]
    fn names_are_completed() {
        assert_eq!(names("A"), ["Ada", "Alan"]);
    }
}
