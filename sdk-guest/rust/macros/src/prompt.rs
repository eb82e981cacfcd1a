//! `#[prompt]`.

use proc_macro2::TokenStream as Tokens;
use quote::{quote, quote_spanned};
use syn::ItemFn;
use syn::spanned::Spanned as _;

use crate::card::{self, Names, card, carry};
use crate::keys::Keys;
use crate::signature::{Signature, local};

pub(crate) fn expand(attribute: Tokens, function: &ItemFn) -> syn::Result<Tokens> {
    let mut keys = Keys::parse("prompt", attribute, &card::KEYS)?;
    let signature = Signature::read("prompt", function)?;
    let card = card(&mut keys, function, Names::Strict)?;
    let schema = signature.schema();
    let (arguments, context) = (local("arguments"), local("context"));
    let parse = |ty: &_| {
        let parse = Signature::of_arguments(&quote!(::barkeep_sdk::text::from_pairs), ty);
        quote!(#parse(#arguments)?)
    };
    let call = signature.call(function, parse, &context);
    let result = &signature.result;
    let into = quote_spanned!(result.span()=> <#result as ::barkeep_sdk::IntoPrompt>::into_prompt);
    let definition = quote! {
        ::barkeep_sdk::definition::PromptDefinition = ::barkeep_sdk::definition::PromptDefinition {
            card: #card,
            arguments: #schema,
            get: |#arguments, #context| {
                let _ = (&#arguments, &#context);
                #into(#call)
            },
        }
    };
    Ok(carry(function, &quote!(Prompt), &definition))
}
