//! A store that the application wrote in Python.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use loop_sdk::Error;
use loop_sdk::store::{Entry, Expected, Saved, TokenStore, Version};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyInt, PyString, PyTuple};

use crate::foreign::{Function, Trouble};

/// The methods of the application's object; `loop_sdk.store.TokenStore` documents them.
pub(crate) struct PythonStore {
    load: Function,
    save: Function,
    delete: Function,
    now: Function,
    list: Option<Function>,
}

impl PythonStore {
    pub(crate) fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let method =
            |name: &str, label, returns| Ok::<_, PyErr>(Function::new(label, returns, object.getattr(name)?.unbind()));
        let list = object.getattr_opt("list")?.filter(PyAnyMethods::is_callable);
        Ok(Self {
            load: method("load", "store.load", "(version, blob), a str and bytes, or None")?,
            save: method("save", "store.save", "the new version, a str, or None for a conflict")?,
            delete: method("delete", "store.delete", "a bool")?,
            now: method("now", "store.now", "milliseconds since the epoch, an int")?,
            list: list.map(|list| {
                Function::new("store.list", "a list of (key, version, blob), a str, a str and bytes", list.unbind())
            }),
        })
    }
}

impl fmt::Debug for PythonStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PythonStore")
    }
}

#[async_trait]
impl TokenStore for PythonStore {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        let key = key.to_owned();
        let found = self.load.call(move |py| (key,).into_pyobject(py), |value| optional(value, entry)).await;
        found.map_err(unavailable)
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        let (key, blob) = (key.to_owned(), blob.to_vec());
        let expected = match expected {
            Expected::Absent => None,
            Expected::Version(version) => Some(version.0.clone()),
        };
        let ttl = ttl.map(|ttl| ttl.as_secs_f64());
        let saved = self
            .save
            .call(
                move |py| (key, PyBytes::new(py, &blob), expected, ttl).into_pyobject(py),
                |value| optional(value, version),
            )
            .await;
        match saved {
            Ok(Some(version)) => Ok(Saved::Version(version)),
            Ok(None) => Ok(Saved::Conflict),
            Err(trouble) if trouble.may_have_happened => Ok(Saved::Unknown),
            Err(trouble) => Err(unavailable(trouble)),
        }
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        let (key, expected) = (key.to_owned(), expected.0.clone());
        let deleted = self.delete.call(
            move |py| (key, expected).into_pyobject(py),
            |value| value.cast::<PyBool>().ok().map(PyBoolMethods::is_true),
        );
        deleted.await.map_err(unavailable)
    }

    async fn now(&self) -> Result<u64, Error> {
        // A float would be seconds, as `time.time()` has them.
        let now = self.now.call(
            |py| Ok(PyTuple::empty(py)),
            |value| value.cast::<PyInt>().ok().filter(|value| !value.is_instance_of::<PyBool>())?.extract().ok(),
        );
        now.await.map_err(unavailable)
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Option<Vec<(String, Entry)>>, Error> {
        let Some(list) = &self.list else { return Ok(None) };
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        let listed = list.call(
            move |py| (prefix, after, limit).into_pyobject(py),
            |value| value.try_iter().ok()?.map(|item| listed(&item.ok()?)).collect::<Option<Vec<_>>>(),
        );
        listed.await.map(Some).map_err(unavailable)
    }
}

fn unavailable(trouble: Trouble) -> Error {
    Error::store_unavailable(trouble)
}

/// None of Python, or a value, or neither.
#[allow(clippy::option_option, reason = "the outer one is a wrong type")]
fn optional<T>(value: &Bound<'_, PyAny>, read: fn(&Bound<'_, PyAny>) -> Option<T>) -> Option<Option<T>> {
    if value.is_none() { Some(None) } else { read(value).map(Some) }
}

fn version(value: &Bound<'_, PyAny>) -> Option<Version> {
    value.cast::<PyString>().ok().map(|text| Version(text.to_string()))
}

fn entry(value: &Bound<'_, PyAny>) -> Option<Entry> {
    let pair = value.cast::<PyTuple>().ok().filter(|pair| pair.len() == 2)?;
    Some(Entry { version: version(&pair.get_item(0).ok()?)?, blob: blob(&pair.get_item(1).ok()?)? })
}

fn listed(value: &Bound<'_, PyAny>) -> Option<(String, Entry)> {
    let triple = value.cast::<PyTuple>().ok().filter(|triple| triple.len() == 3)?;
    let key = triple.get_item(0).ok()?.cast::<PyString>().ok()?.to_string();
    Some((key, Entry { version: version(&triple.get_item(1).ok()?)?, blob: blob(&triple.get_item(2).ok()?)? }))
}

/// bytes, bytearray or memoryview: database drivers differ.
fn blob(value: &Bound<'_, PyAny>) -> Option<Vec<u8>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Some(bytes.as_bytes().to_vec());
    }
    if value.is_instance_of::<PyString>() || value.is_instance_of::<PyInt>() {
        return None;
    }
    let bytes = value.py().get_type::<PyBytes>().call1((value,)).ok()?;
    bytes.cast::<PyBytes>().ok().map(|bytes| bytes.as_bytes().to_vec())
}
