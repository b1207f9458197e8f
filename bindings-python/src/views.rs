//! Records as Python sees them: the parsed answer stays in Rust, and attributes become Python objects when they are read.

use std::sync::Arc;

use loop_sdk::bridge::decode;
use loop_sdk::model::{self, Decimal, Json};
use loop_sdk::schema::{Model, Type};
use loop_sdk::{Error, Received};
use pyo3::IntoPyObjectExt as _;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyType};
use serde_json::Value;

use crate::generated;
use crate::page::Page;

/// A record, alone or inside the page that it came with.
pub(crate) enum View<M> {
    One(Arc<M>),
    Item(Arc<model::Page<M>>, usize),
}

impl<M> View<M> {
    pub(crate) fn get(&self) -> &M {
        match self {
            Self::One(record) => record,
            Self::Item(page, index) => &page.items[*index],
        }
    }
}

/// A value of a record's field.
pub(crate) trait ToPython {
    /// As the attribute has it.
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>>;

    /// As `to_dict()` has it: plain types all the way down.
    fn to_plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.to_python(py)
    }
}

/// A record with a Python class.
pub(crate) trait Record: Model + ToPython + PartialEq {
    fn wrap(py: Python<'_>, view: View<Self>) -> PyResult<Bound<'_, PyAny>>;
}

impl ToPython for String {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.as_str().into_bound_py_any(py)
    }
}

macro_rules! copied {
    ($($ty:ty),+) => {
        $(impl ToPython for $ty {
            fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                (*self).into_bound_py_any(py)
            }
        })+
    };
}

copied!(f64, i64, bool);

impl<T: ToPython> ToPython for Option<T> {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.as_ref().map_or_else(|| Ok(py.None().into_bound(py)), |value| value.to_python(py))
    }

    fn to_plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.as_ref().map_or_else(|| Ok(py.None().into_bound(py)), |value| value.to_plain(py))
    }
}

impl<T: ToPython> ToPython for Vec<T> {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        hidden(list(py, self.iter().map(|value| value.to_python(py)))?.into_any())
    }

    fn to_plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        list(py, self.iter().map(|value| value.to_plain(py))).map(Bound::into_any)
    }
}

impl ToPython for Decimal {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        DECIMAL.import(py, "decimal", "Decimal")?.call1((self.as_str(),))
    }

    fn to_plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        // JSON has no decimals: the digits stay a text, as they travel.
        self.as_str().into_bound_py_any(py)
    }
}

impl ToPython for Json {
    fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        hidden(json_to_python(py, &self.0)?)
    }

    fn to_plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json_to_python(py, &self.0)
    }
}

/// Dicts and lists that print without what is in them.
fn hidden(value: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    static HIDDEN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    HIDDEN.import(value.py(), "loop_sdk._hidden", "hidden")?.call1((value,))
}

pub(crate) fn json_to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Null => Ok(py.None().into_bound(py)),
        Value::Bool(value) => value.into_bound_py_any(py),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => integer.into_bound_py_any(py),
            (None, Some(integer)) => integer.into_bound_py_any(py),
            (None, None) => number.as_f64().into_bound_py_any(py),
        },
        Value::String(text) => text.as_str().into_bound_py_any(py),
        Value::Array(values) => list(py, values.iter().map(|value| json_to_python(py, value))).map(Bound::into_any),
        Value::Object(fields) => {
            let dict = PyDict::new(py);
            for (name, value) in fields {
                dict.set_item(name, json_to_python(py, value)?)?;
            }
            Ok(dict.into_any())
        }
    }
}

pub(crate) fn list<'py>(
    py: Python<'py>,
    values: impl Iterator<Item = PyResult<Bound<'py, PyAny>>>,
) -> PyResult<Bound<'py, PyList>> {
    PyList::new(py, values.collect::<PyResult<Vec<_>>>()?)
}

/// An answer that is parsed, and gets its Python object once the GIL is held again.
pub(crate) struct Decoded(Box<dyn Wrap>);

trait Wrap: Send {
    fn wrap(self: Box<Self>, py: Python<'_>) -> PyResult<Bound<'_, PyAny>>;

    /// What led to it, where it is a page.
    fn came_from(&mut self, _cursor: Option<&str>) {}
}

struct One<M>(M);

impl<M: Record> Wrap for One<M> {
    fn wrap(self: Box<Self>, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        M::wrap(py, View::One(Arc::new(self.0)))
    }
}

impl<M: Record> Wrap for model::Page<M> {
    fn wrap(self: Box<Self>, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        Page::of(*self).into_bound_py_any(py)
    }

    fn came_from(&mut self, cursor: Option<&str>) {
        self.leave_out(cursor);
    }
}

impl Wrap for Value {
    fn wrap(self: Box<Self>, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        hidden(json_to_python(py, &self)?)
    }
}

impl Decoded {
    /// Parses an operation's answer.
    pub(crate) fn of(received: &Received) -> Result<Self, Error> {
        let operation = received.operation();
        let known = match operation.result {
            Type::Page(model) => generated::page(model.name, received.body()),
            Type::Model(model) => generated::one(model.name, received.body()),
            _ => None,
        };
        // An enum or a plain value has no class of its own.
        let Some(known) = known else {
            return Ok(Self(Box::new(decode::<Value>((operation.normalize)(received)?.as_bytes())?)));
        };
        let mut decoded = known.map_err(|error| received.tell(&error))?;
        decoded.0.came_from(received.cursor());
        Ok(decoded)
    }

    pub(crate) fn one<M: Record>(body: &[u8]) -> Result<Self, Error> {
        Ok(Self(Box::new(One(decode::<M>(body)?))))
    }

    pub(crate) fn page<M: Record>(body: &[u8]) -> Result<Self, Error> {
        Ok(Self(Box::new(decode::<model::Page<M>>(body)?)))
    }

    pub(crate) fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        self.0.wrap(py)
    }
}

/// What pickle calls to make a record again.
#[pyfunction]
pub(crate) fn _restore<'py>(py: Python<'py>, name: &str, json: &str) -> PyResult<Bound<'py, PyAny>> {
    restored(py, generated::one(name, json.as_bytes()))
}

/// What pickle calls to make a page again.
#[pyfunction]
#[pyo3(signature = (name, json, next_cursor, total=None))]
pub(crate) fn _restore_page<'py>(
    py: Python<'py>,
    name: &str,
    json: &str,
    next_cursor: Option<&str>,
    total: Option<u64>,
) -> PyResult<Bound<'py, PyAny>> {
    let (cursor, total) = (Value::from(next_cursor), Value::from(total));
    let page = format!(r#"{{"results":{json},"next_cursor":{cursor},"total":{total}}}"#);
    restored(py, generated::page(name, page.as_bytes()))
}

fn restored(py: Python<'_>, decoded: Option<Result<Decoded, Error>>) -> PyResult<Bound<'_, PyAny>> {
    match decoded {
        Some(Ok(decoded)) => decoded.into_python(py),
        _ => Err(unreadable()),
    }
}

pub(crate) fn unreadable() -> PyErr {
    PyValueError::new_err("This record was pickled by another version of loop_sdk, or is damaged.")
}
