//! `skills: "..."` of `plugin!`: the files of a folder, put into the component.
//!
//! | module | idea |
//! |---|---|
//! | `folder` | which files there are, and which skills they belong to |
//! | `frontmatter` | what a `SKILL.md` says of its skill |
//! | `media` | media types by the ends of names |

mod folder;
mod frontmatter;
mod media;

use std::path::Path;

use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::LitStr;

use crate::card::option;
use folder::File;

/// The files of the folder that `literal` names, beside `Cargo.toml`.
pub(crate) fn expand(literal: &LitStr) -> syn::Result<Tokens> {
    let wrong = |words: String| syn::Error::new(literal.span(), words);
    let named = literal.value();
    let package = std::env::var("CARGO_MANIFEST_DIR").map_err(|_| wrong("Cargo does not say where it is".into()))?;
    let files = folder::read(&Path::new(&package).join(&named)).map_err(wrong)?;
    let files = files.iter().map(|file| definition(&named, file));
    Ok(quote!(&[#(#files),*]))
}

fn definition(folder: &str, file: &File) -> Tokens {
    let (uri, name, mime_type) = (file.uri(), file.name(), media::type_of(&file.path, file.is_text));
    let description = option(file.about.as_ref().map(|about| &about.description));
    let below = format!("/{folder}/{}", file.path);
    let path = quote!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #below));
    // The compiler watches what it includes: a file that changes makes the crate be built again.
    let body = if file.is_text {
        quote!(Text(::core::include_str!(#path)))
    } else {
        quote!(Blob(::core::include_bytes!(#path)))
    };
    quote! {
        ::barkeep_sdk::definition::SkillFile {
            uri: #uri,
            name: #name,
            description: #description,
            mime_type: #mime_type,
            body: ::barkeep_sdk::definition::SkillBody::#body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_included_by_its_path_below_the_package() {
        let file = File { path: "a/b c.md".into(), is_text: true, size: 1, about: None };
        let tokens = definition("skills", &file).to_string();
        assert!(tokens.contains(r#""/skills/a/b c.md""#) && tokens.contains("include_str"), "{tokens}");
        assert!(tokens.contains(r#""skill://a/b%20c.md""#) && tokens.contains(r#""text/markdown""#), "{tokens}");
        let file = File { is_text: false, ..file };
        assert!(definition("skills", &file).to_string().contains("include_bytes"));
    }

    #[test]
    fn a_folder_that_is_not_there_is_told() {
        let literal = syn::parse_quote!("no-such-folder");
        let words = expand(&literal).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(words.starts_with("the folder `no-such-folder` cannot be read"), "{words}");
    }
}
