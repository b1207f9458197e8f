//! The asyncio client of the Python package, made of the sync one: the same methods as coroutines, with other names.

use std::fmt::Write as _;

const CLIENT: &str = include_str!("../../../bindings-python/python/loop_sdk/client.py");
const M2M: &str = include_str!("../../../bindings-python/python/loop_sdk/m2m.py");
const REQUEST: &str = include_str!("../../../bindings-python/python/loop_sdk/_request.py");

const NAMES: &[(&str, &str)] = &[
    ("LoopClient", "AsyncLoopClient"),
    ("User", "AsyncUser"),
    ("Services", "AsyncServices"),
    ("UserServices", "AsyncUserServices"),
    ("M2MClient", "AsyncM2MClient"),
    ("MachineServices", "AsyncMachineServices"),
    ("Caller", "AsyncCaller"),
    ("Requests", "AsyncRequests"),
    ("Grants", "AsyncGrants"),
    ("_caller", "_caller_async"),
    ("_request", "_request_async"),
    ("_services", "_services_async"),
];

/// What the docs say of one client only.
const SENTENCES: &[(&str, &str)] = &[
    (
        "\"\"\"`LoopClient`: sign a person in, keep the grant, call Loop for them.\"\"\"",
        "\"\"\"`LoopClient` for asyncio. Written by `cargo xtask codegen` from `client.py`; do not edit.\"\"\"",
    ),
    (
        "\"\"\"`M2MClient`: Loop for a machine, with a token of its own.\"\"\"",
        "\"\"\"`M2MClient` for asyncio. Written by `cargo xtask codegen` from `m2m.py`; do not edit.\"\"\"",
    ),
    (
        "\"\"\"Any request to one of Loop's services, for what has no method here yet.\"\"\"\n\nfrom",
        "\"\"\"Any request, for asyncio. Written by `cargo xtask codegen`; do not edit.\"\"\"\n\nfrom",
    ),
    ("# `cargo xtask codegen` makes `_request_async.py` of this file.\n\n", ""),
    ("# `cargo xtask codegen` makes `async_m2m.py` of this file: what is written here serves both clients.\n\n", ""),
    ("# `cargo xtask codegen` makes `async_client.py` of this file: what is written here serves both clients.\n\n", ""),
    ("Threads may share it, and it survives a fork.", "Event loops and threads may share it, and it survives a fork."),
    ("Ctrl-C ends the wait the same way.", "Cancelling the task ends its wait the same way."),
    ("iterating over the result goes on", "`async for` over the result goes on"),
];

pub(crate) fn async_client() -> String {
    asynchronous(CLIENT)
}

pub(crate) fn async_m2m() -> String {
    asynchronous(M2M)
}

pub(crate) fn request() -> String {
    asynchronous(REQUEST)
}

fn asynchronous(source: &str) -> String {
    let mut source = source.to_owned();
    for (sync, asynchronous) in SENTENCES {
        source = source.replace(sync, asynchronous);
    }
    // A method that calls the native client becomes a coroutine; the others stay as they are.
    let mut methods = source.split("\n    def ");
    let mut out = methods.next().unwrap_or_default().to_owned();
    for method in methods {
        let mut coroutine = method.to_owned();
        for call in ["self._call.json(", "self.user(arguments.pop(\"user_id\")).request("] {
            coroutine = coroutine.replace(call, &format!("await {call}"));
        }
        let asynchronous = if coroutine == method { "" } else { "async " };
        let _ = write!(out, "\n    {asynchronous}def {coroutine}");
    }
    renamed(&out)
}

/// The text with whole names exchanged.
fn renamed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for part in text.split_inclusive(|character: char| !character.is_alphanumeric() && character != '_') {
        let name = part.trim_end_matches(|character: char| !character.is_alphanumeric() && character != '_');
        match NAMES.iter().find(|(sync, _)| *sync == name) {
            Some((_, asynchronous)) => out.extend([asynchronous, part.get(name.len()..).unwrap_or_default()]),
            None => out.push_str(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_that_differs_is_found() {
        for (sync, _) in SENTENCES {
            let is_there = [CLIENT, M2M, REQUEST].iter().any(|source| source.contains(sync));
            assert!(is_there, "no source has this any more: {sync}");
        }
    }

    #[test]
    fn whole_names_are_exchanged_and_parts_of_names_are_not() {
        assert_eq!(renamed("User(UserX, LoopClient)"), "AsyncUser(UserX, AsyncLoopClient)");
    }
}
