//! Writes the Expo package's share of TypeScript: the generated file in its own form, and what it has in common with the
//! Node package, so that it is written once and yet published without a package between them.

use loop_sdk::Action;

use crate::Output;
use crate::node::{Package, generated};

const PACKAGE: Package = Package {
    own_codes: &[
        ("native_module_missing", Action::FixCall, "The app was built without the SDK's native part, as Expo Go is."),
        ("unsupported_platform", Action::FixCall, "The SDK does not run here: in a browser, for instance."),
    ],
    own_device: true,
};

macro_rules! shared {
    ($name:literal) => {
        Output {
            path: concat!("bindings-swift-kotlin/expo/src/shared/", $name),
            content: format!(
                "// Written by `cargo xtask codegen` from `bindings-node/ts/{}`: do not edit.\n{}",
                $name,
                include_str!(concat!("../../../bindings-node/ts/", $name)),
            ),
        }
    };
}

pub(crate) fn outputs() -> Vec<Output> {
    vec![
        Output { path: "bindings-swift-kotlin/expo/src/shared/generated.ts", content: generated(&PACKAGE) },
        shared!("audit.ts"),
        shared!("calls.ts"),
        shared!("errors.ts"),
        shared!("event.ts"),
        shared!("hidden.ts"),
        shared!("page.ts"),
        shared!("safe-view.ts"),
        shared!("status.ts"),
        shared!("types.ts"),
    ]
}
