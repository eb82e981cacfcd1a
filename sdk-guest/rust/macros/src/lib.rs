//! The attributes of `barkeep-sdk`, which is where their documentation is.

mod card;
mod completion;
mod docs;
mod keys;
mod list;
mod prompt;
mod resource;
mod schema;
mod signature;
mod skills;
mod tool;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;

/// What an attribute or macro becomes, or the errors that say what is wrong.
fn expand(result: syn::Result<Tokens>) -> TokenStream {
    result.unwrap_or_else(syn::Error::into_compile_error).into()
}

/// An attribute's function with what is written beside it; the function stays there when something is wrong, so that no
/// further errors follow from its absence.
fn beside(item: TokenStream, expansion: impl FnOnce(&syn::ItemFn) -> syn::Result<Tokens>) -> TokenStream {
    let item = Tokens::from(item);
    let Ok(function) = syn::parse2::<syn::ItemFn>(item.clone()) else {
        let error = syn::Error::new_spanned(&item, "this attribute is for a function with a body").into_compile_error();
        return quote::quote!(#item #error).into();
    };
    let definition = expansion(&function).unwrap_or_else(syn::Error::into_compile_error);
    quote::quote! {
        #[allow(
            clippy::needless_pass_by_value,
            clippy::unnecessary_wraps,
            reason = "arguments are given away, and results are `Result`s, whether or not this one function needs it"
        )]
        #function
        #definition
    }
    .into()
}

/// `#[arguments]`.
#[proc_macro_attribute]
pub fn arguments(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand(schema::expand(schema::Use::Arguments, &attribute.into(), item.into()))
}

/// `#[output]`.
#[proc_macro_attribute]
pub fn output(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand(schema::expand(schema::Use::Output, &attribute.into(), item.into()))
}

/// `#[tool]`.
#[proc_macro_attribute]
pub fn tool(attribute: TokenStream, item: TokenStream) -> TokenStream {
    beside(item, |function| tool::expand(attribute.into(), function))
}

/// `#[resource]`.
#[proc_macro_attribute]
pub fn resource(attribute: TokenStream, item: TokenStream) -> TokenStream {
    beside(item, |function| resource::expand(attribute.into(), function))
}

/// `#[prompt]`.
#[proc_macro_attribute]
pub fn prompt(attribute: TokenStream, item: TokenStream) -> TokenStream {
    beside(item, |function| prompt::expand(attribute.into(), function))
}

/// `#[completion]`.
#[proc_macro_attribute]
pub fn completion(attribute: TokenStream, item: TokenStream) -> TokenStream {
    beside(item, |function| completion::expand(attribute.into(), function))
}

/// `plugin!`.
#[proc_macro]
pub fn plugin(lists: TokenStream) -> TokenStream {
    expand(list::expand(lists.into()))
}
