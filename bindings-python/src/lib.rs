//! The native part of the Python package `loop_sdk`: one generic call into core, and views of the records it returns.

mod audit;
mod client;
mod completion;
mod errors;
mod events;
mod foreign;
mod gate;
mod generated;
mod page;
mod records;
mod secrets;
mod store;
mod views;
mod wait;
mod webhook;

use pyo3::prelude::*;

// It has no state that the GIL would have to guard, so free-threaded Python keeps it off.
#[pymodule(gil_used = false)]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    loop_sdk::bridge::keep_panics_quiet();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<client::Client>()?;
    module.add_class::<completion::Completions>()?;
    module.add_class::<page::Page>()?;
    module.add_function(wrap_pyfunction!(gate::_close, module)?)?;
    module.add_function(wrap_pyfunction!(gate::_forked, module)?)?;
    module.add_function(wrap_pyfunction!(wait::_settle, module)?)?;
    module.add_function(wrap_pyfunction!(store::_schema, module)?)?;
    module.add_function(wrap_pyfunction!(webhook::_verify_webhook, module)?)?;
    module.add_function(wrap_pyfunction!(views::_restore, module)?)?;
    module.add_function(wrap_pyfunction!(views::_restore_page, module)?)?;
    #[cfg(debug_assertions)]
    module.add_function(wrap_pyfunction!(client::_panic, module)?)?;
    generated::register(module)
}
