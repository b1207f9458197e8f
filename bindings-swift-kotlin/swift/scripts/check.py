"""Checks the Swift sources without a Swift compiler: they parse, nothing prints values, what is public has
docs, and every error code is known.

    pip install -r scripts/requirements.txt
    python scripts/check.py [FILE OR DIRECTORY WITH MORE SWIFT …]

It sees syntax only. Types, isolation and availability need `swift build`.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import tree_sitter_swift
from tree_sitter import Language, Node, Parser

PACKAGE = Path(__file__).resolve().parents[1]
PRINTED = ("CustomStringConvertible", "CustomDebugStringConvertible", "CustomReflectable")

# Public types that hold something and print it, with the reason why they may.
SHOWN = {
    "LoopError.Code": "a stable name, not a value",
    "LoopError.Action": "a stable name, not a value",
    "LoopEvent.Kind": "a stable name, not a value",
    "GrantStatus.State": "a stable name, not a value",
    "KeptAlive": "numbers of grants",
    "SafeView": "made for logs: what is no safe field is hidden in it",
    "LoopEnvironment": "an address without secrets, chosen by the app",
    "KeychainError": "a status number of the system",
    "WebAuthenticationBrowser": "one setting",
    "ThrownElsewhere": "a class's name",
}

# What texts may quote. Anything else could be a value, a token or a person's id.
QUOTED = {
    "code.rawValue": "a stable name",
    "state.rawValue": "a stable name",
    "message": "the core's sentence, which holds no value",
    "items.count": "a number",
    "status": "an HTTP status, or one of Security.framework",
    "Item.self": "a type's name",
    'words.joined(separator: " ")': "an event's kind and code",
}

# What a protocol of Swift or Foundation asks for, and documents.
WITNESSES = {
    "description",
    "debugDescription",
    "customMirror",
    "errorDescription",
    "failureReason",
    "encode",
    "startIndex",
    "endIndex",
    "makeAsyncIterator",
    "safeView",
    "typeName",
    "eventType",
    "next",
}

FORBIDDEN_CALLS = {"print", "debugPrint", "dump", "NSLog", "os_log", "Logger", "OSLog", "fputs", "fatalError", "puts"}


def declarations(node: Node, kinds: tuple[str, ...]) -> Iterator[Node]:
    for child in node.children:
        if child.type in kinds:
            yield child
        yield from declarations(child, kinds)


def text(node: Node | None) -> str:
    return "" if node is None or node.text is None else node.text.decode()


class Source:
    """One parsed file."""

    def __init__(self, path: Path, content: str | None = None) -> None:
        self.path = path
        if content is None:
            content = path.read_text()
        if "uniffi" in content:
            content = without_false_alarms(content)
        self.tree = Parser(Language(tree_sitter_swift.language())).parse(content.encode())

    def at(self, node: Node) -> str:
        return f"{self.path}:{node.start_point[0] + 1}"


def without_false_alarms(content: str) -> str:
    """Generated code without two forms that the grammar does not know. Lines keep their numbers."""
    attribute = r"^ *#if swift\(>=5\.8\)\n *@_documentation\(visibility: private\)\n *#endif\n"
    return re.sub(attribute, "\n\n\n", content, flags=re.MULTILINE).replace("{ () }", "{ }")


def snippets(page: Path) -> Iterator[Source]:
    """The Swift on a page of the documentation, each at its own lines."""
    content = page.read_text()
    for fence in re.finditer(r"^```swift\n(.*?)^```$", content, re.MULTILINE | re.DOTALL):
        lines_before = content[: fence.start(1)].count("\n")
        yield Source(page, "\n" * lines_before + fence.group(1))


def broken(source: Source) -> Iterator[str]:
    def walk(node: Node) -> Iterator[str]:
        if node.type == "ERROR" or node.is_missing:
            yield f"{source.at(node)}: not Swift: {text(node)[:60]!r}"
            return
        if node.has_error:
            for child in node.children:
                yield from walk(child)

    yield from walk(source.tree.root_node)


class Type:
    """What is known of a type, from its declaration and its extensions."""

    def __init__(self) -> None:
        self.declared_at = ""
        self.is_public = False
        self.holds: list[str] = []
        self.conforms: set[str] = set()
        self.bodies: dict[str, Node] = {}


def types(sources: list[Source]) -> dict[str, Type]:
    found: dict[str, Type] = {}

    def visit(source: Source, node: Node, outer: str) -> None:
        for child in node.children:
            if child.type != "class_declaration":
                continue
            kind = next(
                text(each) for each in child.children if text(each) in ("struct", "class", "enum", "extension", "actor")
            )
            name = ".".join(filter(None, [outer, text(child.child_by_field_name("name"))]))
            seen = found.setdefault(name, Type())
            specifiers = (text(each) for each in child.children if each.type == "inheritance_specifier")
            seen.conforms.update(word for specifier in specifiers for word in re.split(r"[\s,&]+", specifier))
            if kind != "extension":
                seen.declared_at = source.at(child)
                seen.is_public = is_public(child)
            body = child.child_by_field_name("body")
            if body is not None:
                members(seen, body)
                visit(source, body, name)

    for source in sources:
        visit(source, source.tree.root_node, "")
    return found


def is_public(node: Node) -> bool:
    modifiers = next((text(child) for child in node.children if child.type == "modifiers"), "")
    return bool({"public", "open"} & set(modifiers.split()))


def members(seen: Type, body: Node) -> None:
    for member in body.children:
        if member.type == "enum_entry" and any(child.type == "enum_type_parameters" for child in member.children):
            seen.holds.append(text(member.child_by_field_name("name")))
        if member.type != "property_declaration":
            continue
        name = text(member.child_by_field_name("name"))
        computed = member.child_by_field_name("computed_value")
        if computed is not None:
            seen.bodies[name] = computed
        elif "static" not in text(member).split(name)[0].split():
            seen.holds.append(name)


def printing(found: dict[str, Type]) -> Iterator[str]:
    for name in SHOWN:
        if name not in found:
            yield f"scripts/check.py: SHOWN names {name}, which is no type"
    for name, seen in found.items():
        if not seen.is_public or not seen.holds or name in SHOWN:
            continue
        for protocol in PRINTED:
            if protocol not in seen.conforms:
                yield f"{seen.declared_at}: {name} holds {', '.join(seen.holds)} and is not {protocol}"
        if "description" not in seen.bodies:
            yield f"{seen.declared_at}: {name} has no description"
        elif not returns_text(seen.bodies["description"]):
            yield f"{seen.declared_at}: {name}'s description is more than a text: {text(seen.bodies['description'])}"
        if text(seen.bodies.get("debugDescription")) != "{ description }":
            yield f"{seen.declared_at}: {name}'s debugDescription is not its description"
        if text(seen.bodies.get("customMirror")) != "{ Mirror(self, children: [:]) }":
            yield f"{seen.declared_at}: {name}'s customMirror is not empty"


def returns_text(body: Node) -> bool:
    """Whether the last thing in a body is a literal; what that quotes is checked by itself."""
    statements = next((child for child in body.children if child.type == "statements"), None)
    last = statements.named_children[-1] if statements is not None and statements.named_children else None
    if last is not None and last.type == "control_transfer_statement":
        last = last.named_children[-1]
    return last is not None and last.type == "line_string_literal"


def quoting(source: Source) -> Iterator[str]:
    for quoted in declarations(source.tree.root_node, ("interpolated_expression",)):
        if text(quoted) not in QUOTED:
            yield f"{source.at(quoted)}: a text quotes {text(quoted)}, which is not on the list of what may be quoted"
    for call in declarations(source.tree.root_node, ("call_expression",)):
        called = text(call.children[0])
        if called in FORBIDDEN_CALLS:
            yield f"{source.at(call)}: {called} writes to a log"
        if re.match(r"String\((reflecting:|describing: (?!type\(of:))", text(call)):
            yield f"{source.at(call)}: {text(call)} may print a value"
    for property in declarations(source.tree.root_node, ("navigation_suffix",)):
        if text(property) == ".localizedDescription":
            yield f"{source.at(property)}: the text of an error may quote a value"


def importing(source: Source) -> Iterator[str]:
    for each in declarations(source.tree.root_node, ("import_declaration",)):
        if "LoopNative" in text(each) and text(each) != "internal import LoopNative":
            yield f"{source.at(each)}: LoopNative is no public API: `internal import LoopNative`"


def documented(source: Source) -> Iterator[str]:
    """Public declarations have a doc comment, except those whose protocol says what they are."""
    for each in declarations(
        source.tree.root_node,
        (
            "class_declaration",
            "property_declaration",
            "function_declaration",
            "init_declaration",
            "protocol_declaration",
        ),
    ):
        name = text(each.child_by_field_name("name"))
        signature = text(each).split("{")[0]
        if (
            not is_public(each)
            or name in WITNESSES
            or "init(from decoder" in signature
            or "Literal" in signature
            or "init(nil" in signature
        ):
            continue
        if is_store_method(source, each):
            continue
        previous = each.prev_sibling
        if previous is None or previous.type != "comment" or not text(previous).startswith("///"):
            yield f"{source.at(each)}: {name or 'init'} is public and has no doc comment"


def is_store_method(source: Source, node: Node) -> bool:
    """A method of a type that keeps one of our protocols; the protocol documents it."""
    parent = node.parent.parent if node.parent is not None else None
    kept = text(parent).split("{")[0] if parent is not None else ""
    return node.type == "function_declaration" and bool(re.search(r": (TokenStore|Browser)\b", kept))


def codes(package: Path, workspace: Path) -> Iterator[str]:
    table = json.loads((workspace / "conformance/codes.json").read_text())
    known = (package / "Sources/LoopSDK/Generated/Codes.swift").read_text()

    def names(of: str) -> dict[str, str]:
        return dict(re.findall(rf'public static let `?(\w+)`? = {of}\(rawValue: "(\w+)"\)', known))

    own, actions = names("Code"), names("Action")
    if list(actions.values()) != table["actions"]:
        yield f"Codes.swift: the actions differ from conformance/codes.json: {', '.join(actions.values())}"
    pairs = re.findall(r"^ +\.`?(\w+)`?: \.(\w+),$", known, re.MULTILINE)
    mapped = {own.get(code, code): actions.get(action, action) for code, action in pairs}
    for code in sorted(set(own.values()) | set(mapped) | set(table["codes"])):
        expected = table["codes"].get(code)
        if code not in own.values() or mapped.get(code) != expected or expected is None:
            yield f"Codes.swift: {code} differs from conformance/codes.json: {mapped.get(code)} and {expected}"


def option_names(package: Path, workspace: Path) -> Iterator[str]:
    """The options that the docs name are those that there are."""
    lines = (workspace / "docs/src/options.md").read_text().splitlines()
    table = [[cell.strip() for cell in line.split("|")] for line in lines if line.startswith("| ")]
    column = table[0].index("Swift")
    named = {name for row in table[2:] for name in re.findall(r"`(\w+)`", row[column])}
    _, _, options = (package / "Sources/LoopSDK/LoopOptions.swift").read_text().partition("public struct LoopOptions")
    known = set(re.findall(r"^    public var (\w+):(?! \w+ \{)", options, re.MULTILINE)) - WITNESSES
    for name in sorted(named ^ known):
        yield f"docs/src/options.md and LoopOptions.swift differ in {name}"


def check(package: Path, workspace: Path, more: list[Path]) -> tuple[int, list[str]]:
    """The number of files, and everything that is wrong."""
    places = [package, *more]
    missing = [f"{place}: is not there" for place in places if not place.exists()]
    files = [file for place in places for file in ([place] if place.is_file() else sorted(place.rglob("*.swift")))]
    # Copies of this package, which npm publishes.
    files = [file for file in files if "ios/vendor" not in file.as_posix()]
    files = [file for file in files if ".build" not in file.parts]
    sources = [Source(file) for file in files]
    sdk = [source for source in sources if source.path.is_relative_to(package / "Sources/LoopSDK")]
    pages = [package / "README.md", workspace / "docs/src/quickstart-swift.md", workspace / "README.md"]
    wrong = missing + [each for source in sources for each in broken(source)]
    wrong += [each for page in pages for source in snippets(page) for each in broken(source)]
    wrong += printing(types(sdk))
    wrong += [each for source in sdk for rule in (quoting, importing, documented) for each in rule(source)]
    wrong += codes(package, workspace)
    wrong += option_names(package, workspace)
    return len(files), wrong


def main() -> int:
    count, wrong = check(PACKAGE, PACKAGE.parents[1], [Path(each) for each in sys.argv[1:]])
    for each in wrong:
        print(each)
    print(f"{count} Swift files parsed, {len(wrong)} things wrong. Not compiled: that needs a Swift toolchain.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
