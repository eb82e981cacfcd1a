//! `#[tool]`.

use proc_macro2::TokenStream as Tokens;
use quote::{quote, quote_spanned};
use syn::ItemFn;
use syn::spanned::Spanned as _;

use crate::card::{self, Names, card, carry, option};
use crate::keys::Keys;
use crate::signature::{Signature, local};

const HINTS: [&str; 4] = ["read_only", "destructive", "idempotent", "open_world"];

pub(crate) fn expand(attribute: Tokens, function: &ItemFn) -> syn::Result<Tokens> {
    let known: Vec<_> = card::KEYS.into_iter().chain(HINTS).chain(["output", "tasks"]).collect();
    let mut keys = Keys::parse("tool", attribute, &known)?;
    let signature = Signature::read("tool", function)?;
    let card = card(&mut keys, function, Names::Strict)?;
    let mut hint = |name| keys.flag(name).map(option);
    let (read_only, destructive, idempotent, open_world) =
        (hint("read_only")?, hint("destructive")?, hint("idempotent")?, hint("open_world")?);

    let tasks = match keys.word("tasks", &["optional", "required", "forbidden"])? {
        Some(word) if word == "required" => quote!(Required),
        Some(word) if word == "forbidden" => quote!(Forbidden),
        _ => quote!(Optional),
    };

    let result = &signature.result;
    let output = keys.path("output")?.map_or_else(
        || quote_spanned!(result.span()=> <#result as ::barkeep_sdk::IntoToolResult>::output_schema),
        |output| quote_spanned!(output.span()=> ::barkeep_sdk::schema::output::<#output>),
    );
    let input = signature.schema();
    let (arguments, context) = (local("arguments"), local("context"));
    let parse = |ty: &_| {
        let parse = Signature::of_arguments(&quote!(::barkeep_sdk::arguments::from_json), ty);
        quote!(#parse(#arguments)?)
    };
    let call = signature.call(function, parse, &context);
    let into = quote_spanned!(result.span()=> <#result as ::barkeep_sdk::IntoToolResult>::into_tool_result);
    let definition = quote! {
        ::barkeep_sdk::definition::ToolDefinition = ::barkeep_sdk::definition::ToolDefinition {
            card: #card,
            hints: ::barkeep_sdk::ToolHints {
                read_only: #read_only,
                destructive: #destructive,
                idempotent: #idempotent,
                open_world: #open_world,
            },
            tasks: ::barkeep_sdk::TaskSupport::#tasks,
            input_schema: #input,
            output_schema: #output,
            call: |#arguments, #context| {
                let _ = (&#arguments, &#context);
                #into(#call)
            },
        }
    };
    Ok(carry(function, &quote!(Tool), &definition))
}
