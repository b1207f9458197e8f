//! Every operation of Loop's services, each declared once, one file per service.
//!
//! A declaration becomes the Rust method here, and through `cargo xtask codegen` the method, types and docs of every
//! other language. Adding one: write it in its service's file, run codegen, commit both.

mod call;
mod clinical;
mod operations;

pub use call::{ApiRequest, ApiResponse, Call};
pub use clinical::Clinical;

use crate::schema::{Operation, Service};

/// All services, in the order of the docs.
pub static SERVICES: &[&Service] = &[&clinical::SERVICE];

/// Finds an operation by `service.method`.
pub fn operation(name: &str) -> Option<&'static Operation> {
    SERVICES.iter().flat_map(|service| service.operations).copied().find(|operation| operation.name == name)
}
