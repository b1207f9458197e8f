//! Writes the Kotlin and Swift that uniffi generates for the built library. `--check` writes nothing and fails on a
//! difference.
//!
//! Nothing of it is public API. In Swift a target of its own sees to that; in Kotlin every declaration becomes
//! `internal` here, since uniffi has no switch for it.

#![allow(clippy::print_stdout, reason = "a command tells what it wrote")]

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate};

/// Where uniffi writes a file, and where it belongs.
const FILES: [(&str, &str); 4] = [
    ("health/loop/sdk/ffi/loop_sdk.kt", "kotlin/src/main/kotlin/health/loop/sdk/ffi/LoopNative.kt"),
    ("LoopNative.swift", "swift/Sources/LoopNative/LoopNative.swift"),
    ("LoopFFI.h", "swift/Sources/LoopFFI/include/LoopFFI.h"),
    ("LoopFFI.modulemap", "swift/Sources/LoopFFI/include/module.modulemap"),
];

/// What may stand before a declaration of Kotlin, and what declares.
const MODIFIERS: [&str; 8] = ["public", "data", "open", "sealed", "enum", "abstract", "inline", "suspend"];
const DECLARATIONS: [&str; 8] = ["class", "interface", "object", "fun", "typealias", "val", "var", "const"];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = arguments.iter().any(|argument| argument == "--check");
    let Some(library) = arguments.iter().find(|argument| !argument.starts_with("--")) else {
        bail!("usage: loop-bindgen PATH-OF-THE-BUILT-LIBRARY [--check]");
    };
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("no package directory")?;
    let out = tempfile::tempdir()?;
    let out_dir = Utf8PathBuf::from_path_buf(out.path().to_owned()).ok().context("a directory's name is not UTF-8")?;
    generate(GenerateOptions {
        languages: vec![TargetLanguage::Kotlin, TargetLanguage::Swift],
        source: Utf8PathBuf::from(library),
        out_dir: out_dir.clone(),
        config_override: None,
        format: false,
        crate_filter: None,
        metadata_no_deps: false,
    })?;
    let mut stale = Vec::new();
    for (from, to) in FILES {
        let text = tidy(&out_dir, from)?;
        let path: PathBuf = package.join(to);
        if std::fs::read_to_string(&path).ok().as_deref() == Some(text.as_str()) {
            continue;
        }
        stale.push(to);
        if !check {
            std::fs::create_dir_all(path.parent().context("no directory")?)?;
            std::fs::write(&path, text).with_context(|| to.to_owned())?;
        }
    }
    if check && !stale.is_empty() {
        bail!("not up to date: {}. Run `cargo xtask codegen` and commit what it writes.", stale.join(", "));
    }
    for path in &stale {
        println!("wrote bindings-swift-kotlin/{path}");
    }
    Ok(())
}

fn tidy(out_dir: &Utf8Path, file: &str) -> Result<String> {
    let text = std::fs::read_to_string(out_dir.join(file)).with_context(|| file.to_owned())?;
    let lines: Vec<String> = text
        .lines()
        .map(|line| if Utf8Path::new(file).extension() == Some("kt") { internal(line) } else { line.to_owned() })
        .map(|line| line.trim_end().to_owned())
        .collect();
    Ok(format!("{}\n", lines.join("\n").trim_end()))
}

/// A declaration of a file, as opposed to one inside of it, stands at the beginning of its line.
fn internal(line: &str) -> String {
    // uniffi indents a function of the library, and puts it behind the end of its comment. One that throws looks like a
    // constructor, which may be internal too.
    let starts = [("         */ ", "fun `"), ("     ", "suspend fun `"), ("    @Throws(Fault::class) ", "fun `")];
    for (start, function) in starts {
        if let Some(rest) = line.strip_prefix(start)
            && rest.starts_with(function)
        {
            return format!("{start}internal {rest}");
        }
    }
    let mut rest = line;
    while let Some((word, after)) = rest.split_once(' ') {
        if MODIFIERS.contains(&word) {
            rest = after;
        } else {
            break;
        }
    }
    let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
    if DECLARATIONS.contains(&word.as_str()) {
        return format!("internal {}", line.strip_prefix("public ").unwrap_or(line));
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::internal;

    #[test]
    fn what_a_file_declares_becomes_internal_and_nothing_else() {
        for (line, expected) in [
            ("public object FfiConverterLong: X {", "internal object FfiConverterLong: X {"),
            ("data class A(", "internal data class A("),
            ("inline fun <T> f() {", "internal inline fun <T> f() {"),
            ("suspend fun `settle`(", "internal suspend fun `settle`("),
            ("fun interface B {", "internal fun interface B {"),
            ("const val X = 1", "internal const val X = 1"),
            ("internal class C", "internal class C"),
            ("private val lock = 1", "private val lock = 1"),
            ("    fun inner()", "    fun inner()"),
            ("         */ fun `livingTasks`()", "         */ internal fun `livingTasks`()"),
            ("     suspend fun `settle`(", "     internal suspend fun `settle`("),
            ("    @Throws(Fault::class) fun `verify`(", "    @Throws(Fault::class) internal fun `verify`("),
            ("    suspend fun `load`(", "    suspend fun `load`("),
            ("import kotlin.concurrent.withLock", "import kotlin.concurrent.withLock"),
            ("}", "}"),
            ("// values", "// values"),
        ] {
            assert_eq!(internal(line), expected);
        }
    }
}
