//! `plugin!`.

use proc_macro2::{Span, TokenStream as Tokens};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Ident, LitStr, Path, Token, bracketed};

const KNOWN: &str = "`tools: [...]`, `resources: [...]`, `list_resources: f`, `watch: f`, `skills: \"...\"`, \
                     `prompts: [...]`, `completions: [...]`";

/// What `plugin!` is given.
#[derive(Default)]
struct Lists {
    tools: Vec<Path>,
    resources: Vec<Path>,
    list_resources: Option<Path>,
    watch: Option<Path>,
    skills: Option<LitStr>,
    prompts: Vec<Path>,
    completions: Vec<Path>,
}

impl Parse for Lists {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut lists = Self::default();
        let mut seen: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            if seen.contains(&key) {
                return Err(syn::Error::new(key.span(), format!("`{key}` is there twice")));
            }
            input.parse::<Token![:]>()?;
            match key.to_string().as_str() {
                "tools" => lists.tools = paths(input)?,
                "resources" => lists.resources = paths(input)?,
                "list_resources" => lists.list_resources = Some(input.parse()?),
                "watch" => lists.watch = Some(input.parse()?),
                "skills" => lists.skills = Some(input.parse()?),
                "prompts" => lists.prompts = paths(input)?,
                "completions" => lists.completions = paths(input)?,
                _ => return Err(syn::Error::new(key.span(), format!("`plugin!` has no key `{key}`; it has {KNOWN}"))),
            }
            seen.push(key);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if lists.watch.is_some() && !lists.has_resources() {
            return Err(syn::Error::new(Span::call_site(), "`watch` is for a plugin with resources"));
        }
        Ok(lists)
    }
}

fn paths(input: ParseStream<'_>) -> syn::Result<Vec<Path>> {
    let list;
    bracketed!(list in input);
    Ok(Punctuated::<Path, Token![,]>::parse_terminated(&list)?.into_iter().collect())
}

impl Lists {
    fn has_resources(&self) -> bool {
        !self.resources.is_empty() || self.list_resources.is_some() || self.skills.is_some()
    }

    /// The worlds whose interfaces the component exports.
    fn worlds(&self) -> Vec<Tokens> {
        let mut worlds = Vec::new();
        let mut export = |when: bool, world: Tokens| worlds.extend(when.then_some(world));
        export(!self.tools.is_empty(), quote!(tools));
        export(self.has_resources(), quote!(resources));
        export(self.watch.is_some(), quote!(watching));
        export(!self.prompts.is_empty(), quote!(prompts));
        export(!self.completions.is_empty(), quote!(completions));
        worlds
    }
}

fn definitions(paths: &[Path], interface: &Tokens) -> Tokens {
    let definitions = paths
        .iter()
        .map(|path| quote_spanned!(path.span()=> <#path as ::barkeep_sdk::definition::#interface>::DEFINITION));
    quote!(&[#(#definitions),*])
}

fn function(path: Option<&Path>) -> Tokens {
    crate::card::option(path)
}

pub(crate) fn expand(lists: Tokens) -> syn::Result<Tokens> {
    let lists: Lists = syn::parse2(lists)?;
    let tools = definitions(&lists.tools, &quote!(Tool));
    let resources = definitions(&lists.resources, &quote!(Resource));
    let prompts = definitions(&lists.prompts, &quote!(Prompt));
    let completions = definitions(&lists.completions, &quote!(Complete));
    let list_resources = function(lists.list_resources.as_ref());
    let watch = function(lists.watch.as_ref());
    let skills = lists.skills.as_ref().map(crate::skills::expand).transpose()?.unwrap_or_else(|| quote!(&[]));
    let worlds = lists.worlds();
    Ok(quote! {
        /// What this plugin offers.
        #[allow(dead_code, reason = "a plugin need not look at what it offers")]
        pub static PLUGIN: ::barkeep_sdk::Plugin = ::barkeep_sdk::Plugin {
            tools: #tools,
            resources: #resources,
            list_resources: #list_resources,
            watch: #watch,
            skills: #skills,
            prompts: #prompts,
            completions: #completions,
        };

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Exported;

            impl ::barkeep_sdk::export::Exported for Exported {
                const PLUGIN: &'static ::barkeep_sdk::Plugin = &PLUGIN;
            }

            #(::barkeep_sdk::bindings::#worlds::export!(Exported with_types_in ::barkeep_sdk::bindings::#worlds);)*
        };
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worlds(lists: Tokens) -> Vec<String> {
        syn::parse2::<Lists>(lists).unwrap().worlds().iter().map(ToString::to_string).collect()
    }

    fn wrong(lists: Tokens) -> String {
        expand(lists).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn only_what_is_listed_is_exported() {
        assert!(worlds(quote!()).is_empty());
        assert!(worlds(quote!(tools: [])).is_empty());
        assert_eq!(worlds(quote!(tools: [a, b::c,],)), ["tools"]);
        assert_eq!(worlds(quote!(list_resources: a)), ["resources"]);
        assert_eq!(worlds(quote!(resources: [a], watch: b)), ["resources", "watching"]);
        assert_eq!(worlds(quote!(skills: "skills")), ["resources"]);
        assert_eq!(worlds(quote!(prompts: [a], completions: [b])), ["prompts", "completions"]);
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        let unknown = wrong(quote!(tool: [a]));
        assert!(unknown.starts_with("`plugin!` has no key `tool`; it has `tools: [...]`"), "{unknown}");
        assert_eq!(wrong(quote!(tools: [], tools: [])), "`tools` is there twice");
        assert_eq!(wrong(quote!(tools: [a], watch: b)), "`watch` is for a plugin with resources");
        assert_ne!(wrong(quote!(tools: a)), "");
        assert_ne!(wrong(quote!(skills: [])), "");
    }
}
