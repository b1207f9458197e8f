// The secret of an app on a server, or of a machine.
import Foundation

/// A client's secret. It prints without its value.
public struct ClientSecret: Sendable, ExpressibleByStringLiteral,
    CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    let known: [String]?
    let ask: (@Sendable () async throws -> [String])?

    /// One secret.
    public init(_ secret: String) {
        self.init([secret])
    }

    /// Several, while it is being changed: the newest first.
    public init(_ secrets: [String]) {
        known = secrets
        ask = nil
    }

    /// Asked for when it is needed, the newest first. Only the name of the type that it throws goes further.
    public init(asking ask: @escaping @Sendable () async throws -> [String]) {
        known = nil
        self.ask = ask
    }

    public init(stringLiteral value: String) {
        self.init(value)
    }

    public var description: String { "<ClientSecret: value hidden>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
