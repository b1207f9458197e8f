//! The expansion of `#[model]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt as _;
use syn::parse::Parser as _;
use syn::{Attribute, Data, DeriveInput, Error, Expr, ExprLit, Fields, Lit, LitStr, Meta, Result};

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let arguments = Arguments::parse(arguments, &input.ident.to_string())?;
    let plural = &arguments.plural;
    match &input.data {
        Data::Struct(data) => record(&input, &data.fields, &arguments),
        Data::Enum(data) => choice(&input, data, plural),
        Data::Union(_) => Err(Error::new_spanned(&input, "a model is a struct or an enum")),
    }
}

struct Arguments {
    /// `plural = "…"`, or the name in snake case with an `s`.
    plural: String,
    /// An app makes such a record, so it has a builder, and what is not given is not sent.
    input: bool,
    /// The service writes the names of its fields in camelCase.
    camel_case: bool,
}

impl Arguments {
    fn parse(arguments: TokenStream, name: &str) -> Result<Self> {
        let mut found = Self { plural: format!("{}s", snake_case(name)), input: false, camel_case: false };
        syn::meta::parser(|meta| {
            if meta.path.is_ident("plural") {
                found.plural = meta.value()?.parse::<LitStr>()?.value();
            } else if meta.path.is_ident("input") {
                found.input = true;
            } else if meta.path.is_ident("camel_case") {
                found.camel_case = true;
            } else {
                return Err(meta.error("expected `plural = \"…\"`, `input` or `camel_case`"));
            }
            Ok(())
        })
        .parse2(arguments)?;
        Ok(found)
    }
}

fn record(input: &DeriveInput, fields: &Fields, arguments: &Arguments) -> Result<TokenStream> {
    let Fields::Named(named) = fields else {
        return Err(Error::new_spanned(fields, "a record has named fields"));
    };
    let (attributes, visibility, name) = (&input.attrs, &input.vis, &input.ident);
    let docs = docs(attributes);
    let mut definitions = Vec::new();
    let mut schemas = Vec::new();
    for field in &named.named {
        let field_docs = self::docs(&field.attrs);
        if field_docs.is_empty() {
            return Err(Error::new_spanned(field, "say what this field is, with its unit"));
        }
        let Some(identifier) = &field.ident else { continue };
        let (visibility, ty) = (&field.vis, &field.ty);
        let safe = safe(&field.attrs)?.map_or_else(|| quote!(None), |reason| quote!(Some(#reason)));
        let attributes = field.attrs.iter().filter(|attribute| !attribute.path().is_ident("safe"));
        // Absent and null are one thing, so a record decodes whether or not the platform writes the key.
        let default = is_optional(ty).then(|| quote!(#[serde(default)]));
        let absent =
            (arguments.input && is_optional(ty)).then(|| quote!(#[serde(skip_serializing_if = "Option::is_none")]));
        let text = identifier.unraw().to_string();
        let camel = camel_case(&text);
        let alias = (arguments.camel_case && camel != text).then(|| quote!(#[serde(alias = #camel)]));
        definitions.push(quote!(#(#attributes)* #default #absent #alias #visibility #identifier: #ty));
        schemas.push(quote! {
            crate::schema::FieldSchema {
                name: #text,
                docs: &[#(#field_docs),*],
                ty: <#ty as crate::schema::Typed>::TYPE,
                safe: #safe,
            }
        });
    }
    let shape = quote!(crate::schema::Shape::Record(&[#(#schemas),*]));
    let common = common(name, &arguments.plural, &docs, &shape);
    let builder = arguments.input.then(|| quote!(#[derive(::bon::Builder)] #[builder(on(String, into))]));
    let builder_prints = arguments.input.then(|| {
        let (builder, state) =
            (format_ident!("{name}Builder"), format_ident!("{}_builder", snake_case(&name.to_string())));
        let hidden = format!("<{builder}: values hidden>");
        quote! {
            impl<S: #state::State> ::std::fmt::Debug for #builder<S> {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { f.write_str(#hidden) }
            }
        }
    });
    Ok(quote! {
        #(#attributes)*
        #[derive(Clone, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        #builder
        #[non_exhaustive]
        #visibility struct #name { #(#definitions),* }
        #builder_prints
        #common
    })
}

fn choice(input: &DeriveInput, data: &syn::DataEnum, plural: &str) -> Result<TokenStream> {
    let (attributes, visibility, name) = (&input.attrs, &input.vis, &input.ident);
    let docs = docs(attributes);
    let mut variants = Vec::new();
    let mut identifiers = Vec::new();
    let mut values = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new_spanned(variant, "a model's variants hold nothing"));
        }
        variants.push(variant);
        identifiers.push(&variant.ident);
        values.push(snake_case(&variant.ident.to_string()));
    }
    let shape = quote!(crate::schema::Shape::Enum(&[#(#values),*]));
    let common = common(name, plural, &docs, &shape);
    let unknown = format_ident!("Unknown");
    Ok(quote! {
        #(#attributes)*
        #[derive(Clone, PartialEq, Eq)]
        #[non_exhaustive]
        #visibility enum #name {
            #(#variants,)*
            /// A value that this version of the SDK does not know, as it came.
            #unknown(String),
        }
        impl #name {
            /// The value as it travels.
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#identifiers => #values,)*
                    Self::#unknown(text) => text,
                }
            }
        }
        impl From<String> for #name {
            fn from(text: String) -> Self {
                match text.as_str() {
                    #(#values => Self::#identifiers,)*
                    _ => Self::#unknown(text),
                }
            }
        }
        impl ::serde::Serialize for #name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> ::serde::Deserialize<'de> for #name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }
        #common
    })
}

fn common(name: &syn::Ident, plural: &str, docs: &[String], shape: &TokenStream) -> TokenStream {
    let text = name.to_string();
    let hidden = format!("<{text}: values hidden>");
    quote! {
        impl ::std::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { f.write_str(#hidden) }
        }
        impl ::std::fmt::Display for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { f.write_str(#hidden) }
        }
        impl crate::schema::Typed for #name {
            const TYPE: crate::schema::Type = crate::schema::Type::Model(<Self as crate::schema::Model>::SCHEMA);
        }
        impl crate::schema::Model for #name {
            const SCHEMA: &'static crate::schema::ModelSchema = &crate::schema::ModelSchema {
                name: #text,
                plural: #plural,
                docs: &[#(#docs),*],
                shape: #shape,
            };
        }
    }
}

fn docs(attributes: &[Attribute]) -> Vec<String> {
    attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

/// `#[safe("why its value may stand in a log")]`
fn safe(attributes: &[Attribute]) -> Result<Option<String>> {
    let Some(attribute) = attributes.iter().find(|attribute| attribute.path().is_ident("safe")) else {
        return Ok(None);
    };
    let reason = attribute.parse_args::<LitStr>()?.value();
    if reason.trim().is_empty() {
        return Err(Error::new_spanned(attribute, "say why its value may stand in a log"));
    }
    Ok(Some(reason))
}

fn is_optional(ty: &syn::Type) -> bool {
    matches!(ty, syn::Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}

fn camel_case(name: &str) -> String {
    let mut out = String::new();
    for (index, word) in name.split('_').enumerate() {
        let mut characters = word.chars();
        match characters.next() {
            Some(first) if index > 0 => out.extend(first.to_uppercase()),
            Some(first) => out.push(first),
            None => {}
        }
        out.push_str(characters.as_str());
    }
    out
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for (index, character) in name.chars().enumerate() {
        if character.is_uppercase() && index > 0 {
            out.push('_');
        }
        out.extend(character.to_lowercase());
    }
    out
}
