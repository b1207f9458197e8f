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
    edit(&at("core/src/model/mod.rs"), "BiomarkerStatus,", "BiomarkerStatus, CheckIn,");
    edit(
        &at("core/src/model/clinical.rs"),
        "/// One protocol of",
        "/// How a person is doing.\n#[model]\npub struct CheckIn {\n    /// Mood, from one to ten.\n    pub mood: i64,\n    \
         /// Body weight in kilograms; null where it was not given.\n    pub weight_kg: Option<f64>,\n}\n\n/// One protocol of",
    );
    edit(&at("core/src/api/clinical.rs"), "{Biomarker,", "{Biomarker, CheckIn,");
    edit(
        &at("core/src/api/clinical.rs"),
        "    /// Returns one protocol",
        "    /// Lists how the person was doing.\n    list_check_ins() -> Page<CheckIn>;\n    \
         GET \"/v1/check-ins\", scope \"read:check_ins\";\n\n    /// Returns one protocol",
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
        ("bindings-node/ts/generated.ts", &["listCheckIns", "CheckIn", "weight_kg", "Body weight in kilograms"][..]),
        ("bindings-python/python/loop_sdk/_services.py", &["def list_check_ins", "Lists how the person was doing"]),
        ("bindings-python/python/loop_sdk/_native.pyi", &["class CheckIn", "def weight_kg(self) -> float | None"]),
        ("bindings-python/src/generated.rs", &["CheckIn"]),
        (
            "bindings-swift-kotlin/swift/Sources/LoopSDK/Generated/Services.swift",
            &["func listCheckIns", "read:check_ins"],
        ),
        (
            "bindings-swift-kotlin/swift/Sources/LoopSDK/Generated/Records.swift",
            &["struct CheckIn", "let weightKg: Double?", "Body weight in kilograms"],
        ),
        ("docs/src/operations.md", &["clinical.list_check_ins", "read:check_ins"]),
    ] {
        let written = fs::read_to_string(at(file)).unwrap();
        for text in texts {
            assert!(written.contains(text), "{file} does not mention {text}");
        }
    }
}
