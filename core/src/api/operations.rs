//! The macro that turns a declaration into a Rust method and a description for every other language.

/// ```text
/// /// What the service holds.
/// service Type = "name" at "host";
///
/// /// What the operation returns, its units, the source of the rule.
/// method(/** docs */ path_parameter, …) {
///     /** docs */ query|body name as "wireName": Type,
/// } -> Result;
/// GET "/v1/route/{path_parameter}", person "read:thing", machine "admin:thing", within "member";
/// ```
///
/// Parameters of the path are texts and come first in every language; the others are named. `as`, `at`, `within`, and one
/// of the two scopes may be left out.
macro_rules! operations {
    (
        $(#[doc = $service_doc:literal])+
        service $service:ident = $service_name:literal at $host:literal;
        $(
            $(#[doc = $doc:literal])+
            $method:ident($($(#[doc = $path_doc:literal])+ $in_path:ident),* $(,)?) $({
                $($(#[doc = $parameter_doc:literal])+ $place:ident $parameter:ident $(as $wire:literal)? : $parameter_type:ty),* $(,)?
            })? -> $result:ty;
            $http:ident $path:literal $(, person $scope:literal)? $(, machine $machine:literal)? $(, within $within:literal)?;
        )+
    ) => {
        $(#[doc = $service_doc])+
        #[derive(Debug, Clone)]
        pub struct $service(pub(crate) crate::api::Caller);

        pub(crate) static SERVICE: crate::schema::Service = crate::schema::Service {
            name: $service_name,
            type_name: stringify!($service),
            docs: &[$($service_doc),+],
            operations: &[$(&declared::$method),+],
        };

        #[allow(non_upper_case_globals, reason = "named like the method that each describes")]
        mod declared {
            #[allow(unused_imports, reason = "not every service uses all of them")]
            use super::*;
            #[allow(unused_imports, reason = "not every service has parameters")]
            use crate::api::operations::{maybe, place, wire};
            use crate::schema::{Operation, Typed};
            #[allow(unused_imports, reason = "not every service has parameters")]
            use crate::schema::{Parameter, Place};
            $(
                pub(super) static $method: Operation = Operation {
                    name: concat!($service_name, ".", stringify!($method)),
                    service: $service_name,
                    host: $host,
                    method_name: stringify!($method),
                    http_method: stringify!($http),
                    path: $path,
                    parameters: &[
                        $(Parameter {
                            name: stringify!($in_path),
                            wire: stringify!($in_path),
                            docs: &[$($path_doc),+],
                            place: Place::Path,
                            ty: <String as Typed>::TYPE,
                        },)*
                        $($(Parameter {
                            name: stringify!($parameter),
                            wire: wire!($parameter $($wire)?),
                            docs: &[$($parameter_doc),+],
                            place: place!($place),
                            ty: <$parameter_type as Typed>::TYPE,
                        },)*)?
                    ],
                    result: <$result as Typed>::TYPE,
                    within: maybe!($($within)?),
                    scope: maybe!($($scope)?),
                    machine_scope: maybe!($($machine)?),
                    docs: &[$($doc),+],
                    normalize: crate::api::Received::json::<$result>,
                    records: crate::model::records::<$result>,
                };
            )+
        }

        /// The calls of this service, as its methods return them: named parameters are set, then the call is awaited.
        #[allow(missing_debug_implementations, reason = "each has one below, which the lint does not see")]
        pub mod calls {
            #[allow(unused_imports, reason = "not every service uses all of them")]
            use super::*;
            #[allow(unused_imports, reason = "not every service has something that may be taken away")]
            use crate::model::Nullable;
            $(
                crate::api::operations::call! {
                    $http
                    $(#[doc = $doc])+
                    $method($($in_path,)*) { $($($(#[doc = $parameter_doc])+ $parameter: $parameter_type,)*)? } -> $result
                }

                pastey::paste! {
                    // What was set so far is not printed.
                    impl<S: [<$method _builder>]::State> std::fmt::Debug for [<$method:camel Builder>]<S> {
                        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                            f.write_str(concat!("<Call of ", $service_name, ".", stringify!($method), ">"))
                        }
                    }
                }
            )+
        }

        impl $service {
            $(
                $(#[doc = $doc])+
                $(
                    #[doc = ""]
                    #[doc = concat!("Needs the scope `", $scope, "`.")]
                )?
                $(
                    #[doc = ""]
                    #[doc = concat!("A machine needs the scope `", $machine, "`.")]
                )?
                pub fn $method(&self $(, $in_path: impl Into<String>)*) -> crate::api::operations::builder!($method) {
                    calls::$method(self.0.clone() $(, $in_path)*)
                }
            )+
        }
    };
}

/// The function behind one call. A write takes an idempotency key.
macro_rules! call {
    (POST $($rest:tt)*) => { crate::api::operations::call_function! { [idempotency_key] $($rest)* } };
    (PATCH $($rest:tt)*) => { crate::api::operations::call_function! { [idempotency_key] $($rest)* } };
    ($other:ident $($rest:tt)*) => { crate::api::operations::call_function! { [] $($rest)* } };
}

/// Hands over each list on its own, which a macro may repeat more than once.
macro_rules! call_function {
    (
        $key:tt $(#[doc = $doc:literal])+
        $method:ident($($in_path:ident,)*) {
            $($(#[doc = $parameter_doc:literal])+ $parameter:ident: $parameter_type:ty,)*
        } -> $result:ty
    ) => {
        crate::api::operations::builder_function! {
            $key
            [$(#[doc = $doc])+]
            [$method]
            [$($in_path)*]
            [$($(#[doc = $parameter_doc])+ $parameter: $parameter_type,)*]
            [$($parameter)*]
            [$result]
        }
    };
}

macro_rules! builder_function {
    (
        [$($key:ident)?] [$($docs:tt)+] [$method:ident] [$($in_path:ident)*] [$($declared:tt)*] [$($parameter:ident)*]
        [$result:ty]
    ) => {
        $($docs)+
        #[bon::builder(on(String, into), on(Nullable<_>, into), derive(IntoFuture(Box)), finish_fn(name = send, doc { #[doc = "Sends it; so does `.await`."] }))]
        pub async fn $method(
            #[builder(start_fn)] caller: crate::api::Caller,
            $(#[builder(start_fn)] $in_path: String,)*
            $($declared)*
            $(
                /// Names this write: the platform does it once, however often it is sent. The SDK makes a name where none
                /// is given, and keeps it across its own retries.
                $key: Option<String>,
            )?
        ) -> Result<$result, crate::Error> {
            #[allow(unused_mut, reason = "an operation without parameters sets nothing")]
            let mut call = crate::api::Call::new(caller, &declared::$method)$(.idempotency_key($key))?;
            $(call.set(stringify!($in_path), &$in_path)?;)*
            $(call.set(stringify!($parameter), &$parameter)?;)*
            call.send().await
        }
    };
}

/// The type that the builder of a method's call has.
macro_rules! builder {
    ($method:ident) => {
        pastey::paste! { calls::[<$method:camel Builder>] }
    };
}

macro_rules! place {
    (query) => {
        Place::Query
    };
    (body) => {
        Place::Body
    };
}

macro_rules! wire {
    ($name:ident) => {
        stringify!($name)
    };
    ($name:ident $wire:literal) => {
        $wire
    };
}

macro_rules! maybe {
    () => {
        None
    };
    ($value:literal) => {
        Some($value)
    };
}

pub(crate) use {builder, builder_function, call, call_function, maybe, operations, place, wire};
