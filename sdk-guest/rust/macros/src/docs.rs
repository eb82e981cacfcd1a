//! Doc comments, as Markdown.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The doc comment of an item, or nothing where there is none.
pub(crate) fn comment(attributes: &[Attribute]) -> Option<String> {
    let lines: Vec<String> = attributes.iter().filter_map(text).collect();
    let text = lines.iter().flat_map(|text| text.lines()).map(line).collect::<Vec<_>>().join("\n");
    let text = text.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn text(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(match text.value() {
                // `///` alone is a line as well.
                text if text.is_empty() => " ".to_owned(),
                text => text,
            }),
            _ => None,
        },
        _ => None,
    }
}

/// Without the one space that stands after the slashes.
fn line(line: &str) -> &str {
    line.strip_prefix(' ').unwrap_or(line).trim_end()
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn lines_are_joined_and_lose_their_first_space() {
        let function: syn::ItemFn = parse_quote! {
            /// Finds pages:
            ///
            /// - by name
            ///   or by text
            #[inline]
            ///
            fn f() {}
        };
        assert_eq!(comment(&function.attrs).as_deref(), Some("Finds pages:\n\n- by name\n  or by text"));
    }

    #[test]
    fn no_comment_is_none() {
        let function: syn::ItemFn = parse_quote! { #[doc(hidden)] #[inline] fn f() {} };
        assert_eq!(comment(&function.attrs), None);
    }
}
