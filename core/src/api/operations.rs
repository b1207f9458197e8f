//! The macro that turns a declaration into a Rust method and a description for every other language.

/// ```text
/// /// What the service holds.
/// service Type = "name";
///
/// /// What the operation returns, its units, the source of the rule.
/// method(/** docs */ path|query name: Type, …) -> Result;
/// GET "/v1/route/{name}", scope "read:thing";
/// ```
macro_rules! operations {
    (
        $(#[doc = $service_doc:literal])+
        service $service:ident = $service_name:literal;
        $(
            $(#[doc = $doc:literal])+
            $method:ident($($(#[doc = $parameter_doc:literal])+ $place:ident $parameter:ident: $parameter_type:ty),* $(,)?) -> $result:ty;
            $http:ident $path:literal, scope $scope:literal;
        )+
    ) => {
        $(#[doc = $service_doc])+
        #[derive(Debug, Clone)]
        pub struct $service(pub(crate) crate::client::User);

        pub(crate) static SERVICE: crate::schema::Service = crate::schema::Service {
            name: $service_name,
            docs: &[$($service_doc),+],
            operations: &[$(&declared::$method),+],
        };

        #[allow(non_upper_case_globals, reason = "named like the method that each describes")]
        mod declared {
            #[allow(unused_imports, reason = "not every service uses all of them")]
            use super::*;
            use crate::schema::{Operation, Typed};
            #[allow(unused_imports, reason = "not every service has parameters")]
            use crate::schema::{Parameter, Place};
            $(
                pub(super) static $method: Operation = Operation {
                    name: concat!($service_name, ".", stringify!($method)),
                    service: $service_name,
                    method_name: stringify!($method),
                    http_method: stringify!($http),
                    path: $path,
                    parameters: &[$(Parameter {
                        name: stringify!($parameter),
                        docs: &[$($parameter_doc),+],
                        place: super::super::operations::place!($place),
                        ty: <$parameter_type as Typed>::TYPE,
                    }),*],
                    result: <$result as Typed>::TYPE,
                    scope: $scope,
                    docs: &[$($doc),+],
                    normalize: crate::model::normalize::<$result>,
                };
            )+
        }

        impl $service {
            $(
                $(#[doc = $doc])+
                #[doc = ""]
                #[doc = concat!("Needs the scope `", $scope, "`.")]
                pub fn $method(&self $(, $parameter: impl Into<$parameter_type>)*) -> crate::api::Call<$result> {
                    #[allow(unused_mut, reason = "an operation without parameters changes nothing")]
                    let mut call = crate::api::Call::new(self.0.clone(), &declared::$method);
                    $(call.set::<$parameter_type>(stringify!($parameter), $parameter.into());)*
                    call
                }
            )+
        }
    };
}

macro_rules! place {
    (path) => {
        Place::Path
    };
    (query) => {
        Place::Query
    };
}

pub(super) use {operations, place};
