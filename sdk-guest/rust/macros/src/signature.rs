//! The functions that attributes take: `fn(args: T, context: &mut Context) -> R`, each part of it optional.

use proc_macro2::{Ident, Span, TokenStream as Tokens};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{FnArg, ItemFn, ReturnType, Type, parse_quote};

/// What a function takes and gives.
pub(crate) struct Signature {
    /// The type of its arguments.
    pub(crate) arguments: Option<Type>,
    /// Whether it takes the context.
    pub(crate) context: bool,
    /// The type of its result.
    pub(crate) result: Type,
}

impl Signature {
    /// Reads the function that `#[attribute]` stands on.
    pub(crate) fn read(attribute: &str, function: &ItemFn) -> syn::Result<Self> {
        let mut types = parameters(attribute, function)?;
        let context = types.last().is_some_and(is_context);
        if context {
            types.pop();
        }
        let wrong = match types.as_slice() {
            [] => None,
            [arguments] => (!is_owned(arguments)).then_some(arguments),
            [_, second, ..] => Some(second),
        };
        if let Some(wrong) = wrong {
            let forms =
                "`fn f()`, `fn f(args: T)`, `fn f(context: &mut Context)` or `fn f(args: T, context: &mut Context)`";
            return Err(syn::Error::new_spanned(wrong, format!("the function of `#[{attribute}]` is {forms}")));
        }
        Ok(Self { arguments: types.pop(), context, result: result(attribute, function)? })
    }

    /// The call of the function: `parse` makes the arguments, `context` is the context.
    pub(crate) fn call(&self, function: &ItemFn, parse: impl FnOnce(&Type) -> Tokens, context: &Ident) -> Tokens {
        let name = &function.sig.ident;
        let arguments = self.arguments.as_ref().map(parse);
        let context = self.context.then(|| context.to_token_stream());
        let parts = arguments.into_iter().chain(context);
        quote!(#name(#(#parts),*))
    }

    /// The function that makes the JSON Schema of the arguments.
    pub(crate) fn schema(&self) -> Tokens {
        self.arguments.as_ref().map_or_else(
            || quote!(::barkeep_sdk::schema::nothing),
            |ty| Self::of_arguments(&quote!(::barkeep_sdk::schema::input), ty),
        )
    }

    /// `path::<T>` for the type of the arguments, with errors told where the function names it.
    pub(crate) fn of_arguments(path: &Tokens, ty: &Type) -> Tokens {
        quote_spanned!(ty.span()=> #path::<#ty>)
    }
}

/// A variable of ours in what an attribute writes: it hides nothing that the author named alike.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The types of the parameters, of a function that is nothing but a function.
pub(crate) fn parameters(attribute: &str, function: &ItemFn) -> syn::Result<Vec<Type>> {
    let signature = &function.sig;
    let cannot =
        |span: Span, what: &str| syn::Error::new(span, format!("the function of `#[{attribute}]` cannot {what}"));
    if let Some(token) = &signature.asyncness {
        return Err(cannot(
            token.span(),
            "be `async`: an instance answers one call, and the host runs as many as it needs",
        ));
    }
    if let Some(token) = &signature.unsafety {
        return Err(cannot(token.span(), "be `unsafe`"));
    }
    if !signature.generics.params.is_empty() {
        return Err(cannot(signature.generics.span(), "be generic: name the types"));
    }
    let parameter = |input: &FnArg| match input {
        FnArg::Receiver(receiver) => Err(cannot(receiver.span(), "be a method: it has no `self`")),
        FnArg::Typed(typed) => Ok((*typed.ty).clone()),
    };
    signature.inputs.iter().map(parameter).collect()
}

/// The type of the result.
pub(crate) fn result(attribute: &str, function: &ItemFn) -> syn::Result<Type> {
    match &function.sig.output {
        ReturnType::Default => Ok(parse_quote!(())),
        ReturnType::Type(_, ty) if matches!(**ty, Type::ImplTrait(_)) => {
            Err(syn::Error::new(ty.span(), format!("the function of `#[{attribute}]` names the type that it returns")))
        }
        ReturnType::Type(_, ty) => Ok((**ty).clone()),
    }
}

fn is_context(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => match &*reference.elem {
            Type::Path(path) => path.path.segments.last().is_some_and(|segment| segment.ident == "Context"),
            _ => false,
        },
        _ => false,
    }
}

fn is_owned(ty: &Type) -> bool {
    !matches!(ty, Type::Reference(_) | Type::ImplTrait(_))
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;

    use super::*;

    fn read(function: &ItemFn) -> (Option<String>, bool, String) {
        let signature = Signature::read("tool", function).unwrap();
        let arguments = signature.arguments.map(|ty| ty.to_token_stream().to_string());
        (arguments, signature.context, signature.result.to_token_stream().to_string())
    }

    fn wrong(function: &ItemFn) -> String {
        Signature::read("tool", function).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn arguments_and_context_are_optional() {
        assert_eq!(
            read(&parse_quote!(
                fn f() {}
            )),
            (None, false, "()".into())
        );
        assert_eq!(
            read(&parse_quote!(
                fn f(args: A) -> R {}
            )),
            (Some("A".into()), false, "R".into())
        );
        assert_eq!(
            read(&parse_quote!(
                fn f(c: &mut Context) -> R {}
            )),
            (None, true, "R".into())
        );
        let both = read(&parse_quote!(
            fn f(A { a }: A, c: &sdk::Context) -> R {}
        ));
        assert_eq!(both, (Some("A".into()), true, "R".into()));
    }

    #[test]
    fn a_call_has_what_the_function_takes() {
        let function: ItemFn = parse_quote!(
            fn f(args: A, c: &mut Context) {}
        );
        let signature = Signature::read("tool", &function).unwrap();
        let call = signature.call(&function, |ty| quote!(parse::<#ty>()), &local("context"));
        assert_eq!(call.to_string(), quote!(f(parse::<A>(), context)).to_string());
    }

    #[test]
    fn other_functions_are_told_the_right_form() {
        for function in [
            parse_quote!(
                fn f(a: A, b: B) {}
            ),
            parse_quote!(
                fn f(c: &mut Context, a: A) {}
            ),
            parse_quote!(
                fn f(a: &A) {}
            ),
            parse_quote!(
                fn f(a: A, b: B, c: &mut Context) {}
            ),
        ] {
            let words = wrong(&function);
            assert!(words.starts_with("the function of `#[tool]` is `fn f()`, `fn f(args: T)`"), "{words}");
        }
        assert!(
            wrong(&parse_quote!(
                async fn f() {}
            ))
            .contains("cannot be `async`")
        );
        assert!(
            wrong(&parse_quote!(
                unsafe fn f() {}
            ))
            .contains("cannot be `unsafe`")
        );
        assert!(
            wrong(&parse_quote!(
                fn f<T>(a: T) {}
            ))
            .contains("cannot be generic")
        );
        assert!(
            wrong(&parse_quote!(
                fn f(self) {}
            ))
            .contains("cannot be a method")
        );
        assert!(
            wrong(&parse_quote!(
                fn f() -> impl Display {}
            ))
            .contains("names the type")
        );
    }
}
