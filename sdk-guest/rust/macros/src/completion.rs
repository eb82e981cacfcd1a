//! `#[completion]`.

use proc_macro2::TokenStream as Tokens;
use quote::{quote, quote_spanned};
use syn::ItemFn;
use syn::spanned::Spanned as _;

use crate::card::carry;
use crate::keys::Keys;
use crate::signature::{local, parameters, result};

pub(crate) fn expand(attribute: Tokens, function: &ItemFn) -> syn::Result<Tokens> {
    let mut keys = Keys::parse("completion", attribute, &["prompt", "template", "argument"])?;
    let types = parameters("completion", function)?;
    let (typed, resolved) = (local("typed"), local("resolved"));
    let takes_resolved = match types.len() {
        1 => None,
        2 => Some(&resolved),
        _ => {
            let words =
                "the function of `#[completion]` is `fn f(typed: &str)` or `fn f(typed: &str, resolved: &Resolved)`";
            return Err(syn::Error::new(function.sig.span(), words));
        }
    };
    let subject = match (keys.text("prompt")?, keys.text("template")?) {
        (Some(prompt), None) => quote!(Prompt(#prompt)),
        (None, Some(template)) => quote!(Template(#template)),
        _ => return Err(keys.error("needs `prompt = \"...\"` or `template = \"...\"`, whose argument it completes")),
    };
    let Some(argument) = keys.text("argument")? else {
        return Err(keys.error("needs `argument = \"...\"`, which it completes"));
    };
    let name = &function.sig.ident;
    let arguments = [&typed].into_iter().chain(takes_resolved);
    let result = result("completion", function)?;
    let into = quote_spanned!(result.span()=> <#result as ::barkeep_sdk::IntoCompletion>::into_completion);
    let definition = quote! {
        ::barkeep_sdk::definition::CompletionDefinition = ::barkeep_sdk::definition::CompletionDefinition {
            subject: ::barkeep_sdk::Subject::#subject,
            argument: #argument,
            complete: |#typed, #resolved| {
                let _ = &#resolved;
                #into(#name(#(#arguments),*))
            },
        }
    };
    Ok(carry(function, &quote!(Complete), &definition))
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn wrong(attribute: Tokens, function: &ItemFn) -> String {
        expand(attribute, function).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_completion_says_what_it_completes() {
        let function = parse_quote!(
            fn f(typed: &str) {}
        );
        let subject = "`#[completion]` needs `prompt = \"...\"` or `template = \"...\"`, whose argument it completes";
        assert_eq!(wrong(quote!(argument = "a"), &function), subject);
        assert_eq!(wrong(quote!(prompt = "p", template = "t", argument = "a"), &function), subject);
        let argument = "`#[completion]` needs `argument = \"...\"`, which it completes";
        assert_eq!(wrong(quote!(prompt = "p"), &function), argument);
        assert_eq!(wrong(quote!(prompt = "p", argument = "a"), &function), "");
    }

    #[test]
    fn other_functions_are_told_the_right_form() {
        let words = wrong(
            quote!(prompt = "p", argument = "a"),
            &parse_quote!(
                fn f() {}
            ),
        );
        assert!(words.starts_with("the function of `#[completion]` is `fn f(typed: &str)`"), "{words}");
    }
}
