// What the tests of `conformance/operations.json` share: arguments from JSON, and results as JSON.
import Foundation
@testable import LoopSDK
import XCTest

/// The arguments of a case, by their names in the core, as the types that a method declares.
struct Given {
    let values: [String: JSONValue]

    func callAsFunction<Value: Decodable>(_ name: String) throws -> Value {
        let value = try XCTUnwrap(values[name], "there is no argument \(name)")
        return try JSONDecoder().decode(Value.self, from: try JSONEncoder().encode(value))
    }

    /// One that a method can do without.
    func optional<Value: Decodable>(_ name: String) throws -> Value? {
        guard let value = values[name], value != .null else { return nil }
        return try JSONDecoder().decode(Value.self, from: try JSONEncoder().encode(value))
    }
}

/// What an operation returned. `byPerson` and `byMachine`, which call one by its name, are generated.
struct Called {
    static let nothing = Called(result: .null, safeView: .null, text: "")

    let result: JSONValue
    let safeView: JSONValue
    /// All that Swift prints of it.
    let text: String

    private init(result: JSONValue, safeView: JSONValue, text: String) {
        self.result = result
        self.safeView = safeView
        self.text = text
    }

    init<Value: Encodable & SafelyViewed>(_ value: Value) throws {
        self.init(result: try JSONValue.encoded(value), safeView: value.safeView.value, text: printed(value))
    }

    init<Item: Encodable & SafelyViewed & Sendable>(_ page: Page<Item>) throws {
        let items = try JSONValue.encoded(page.items)
        let cursor = page.nextCursor.map { JSONValue.string($0) } ?? .null
        self.init(
            result: .object(["items": items, "next_cursor": cursor]), safeView: page.safeView.value, text: printed(page)
        )
    }
}

/// One case of the file.
struct GoldenCase: Decodable {
    /// What the sandbox has to do first.
    struct Preparation: Decodable {
        let lever: String
        let body: JSONValue
        let save: [String: String]?
    }

    let operation: String
    let prepare: Preparation?
    let caller: String
    let arguments: [String: JSONValue]
    let save: [String: String]?
    let masked: [String]?
    let result: JSONValue
    let safe_view: JSONValue
}

struct GoldenFile: Decodable {
    let cases: [GoldenCase]
}

extension JSONValue {
    /// Each value inside of it and itself, turned into something else: nil leaves a value as it is.
    func turned(_ turn: (_ name: String?, _ value: JSONValue) -> JSONValue?, name: String? = nil) -> JSONValue {
        if let turned = turn(name, self) { return turned }
        switch self {
        case .array(let elements):
            return .array(elements.map { $0.turned(turn) })
        case .object(let members):
            let pairs = members.map { ($0.key, $0.value.turned(turn, name: $0.key)) }
            return .object(Dictionary(uniqueKeysWithValues: pairs))
        default:
            return self
        }
    }

    /// `${name}` becomes what an earlier case saved.
    func filled(_ saved: [String: String]) -> JSONValue {
        turned { _, value in
            guard let text = value.stringValue, text.hasPrefix("${"), text.hasSuffix("}") else { return nil }
            return saved[String(text.dropFirst(2).dropLast())].map { JSONValue.string($0) }
        }
    }

    /// What differs from run to run says only that it is there.
    func masked(_ names: [String]) -> JSONValue {
        turned { name, value in
            guard let name, names.contains(name), value != .null else { return nil }
            return "<masked>"
        }
    }

    /// What is at a path, for instance `items.0.id`.
    func at(_ path: String) -> JSONValue? {
        var value: JSONValue? = self
        for part in path.split(separator: ".") {
            if let index = Int(part) {
                value = value?[index]
            } else {
                value = value?[String(part)]
            }
        }
        return value
    }

    /// Equal, where 5.0 and 5 are one number, and a member that is null is one that is not there: Swift writes no null.
    func isSame(as other: JSONValue) -> Bool {
        switch (self, other) {
        case (.array(let one), .array(let two)):
            return one.count == two.count && zip(one, two).allSatisfy { $0.isSame(as: $1) }
        case (.object(let one), .object(let two)):
            let names = Set(one.keys).union(two.keys)
            return names.allSatisfy { (one[$0] ?? .null).isSame(as: two[$0] ?? .null) }
        case (.integer, .number), (.number, .integer):
            return doubleValue == other.doubleValue
        default:
            return self == other
        }
    }

    /// All texts in it that are long enough to be found by chance nowhere else.
    var longTexts: [String] {
        switch self {
        case .string(let text): return text.count < 12 ? [] : [text]
        case .array(let elements): return elements.flatMap { $0.longTexts }
        case .object(let members): return members.values.flatMap { $0.longTexts }
        default: return []
        }
    }

    /// For a failed test: the whole of it.
    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
