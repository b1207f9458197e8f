//! `#[model]`: one annotated struct or enum becomes serde, redacted printing and a schema.

mod model;

use proc_macro::TokenStream;

/// Makes a record or an enum of the APIs: serde in both directions (unknown fields ignored, absent optional
/// fields null, unknown enum values kept), a `Debug` and `Display` that show no value, and its schema.
///
/// `plural = "biomarkers"` names the key under which a list of it may travel; `input` marks a record that an app makes;
/// `camel_case` one whose service writes its fields so.
#[proc_macro_attribute]
pub fn model(arguments: TokenStream, item: TokenStream) -> TokenStream {
    model::expand(arguments.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
