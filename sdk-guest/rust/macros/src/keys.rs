//! The keys of an attribute: `name = "...", read_only, audience = [user]`.

use proc_macro2::{Span, TokenStream as Tokens};
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Expr, ExprArray, ExprLit, Ident, Lit, LitStr, Token};

/// The keys that are there and were not yet taken.
pub(crate) struct Keys {
    attribute: &'static str,
    span: Span,
    rest: Vec<Key>,
}

struct Key {
    name: Ident,
    value: Option<Expr>,
}

impl Parse for Key {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse::<Ident>()?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        Ok(Self { name, value })
    }
}

impl Keys {
    /// The keys of `#[attribute(...)]`: none twice, all of `known`.
    pub(crate) fn parse(attribute: &'static str, tokens: Tokens, known: &[&str]) -> syn::Result<Self> {
        let keys: Vec<Key> = Punctuated::<Key, Token![,]>::parse_terminated.parse2(tokens)?.into_iter().collect();
        for (index, key) in keys.iter().enumerate() {
            let wrong = if !known.iter().any(|name| key.name == name) {
                format!("`#[{attribute}]` has no key `{}`; it has {}", key.name, listed(known))
            } else if keys.iter().take(index).any(|other| other.name == key.name) {
                format!("`{}` is there twice", key.name)
            } else {
                continue;
            };
            return Err(syn::Error::new(key.name.span(), wrong));
        }
        Ok(Self { attribute, span: Span::call_site(), rest: keys })
    }

    /// An error about the attribute as a whole.
    pub(crate) fn error(&self, words: impl std::fmt::Display) -> syn::Error {
        syn::Error::new(self.span, format!("`#[{}]` {words}", self.attribute))
    }

