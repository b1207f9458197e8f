// What of a value may stand in a log.
import Foundation

/// Something with a form that may stand in a log.
public protocol SafelyViewed {
    /// The type's name, the same in every language.
    static var typeName: String { get }

    /// Its type, and of its values those that say nothing about a person. A field is shown only if its declaration says why
    /// it may be.
    var safeView: SafeView { get }
}

/// A form of a value that may stand in a log. It prints as JSON, with all that it has.
///
/// ```swift
/// logger.info("\(try await loop.clinical.getLabOrder("…").safeView)")
/// ```
public struct SafeView: Encodable, Hashable, Sendable, CustomStringConvertible {
    /// What is in it, by name.
    public let members: [String: JSONValue]

    init(type: String, _ members: [String: JSONValue]) {
        self.members = members.merging(["type": .string(type)]) { _, type in type }
    }

    /// The whole of it as a JSON object.
    public var value: JSONValue { .object(members) }

    public func encode(to encoder: any Encoder) throws {
        try value.encode(to: encoder)
    }

    public var description: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let json = try? encoder.encode(self) else { return "<SafeView>" }
        return String(decoding: json, as: UTF8.self)
    }
}

extension JSONValue {
    /// What stands in place of a value.
    static let hidden = JSONValue.string("[hidden]")
}

extension Page: SafelyViewed where Item: SafelyViewed {
    public static var typeName: String { "Page" }

    public var safeView: SafeView {
        SafeView(type: Self.typeName, [
            "of": .string(Item.typeName),
            "count": .count(items.count),
            "items": .array(items.map { $0.safeView.value }),
        ])
    }
}

extension LoopError: SafelyViewed {
    public static let typeName = "Error"

    public var safeView: SafeView {
        SafeView(type: Self.typeName, [
            "code": .string(code.rawValue),
            "action": .string(action.rawValue),
            "status": .count(status),
            "request_id": .text(requestId),
            "retry_after_ms": .count(retryAfter.map { Int($0 * 1000) }),
        ])
    }
}
