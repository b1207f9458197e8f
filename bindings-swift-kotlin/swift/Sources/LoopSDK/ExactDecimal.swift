// A number that travels as a text, because floating point would change it.
import Foundation

/// A decimal number, digit by digit as the platform wrote it, perhaps with an exponent. It prints without its value.
public struct ExactDecimal: Codable, Hashable, Sendable,
    CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// Its digits.
    public let text: String

    /// A number from its digits, for instance `-12.50` or `1e-7`; nil where they are no number.
    public init?(_ text: String) {
        let halves = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
        let number = Self.unsigned(halves[0], "-")
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy(Self.areDigits) else { return nil }
        if halves.count == 2 {
            // The core has no longer ones.
            let exponent = Self.unsigned(halves[1], "-+")
            guard exponent.count <= 3, Self.areDigits(exponent) else { return nil }
        }
        self.text = text
    }

    private static func unsigned(_ text: Substring, _ signs: String) -> Substring {
        guard let first = text.first, signs.contains(first) else { return text }
        return text.dropFirst()
    }

    private static func areDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// For arithmetic. It has 38 digits at most: what is longer is rounded, and stays whole in `text`.
    public var decimal: Decimal {
        Decimal(string: text, locale: Locale(identifier: "en_US_POSIX")) ?? .nan
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let number = ExactDecimal(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a decimal number")
        }
        self = number
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public var description: String { "<ExactDecimal: value hidden>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
