//! The macros that turn a record's fields, as `generated.rs` lists them, into its Python class.

/// A Python class of one record: a getter for every field, printing without values, `to_dict()` with all of them.
macro_rules! record {
    (
        $(#[doc = $doc:tt])*
        $name:ident, see $hint:literal {
            $($(#[doc = $field_doc:tt])* $field:ident as $python:ident = $key:literal,)+
        }
    ) => {
        $(#[doc = $doc])*
        #[pyclass(frozen, eq, module = "loop_sdk")]
        pub(crate) struct $name(View<model::$name>);

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.get() == other.0.get()
            }
        }

        #[pymethods]
        #[allow(clippy::wrong_self_convention, reason = "a getter is named after its field, also `from_state`")]
        impl $name {
            $(
                $(#[doc = $field_doc])*
                #[getter($python)]
                fn $field<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                    self.0.get().$field.to_python(py)
                }
            )+

            /// The whole record in plain types, for a template or for JSON.
            fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                self.0.get().to_plain(py)
            }

            fn _safe_view<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                crate::views::json_to_python(py, &loop_sdk::SafeView::safe_view(self.0.get()))
            }

            fn __repr__(&self) -> &'static str {
                concat!("<", stringify!($name), ": values hidden, use .", $hint, " or to_dict()>")
            }

            fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (&'static str, String))> {
                let json = serde_json::to_string(self.0.get()).map_err(|_| crate::views::unreadable())?;
                Ok((py.import("loop_sdk._native")?.getattr("_restore")?, (stringify!($name), json)))
            }
        }

        impl ToPython for model::$name {
            fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                Self::wrap(py, View::One(Arc::new(self.clone())))
            }

            fn to_plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                let dict = PyDict::new(py);
                $(dict.set_item($key, self.$field.to_plain(py)?)?;)+
                Ok(dict.into_any())
            }
        }

        impl Record for model::$name {
            fn wrap(py: Python<'_>, view: View<Self>) -> PyResult<Bound<'_, PyAny>> {
                $name(view).into_bound_py_any(py)
            }
        }
    };
}

/// An enum is a text in Python: values that this version does not know need no class.
macro_rules! choice {
    ($name:ident) => {
        impl ToPython for model::$name {
            fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                self.as_str().into_bound_py_any(py)
            }
        }
    };
}

/// The records by their names.
macro_rules! records {
    ($($name:ident),+ $(,)?) => {
        pub(crate) fn one(name: &str, body: &[u8]) -> Option<Result<Decoded, Error>> {
            match name {
                $(stringify!($name) => Some(Decoded::one::<model::$name>(body)),)+
                _ => None,
            }
        }

        pub(crate) fn page(name: &str, body: &[u8]) -> Option<Result<Decoded, Error>> {
            match name {
                $(stringify!($name) => Some(Decoded::page::<model::$name>(body)),)+
                _ => None,
            }
        }

        pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
            $(module.add_class::<$name>()?;)+
            Ok(())
        }
    };
}

pub(crate) use {choice, record, records};