    /// The text of `name = "..."`.
    pub(crate) fn text(&mut self, name: &str) -> syn::Result<Option<LitStr>> {
        let Some(key) = self.take(name) else { return Ok(None) };
        match key.value {
            Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) if !text.value().trim().is_empty() => Ok(Some(text)),
            _ => Err(wrong(&key, "\"...\"")),
        }
    }

    /// The yes or no of `name`, `name = true` or `name = false`.
    pub(crate) fn flag(&mut self, name: &str) -> syn::Result<Option<bool>> {
        let Some(key) = self.take(name) else { return Ok(None) };
        match &key.value {
            None => Ok(Some(true)),
            Some(Expr::Lit(ExprLit { lit: Lit::Bool(flag), .. })) => Ok(Some(flag.value)),
            Some(_) => Err(wrong(&key, "true` or `= false")),
        }
    }

    /// The number of `name = 0.5`, from 0 to 1.
    pub(crate) fn share(&mut self, name: &str) -> syn::Result<Option<f64>> {
        let Some(key) = self.take(name) else { return Ok(None) };
        let number = match &key.value {
            Some(Expr::Lit(ExprLit { lit: Lit::Float(number), .. })) => number.base10_parse::<f64>().ok(),
            Some(Expr::Lit(ExprLit { lit: Lit::Int(number), .. })) => number.base10_parse::<f64>().ok(),
            _ => None,
        };
        match number {
            Some(number) if (0.0..=1.0).contains(&number) => Ok(Some(number)),
            _ => Err(wrong(&key, "0.5`, or another number from `0.0` to `1.0")),
        }
    }

    /// The words of `name = [a, b]`, each one of `known`.
    pub(crate) fn words(&mut self, name: &str, known: &[&str]) -> syn::Result<Vec<Ident>> {
        let Some(key) = self.take(name) else { return Ok(Vec::new()) };
        let Some(Expr::Array(ExprArray { elems, .. })) = &key.value else {
            return Err(wrong(&key, &format!("[{}]", known.join(", "))));
        };
        let unknown = |element: &Expr| syn::Error::new(element.span(), format!("`{name}` holds {}", listed(known)));
        elems.iter().map(|element| word(element, known).ok_or_else(|| unknown(element))).collect()
    }

    /// The word of `name = a`, one of `known`.
    pub(crate) fn word(&mut self, name: &str, known: &[&str]) -> syn::Result<Option<Ident>> {
        let Some(key) = self.take(name) else { return Ok(None) };
        let found = key.value.as_ref().and_then(|value| word(value, known));
        found.map(Some).ok_or_else(|| wrong(&key, &known.join("`, or `")))
    }

    /// The type of `name = Type`.
    pub(crate) fn path(&mut self, name: &str) -> syn::Result<Option<Tokens>> {
        let Some(key) = self.take(name) else { return Ok(None) };
        match &key.value {
            Some(Expr::Path(path)) => Ok(Some(quote::quote!(#path))),
            _ => Err(wrong(&key, "Type")),
        }
    }

    fn take(&mut self, name: &str) -> Option<Key> {
        let index = self.rest.iter().position(|key| key.name == name)?;
        Some(self.rest.swap_remove(index))
    }
}

fn word(value: &Expr, known: &[&str]) -> Option<Ident> {
    let Expr::Path(path) = value else { return None };
    path.path.get_ident().filter(|word| known.iter().any(|known| word == known)).cloned()
}

fn wrong(key: &Key, right: &str) -> syn::Error {
    let span = key.value.as_ref().map_or_else(|| key.name.span(), syn::spanned::Spanned::span);
    syn::Error::new(span, format!("write `{} = {right}`", key.name))
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    const KNOWN: [&str; 6] = ["name", "read_only", "priority", "audience", "output", "tasks"];

    fn keys(tokens: Tokens) -> syn::Result<Keys> {
        Keys::parse("tool", tokens, &KNOWN)
    }

    fn error<T>(result: syn::Result<T>) -> String {
        result.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn keys_have_values_of_their_kind() {
        let mut keys =
            keys(quote!(name = "a", read_only, priority = 1, audience = [user], output = a::B, tasks = required))
                .unwrap();
        assert_eq!(keys.text("name").unwrap().unwrap().value(), "a");
        assert_eq!(keys.flag("read_only").unwrap(), Some(true));
        assert_eq!(keys.share("priority").unwrap(), Some(1.0));
        assert_eq!(keys.words("audience", &["user"]).unwrap(), ["user"]);
        assert_eq!(keys.path("output").unwrap().unwrap().to_string(), "a :: B");
        assert_eq!(keys.word("tasks", &["required"]).unwrap().unwrap(), "required");
        assert!(keys.text("name").unwrap().is_none());
    }

    #[test]
    fn an_unknown_key_is_told_with_the_known_ones() {
        let words = error(keys(quote!(nam = "a")));
        assert_eq!(
            words,
            "`#[tool]` has no key `nam`; it has `name`, `read_only`, `priority`, `audience`, `output`, `tasks`"
        );
    }

    #[test]
    fn a_key_that_is_there_twice_is_told() {
        assert_eq!(error(keys(quote!(read_only, read_only = false))), "`read_only` is there twice");
    }

    #[test]
    fn a_value_of_another_kind_is_told_with_the_right_one() {
        assert_eq!(error(keys(quote!(name = 1)).unwrap().text("name")), "write `name = \"...\"`");
        assert_eq!(error(keys(quote!(name)).unwrap().text("name")), "write `name = \"...\"`");
        assert_eq!(error(keys(quote!(name = "")).unwrap().text("name")), "write `name = \"...\"`");
        assert_eq!(
            error(keys(quote!(read_only = 1)).unwrap().flag("read_only")),
            "write `read_only = true` or `= false`"
        );
        let share = error(keys(quote!(priority = 2.0)).unwrap().share("priority"));
        assert_eq!(share, "write `priority = 0.5`, or another number from `0.0` to `1.0`");
        let words = error(keys(quote!(audience = user)).unwrap().words("audience", &["user", "assistant"]));
        assert_eq!(words, "write `audience = [user, assistant]`");
        let word = error(keys(quote!(audience = [robot])).unwrap().words("audience", &["user", "assistant"]));
        assert_eq!(word, "`audience` holds `user`, `assistant`");
        for tasks in [quote!(tasks), quote!(tasks = yes), quote!(tasks = "required")] {
            let word = error(keys(tasks).unwrap().word("tasks", &["required", "forbidden"]));
            assert_eq!(word, "write `tasks = required`, or `forbidden`");
        }
        assert_eq!(error(keys(quote!(output = 1)).unwrap().path("output")), "write `output = Type`");
    }
}
