//! A page of a list, as a Python sequence.

use std::any::Any;
use std::sync::Arc;

use loop_sdk::{SafeView, model};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyList, PySlice, PyTuple};

use crate::views::{Record, ToPython as _, View, json_to_python, list, unreadable};

/// What pickle keeps: the function that makes the page again, and its arguments.
type Restored<'py, 'a> = (Bound<'py, PyAny>, (&'static str, String, Option<&'a str>, Option<u64>));

/// One page of a list: a sequence of its records.
#[pyclass(frozen, eq, generic, sequence, module = "loop_sdk")]
pub(crate) struct Page(Box<dyn Items>);

impl Page {
    pub(crate) fn of<M: Record>(page: model::Page<M>) -> Self {
        Self(Box::new(Arc::new(page)))
    }
}

trait Items: Send + Sync {
    fn name(&self) -> &'static str;
    fn len(&self) -> usize;
    fn item<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyAny>>;
    fn plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>>;
    fn json(&self) -> serde_json::Result<String>;
    fn safe_view(&self) -> serde_json::Value;
    fn next_cursor(&self) -> Option<&str>;
    fn total(&self) -> Option<u64>;
    fn equals(&self, other: &dyn Items) -> bool;
    fn as_any(&self) -> &dyn Any;
}

impl<M: Record> Items for Arc<model::Page<M>> {
    fn name(&self) -> &'static str {
        M::SCHEMA.name
    }

    fn len(&self) -> usize {
        self.items.len()
    }

    fn item<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyAny>> {
        M::wrap(py, View::Item(Arc::clone(self), index))
    }

    fn plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.items.to_plain(py)
    }

    fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(&self.items)
    }

    fn safe_view(&self) -> serde_json::Value {
        SafeView::safe_view(&**self)
    }

    fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }

    fn total(&self) -> Option<u64> {
        self.total
    }

    fn equals(&self, other: &dyn Items) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|other| self == other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl PartialEq for Page {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(&*other.0)
    }
}

#[pymethods]
impl Page {
    /// The records, in the platform's order.
    #[getter]
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        list(py, (0..self.0.len()).map(|index| self.0.item(py, index)))
    }

    /// Fetches the next page; None on the last one.
    #[getter]
    fn next_cursor(&self) -> Option<&str> {
        self.0.next_cursor()
    }

    /// How many records all pages have together; None where the platform does not say.
    #[getter]
    fn total(&self) -> Option<u64> {
        self.0.total()
    }

    /// The whole page in plain types, for a template or for JSON.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("items", self.0.plain(py)?)?;
        dict.set_item("next_cursor", self.0.next_cursor())?;
        dict.set_item("total", self.0.total())?;
        Ok(dict)
    }

    fn _safe_view<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json_to_python(py, &self.0.safe_view())
    }

    #[pyo3(signature = (value, *bounds))]
    fn index<'py>(
        &self,
        py: Python<'py>,
        value: Bound<'py, PyAny>,
        bounds: Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let arguments = PyList::new(py, [value])?;
        for bound in bounds {
            arguments.append(bound)?;
        }
        self.items(py)?.call_method1("index", arguments.to_tuple())
    }

    fn count<'py>(&self, py: Python<'py>, value: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.items(py)?.call_method1("count", (value,))
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if index.is_instance_of::<PySlice>() {
            return self.items(py)?.as_any().get_item(index);
        }
        let given: isize = index.extract()?;
        let position = if given < 0 { given.checked_add_unsigned(self.0.len()) } else { Some(given) };
        match position.and_then(|position| usize::try_from(position).ok()).filter(|position| *position < self.0.len()) {
            Some(position) => self.0.item(py, position),
            None => Err(PyIndexError::new_err("page index out of range")),
        }
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.items(py)?.try_iter()
    }

    fn __repr__(&self) -> String {
        format!("<Page of {} {}; values hidden, use .items or to_dict()>", self.0.len(), self.0.name())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Restored<'py, '_>> {
        let restore = py.import("loop_sdk._native")?.getattr("_restore_page")?;
        let json = self.0.json().map_err(|_| unreadable())?;
        Ok((restore, (self.0.name(), json, self.0.next_cursor(), self.0.total())))
    }
}
