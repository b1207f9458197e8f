//! Adding an operation and its record takes one declaration each, and codegen: shown on a copy of the tree.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::Command;

fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{} has no {from}", file.display());
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn one_declaration_appears_in_every_language_with_types_and_docs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let copy = tempfile::tempdir().unwrap();
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(listed.status.success(), "the test reads the list of files from git");
    for name in String::from_utf8(listed.stdout).unwrap().split_terminator('\0') {
        let (from, to) = (root.join(name), copy.path().join(name));
        // A file that is deleted but not yet committed is still listed.
        if from.is_file() {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from, to).unwrap();
        }
    }

    let at = |name: &str| copy.path().join(name);
    edit(
        &at("core/src/model/clinical.rs"),
        "/// A lab report that was uploaded.",
        "/// How a person slept.\n#[model]\npub struct SleepNote {\n    /// From one to ten.\n    pub quality: i64,\n    \
         /// Sleep in hours; null where it was not given.\n    pub hours_slept: Option<f64>,\n}\n\n\
         /// A night to add.\n#[model(input)]\npub struct NewSleepNote {\n    /// From one to ten.\n    \
         pub quality: i64,\n}\n\n/// A lab report that was uploaded.",
    );
    edit(&at("core/src/api/clinical.rs"), "    Biomarker,", "    Biomarker, NewSleepNote, SleepNote,");
    edit(
        &at("core/src/api/clinical.rs"),
        "    /// Returns one protocol",
        "    /// Adds how the person slept.\n    add_sleep_notes(\n        /// Names the journal.\n        journal_id,\n    ) {\n        \
         /// The nights.\n        body nights: Vec<NewSleepNote>,\n    } -> Page<SleepNote>;\n    \
         POST \"/v1/sleep/{journal_id}\", person \"write:check_ins\", machine \"admin:clinical\";\n\n    \
         /// Returns one protocol",
    );

    // A target directory of its own: cargo takes the crates of a copy for those of the tree.
    let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("third-operation");
    let run = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--package", "loop-codegen"])
        .current_dir(copy.path())
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));

    for (file, texts) in [
        (
            "bindings-node/ts/generated.ts",
            &["addSleepNotes", "interface SleepNote", "hours_slept", "Sleep in hours", "NewSleepNote"][..],
        ),
        ("bindings-python/python/loop_sdk/_services.py", &["def add_sleep_notes", "Adds how the person slept"]),
        ("bindings-python/python/loop_sdk/_native.pyi", &["class SleepNote", "def hours_slept(self) -> float | None"]),
        ("bindings-python/src/generated.rs", &["SleepNote"]),
        (
            "bindings-swift-kotlin/kotlin/src/main/kotlin/health/loop/sdk/Services.kt",
            &[
                "suspend fun addSleepNotes(",
                "journalId: String,",
                "nights: List<NewSleepNote>,",
                "idempotencyKey",
                "write:check_ins",
            ],
        ),
        (
            "bindings-swift-kotlin/kotlin/src/main/kotlin/health/loop/sdk/MachineServices.kt",
            &["suspend fun addSleepNotes(", "Needs the scope `admin:clinical`"],
        ),
        (
            "bindings-swift-kotlin/kotlin/src/main/kotlin/health/loop/sdk/Records.kt",
            &["class SleepNote internal", "val hoursSlept: Double?", "Sleep in hours", "\"hours_slept\" to HIDDEN"],
        ),
        (
            "bindings-swift-kotlin/kotlin/src/main/kotlin/health/loop/sdk/Inputs.kt",
            &["public data class NewSleepNote(", "val quality: Long"],
        ),
        (
            "bindings-swift-kotlin/swift/Sources/LoopSDK/Generated/Services.swift",
            &[
                "func addSleepNotes(",
                "_ journalId: String",
                "nights: [NewSleepNote]",
                "idempotencyKey",
                "write:check_ins",
            ],
        ),
        (
            "bindings-swift-kotlin/swift/Sources/LoopSDK/Generated/MachineServices.swift",
            &["func addSleepNotes(", "Needs the scope `admin:clinical`"],
        ),
        (
            "bindings-swift-kotlin/swift/Sources/LoopSDK/Generated/Records.swift",
            &["struct SleepNote", "let hoursSlept: Double?", "Sleep in hours", "\"hours_slept\": .hidden"],
        ),
        (
            "bindings-swift-kotlin/swift/Sources/LoopSDK/Generated/Inputs.swift",
            &["struct NewSleepNote", "var quality: Int64"],
        ),
        ("docs/src/operations.md", &["clinical.add_sleep_notes", "write:check_ins"]),
    ] {
        let written = fs::read_to_string(at(file)).unwrap();
        for text in texts {
            assert!(written.contains(text), "{file} does not mention {text}");
        }
    }
}
