// What happens to grants, as `onEvent` hears of it.
import Foundation
internal import LoopNative

/// Something that happened to a person's grant. It prints without the person's id.
public struct LoopEvent: Decodable, Hashable, Sendable,
    CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// What happened.
    public let kind: Kind
    /// Whose grant it is.
    public let userId: String
    /// When it happened.
    public let at: Date
    /// The code of the error that callers get because of it.
    public let code: LoopError.Code?

    private enum CodingKeys: String, CodingKey {
        case kind
        case userId = "user_id"
        case at
        case code
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = try container.decode(Kind.self, forKey: .kind)
        userId = try container.decode(String.self, forKey: .userId)
        at = try container.decodeMilliseconds(forKey: .at)
        code = try container.decodeIfPresent(LoopError.Code.self, forKey: .code)
    }

    public var description: String {
        let words = [kind.rawValue, code?.rawValue].compactMap { $0 }
        return "<LoopEvent \(words.joined(separator: " "))>"
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The listener as the core calls it.
final class EventsAdapter: NativeEvents {
    private let listener: @Sendable (LoopEvent) -> Void

    init(_ listener: @escaping @Sendable (LoopEvent) -> Void) {
        self.listener = listener
    }

    func tell(event: String) throws {
        guard let event = try? JSONDecoder().decode(LoopEvent.self, from: Data(event.utf8)) else {
            throw ListenerFault.Threw
        }
        listener(event)
    }
}

extension KeyedDecodingContainer {
    /// A moment, which crosses as milliseconds since the epoch.
    func decodeMilliseconds(forKey key: Key) throws -> Date {
        Date(timeIntervalSince1970: try decode(Double.self, forKey: key) / 1000)
    }

    func decodeMillisecondsIfPresent(forKey key: Key) throws -> Date? {
        try decodeIfPresent(Double.self, forKey: key).map { Date(timeIntervalSince1970: $0 / 1000) }
    }
}
