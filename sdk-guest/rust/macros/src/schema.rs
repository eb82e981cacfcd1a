//! `#[arguments]` and `#[output]`: the derives of the SDK's own serde and schemars.

use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{Attribute, DeriveInput};

/// What a type is good for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Arguments,
    Output,
}

impl Use {
    fn name(self) -> &'static str {
        match self {
            Self::Arguments => "arguments",
            Self::Output => "output",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Arguments => Self::Output,
            Self::Output => Self::Arguments,
        }
    }

    fn is(self, attribute: &Attribute) -> bool {
        attribute.path().segments.last().is_some_and(|segment| segment.ident == self.name())
    }
}

pub(crate) fn expand(purpose: Use, attribute: &Tokens, item: Tokens) -> syn::Result<Tokens> {
    let name = purpose.name();
    if !attribute.is_empty() {
        return Err(syn::Error::new_spanned(attribute, format!("`#[{name}]` has no keys")));
    }
    let mut item: DeriveInput = syn::parse2(item)
        .map_err(|error| syn::Error::new(error.span(), format!("`#[{name}]` is for a struct or an enum")))?;
    // Both attributes on one type make one schema.
    let before = item.attrs.len();
    item.attrs.retain(|attribute| !purpose.other().is(attribute));
    let both = item.attrs.len() < before;
    let deserialize = (both || purpose == Use::Arguments).then(|| quote!(::barkeep_sdk::serde::Deserialize,));
    let serialize = (both || purpose == Use::Output).then(|| quote!(::barkeep_sdk::serde::Serialize,));
    Ok(quote! {
        #[derive(#deserialize #serialize ::barkeep_sdk::schemars::JsonSchema)]
        #[serde(crate = "::barkeep_sdk::serde")]
        #[schemars(crate = "::barkeep_sdk::schemars")]
        #item
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(purpose: Use, item: Tokens) -> String {
        expand(purpose, &Tokens::new(), item).unwrap().to_string().replace(' ', "")
    }

    #[test]
    fn each_attribute_derives_its_own() {
        let arguments = expanded(
            Use::Arguments,
            quote!(
                struct A {
                    a: u8,
                }
            ),
        );
        assert!(arguments.contains("serde::Deserialize") && !arguments.contains("serde::Serialize"), "{arguments}");
        let output = expanded(
            Use::Output,
            quote!(
                enum A {
                    B,
                }
            ),
        );
        assert!(output.contains("serde::Serialize") && !output.contains("serde::Deserialize"), "{output}");
    }

    #[test]
    fn both_attributes_make_one_schema() {
        let both = expanded(
            Use::Arguments,
            quote!(
                #[output]
                #[derive(Debug)]
                struct A;
            ),
        );
        assert!(both.contains("serde::Deserialize") && both.contains("serde::Serialize"), "{both}");
        assert!(!both.contains("#[output]") && both.contains("#[derive(Debug)]"), "{both}");
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        let words = expand(Use::Arguments, &quote!(a), quote!(struct A)).unwrap_err().to_string();
        assert_eq!(words, "`#[arguments]` has no keys");
        let words = expand(
            Use::Output,
            &Tokens::new(),
            quote!(
                fn f() {}
            ),
        )
        .unwrap_err()
        .to_string();
        assert_eq!(words, "`#[output]` is for a struct or an enum");
    }
}
