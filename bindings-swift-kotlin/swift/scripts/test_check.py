"""Breaks a copy of the package in every way that check.py is for, and expects it to say so."""

import shutil
import sys
import tempfile
from pathlib import Path

import check

CLIENT = "Sources/LoopSDK/LoopClient.swift"
RECORDS = "Sources/LoopSDK/Generated/Records.swift"
SIGN_IN = "Sources/LoopSDK/SignIn.swift"
MIRROR = "public var customMirror: Mirror { Mirror(self, children: [:]) }"

# What is broken, where, and what has to be said.
BREAKS = [
    (
        "a parenthesis is missing",
        "Sources/LoopNative/LoopNative.swift",
        "open func cancel()",
        "open func cancel(",
        "not Swift",
    ),
    ("a brace is missing", CLIENT, "public var redirectUri: String? {", "public var redirectUri: String?", "not Swift"),
    ("a record without a mirror", RECORDS, MIRROR, "", "customMirror is not empty"),
    (
        "a record that conforms to less",
        RECORDS,
        ", CustomDebugStringConvertible",
        "",
        "is not CustomDebugStringConvertible",
    ),
    (
        "a record that describes a value",
        RECORDS,
        '"<Biomarker: values hidden>"',
        "biomarkerName",
        "is more than a text",
    ),
    (
        "a record that quotes a value",
        RECORDS,
        '"<Biomarker: values hidden>"',
        '"<Biomarker \\(value)>"',
        "a text quotes value",
    ),
    (
        "a debug form of its own",
        SIGN_IN,
        "public var debugDescription: String { description }",
        "public var debugDescription: String { accessToken }",
        "debugDescription",
    ),
    (
        "a new public type that holds something",
        SIGN_IN,
        "import Foundation",
        "import Foundation\npublic struct Leak { let token: String }",
        "Leak holds token",
    ),
    (
        "a public enum that holds something",
        SIGN_IN,
        "import Foundation",
        "import Foundation\npublic enum Leak { case token(String) }",
        "Leak holds token",
    ),
    (
        "a log line",
        CLIENT,
        "self.init(caller: try Caller(options: options))",
        "self.init(caller: try Caller(options: options))\n        print(options)",
        "print writes to a log",
    ),
    ("a reflected value", CLIENT, '"<LoopClient>"', "String(reflecting: caller)", "may print a value"),
    (
        "the text of a thrown error",
        "Sources/LoopSDK/TokenStore.swift",
        "String(describing: type(of: error))",
        "error.localizedDescription",
        "may quote a value",
    ),
    (
        "generated code as public API",
        "Sources/LoopSDK/Caller.swift",
        "internal import LoopNative",
        "public import LoopNative",
        "no public API",
    ),
    (
        "a public method without docs",
        CLIENT,
        "    /// A fresh access token, for HTTP calls of your own.\n",
        "",
        "accessToken is public and has no doc comment",
    ),
    (
        "an unknown code",
        "Sources/LoopSDK/Generated/Codes.swift",
        'Code(rawValue: "grant_ended")',
        'Code(rawValue: "grant_over")',
        "grant_over differs",
    ),
    (
        "another action",
        "Sources/LoopSDK/Generated/Codes.swift",
        ".grantEnded: .signInAgain",
        ".grantEnded: .retry",
        "grant_ended differs",
    ),
    (
        "an option that the docs don't know",
        "Sources/LoopSDK/LoopOptions.swift",
        "public var profile: String?",
        "public var rule: String?",
        "LoopOptions.swift differ in profile",
    ),
]


def main() -> int:
    failures = 0
    for title, name, before, after, expected in BREAKS:
        with tempfile.TemporaryDirectory() as directory:
            package = Path(directory) / "swift"
            shutil.copytree(check.PACKAGE, package, ignore=shutil.ignore_patterns(".build", "build", "__pycache__"))
            file = package / name
            content = file.read_text()
            if before not in content:
                print(f"{title}: {name} has no {before!r}")
                failures += 1
                continue
            file.write_text(content.replace(before, after, 1))
            _, wrong = check.check(package, check.PACKAGE.parents[1], [])
            if not any(expected in each for each in wrong):
                print(f"{title}: not noticed; said was {wrong}")
                failures += 1
    print(f"{len(BREAKS) - failures} of {len(BREAKS)} breaks are noticed.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
