//! What every item of a menu has: a name, a title, a description, a picture.

use proc_macro2::TokenStream as Tokens;
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::{ItemFn, LitStr};

use crate::docs;
use crate::keys::Keys;

/// The keys of a card.
pub(crate) const KEYS: [&str; 4] = ["name", "title", "description", "icon"];

/// Characters of the name of a tool or prompt (MCP 2025-11-25, server/tools, "Tool Names").
const LONGEST_NAME: usize = 128;

/// Which names an item may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// Those that clients take for tools and prompts.
    Strict,
    /// Any.
    Free,
}

/// Takes the keys of a card, and gives the `Card` of the definition.
pub(crate) fn card(keys: &mut Keys, function: &ItemFn, names: Names) -> syn::Result<Tokens> {
    let ident = &function.sig.ident;
    let name = keys.text("name")?.unwrap_or_else(|| LitStr::new(&ident.unraw().to_string(), ident.span()));
    if names == Names::Strict && !is_strict(&name.value()) {
        return Err(syn::Error::new(
            name.span(),
            format!(
                "a name has 1 to {LONGEST_NAME} characters of `A-Z a-z 0-9 _ - .`; give another with `name = \"...\"`"
            ),
        ));
    }
    let title = option(keys.text("title")?);
    let description = keys.text("description")?.map(|text| text.value()).or_else(|| docs::comment(&function.attrs));
    let description = option(description);
    let icon = option(keys.text("icon")?);
    Ok(quote! {
        ::barkeep_sdk::definition::Card { name: #name, title: #title, description: #description, icon: #icon }
    })
}

fn is_strict(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(fits)
}

/// An `Option` of a literal.
pub(crate) fn option(value: Option<impl ToTokens>) -> Tokens {
    value.map_or_else(|| quote!(::core::option::Option::None), |value| quote!(::core::option::Option::Some(#value)))
}

/// The definition of `function`, carried by a type of the same name: a path to the function is a path to that as well, since
/// functions and types have namespaces of their own.
pub(crate) fn carry(function: &ItemFn, interface: &Tokens, definition: &Tokens) -> Tokens {
    let (visibility, name) = (&function.vis, &function.sig.ident);
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types, reason = "it is called like what it is of")]
        #visibility enum #name {}

        impl ::barkeep_sdk::definition::#interface for #name {
            const DEFINITION: #definition;
        }
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn card_of(attribute: Tokens, names: Names) -> syn::Result<String> {
        let function = parse_quote! {
            /// Finds pages.
            fn r#find() {}
        };
        let mut keys = Keys::parse("tool", attribute, &KEYS)?;
        card(&mut keys, &function, names).map(|card| card.to_string().replace(' ', ""))
    }

    #[test]
    fn name_and_description_are_the_functions_unless_they_are_given() {
        let plain = card_of(Tokens::new(), Names::Strict).unwrap();
        assert!(plain.contains(r#"name:"find",title:::core::option::Option::None"#), "{plain}");
        assert!(plain.contains("description:::core::option::Option::Some(\"Findspages.\")"), "{plain}");
        let given = card_of(quote!(name = "f.2", description = "d", icon = "data:,"), Names::Strict).unwrap();
        assert!(given.contains(r#"name:"f.2""#) && given.contains(r#"Some("d")"#), "{given}");
        assert!(given.contains(r#"Some("data:,")"#), "{given}");
    }

    #[test]
    fn a_name_that_clients_refuse_is_an_error_where_it_matters() {
        for name in ["a b", "é", &"x".repeat(129)] {
            let words = card_of(quote!(name = #name), Names::Strict).unwrap_err().to_string();
            assert!(words.starts_with("a name has 1 to 128 characters"), "{words}");
            assert!(card_of(quote!(name = #name), Names::Free).is_ok());
        }
    }
}
