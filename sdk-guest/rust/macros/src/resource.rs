//! `#[resource]`.

use proc_macro2::TokenStream as Tokens;
use quote::{quote, quote_spanned};
use syn::ItemFn;
use syn::spanned::Spanned as _;

use crate::card::{self, Names, card, carry, option};
use crate::keys::Keys;
use crate::signature::{Signature, local};

const OWN: [&str; 5] = ["uri", "template", "mime_type", "priority", "audience"];

pub(crate) fn expand(attribute: Tokens, function: &ItemFn) -> syn::Result<Tokens> {
    let known: Vec<_> = OWN.into_iter().chain(card::KEYS).collect();
    let mut keys = Keys::parse("resource", attribute, &known)?;
    let signature = Signature::read("resource", function)?;
    let card = card(&mut keys, function, Names::Free)?;
    let address = match (keys.text("uri")?, keys.text("template")?) {
        (Some(uri), None) => {
            if let Some(arguments) = &signature.arguments {
                let words = "a resource with a fixed `uri` takes no arguments; `template = \"...\"` has variables";
                return Err(syn::Error::new(arguments.span(), words));
            }
            if uri.value().contains(['{', '}']) {
                return Err(syn::Error::new(
                    uri.span(),
                    "a URI has no braces; write `template = \"...\"` for variables",
                ));
            }
            quote!(Uri(#uri))
        }
        (None, Some(template)) => quote!(Template(#template)),
        _ => return Err(keys.error("needs `uri = \"...\"` for one resource, or `template = \"...\"` for many")),
    };
    let mime_type = option(keys.text("mime_type")?);
    let priority = option(keys.share("priority")?);
    let audience = keys.words("audience", &["user", "assistant"])?;
    let audience = audience.iter().map(|role| if role == "user" { quote!(User) } else { quote!(Assistant) });

    let variables = match &signature.arguments {
        Some(ty) => option(Some(Signature::of_arguments(&quote!(::barkeep_sdk::schema::input), ty))),
        None => option(None::<Tokens>),
    };
    let (asked, context) = (local("asked"), local("context"));
    let parse = |ty: &_| {
        let parse = Signature::of_arguments(&quote!(::barkeep_sdk::text::from_pairs), ty);
        quote!(#parse(#asked.variables)?)
    };
    let call = signature.call(function, parse, &context);
    let result = &signature.result;
    let into = quote_spanned!(result.span()=> <#result as ::barkeep_sdk::IntoResource>::into_resource);
    let definition = quote! {
        ::barkeep_sdk::definition::ResourceDefinition = ::barkeep_sdk::definition::ResourceDefinition {
            card: #card,
            address: ::barkeep_sdk::definition::Address::#address,
            mime_type: #mime_type,
            audience: &[#(::barkeep_sdk::Role::#audience),*],
            priority: #priority,
            variables: #variables,
            read: |#asked, #context| {
                let _ = &#context;
                #into(#call, #asked.uri, #asked.mime_type)
            },
        }
    };
    Ok(carry(function, &quote!(Resource), &definition))
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn wrong(attribute: Tokens, function: &ItemFn) -> String {
        expand(attribute, function).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_resource_has_either_a_uri_or_a_template() {
        let words = "`#[resource]` needs `uri = \"...\"` for one resource, or `template = \"...\"` for many";
        let function = parse_quote!(
            fn f() {}
        );
        assert_eq!(wrong(quote!(), &function), words);
        assert_eq!(wrong(quote!(uri = "a:b", template = "a:{b}"), &function), words);
        assert_eq!(wrong(quote!(template = "a:{b}"), &function), "");
    }

    #[test]
    fn a_fixed_uri_has_no_variables() {
        let words = wrong(
            quote!(uri = "a:b"),
            &parse_quote!(
                fn f(args: A) {}
            ),
        );
        assert!(words.starts_with("a resource with a fixed `uri` takes no arguments"), "{words}");
        let words = wrong(
            quote!(uri = "a:{b}"),
            &parse_quote!(
                fn f() {}
            ),
        );
        assert!(words.starts_with("a URI has no braces"), "{words}");
    }
}
