// Options, calls, errors and events as JSON texts, for the Expo module: `@_spi(LoopExpo) import LoopSDK`.
import Foundation

extension LoopClient {
    /// A client whose options come as a JSON object. Store, browser, listener and whose device it is come from `hooks`.
    @_spi(LoopExpo)
    public convenience init(optionsJSON: String, hooks: LoopOptions) throws {
        var hooks = hooks
        let named = try? JSONDecoder().decode([String: JSONValue].self, from: Data(optionsJSON.utf8))
        hooks.storeUrl = named?["store"]?.stringValue ?? hooks.storeUrl
        self.init(caller: try Caller(optionsJSON: optionsJSON, hooks: hooks))
    }

    /// A method of the core with a JSON object of arguments: `{"value": …}` or `{"error": …}`. It never throws.
    @_spi(LoopExpo)
    public func callJSON(_ method: String, _ arguments: String, timeout: TimeInterval? = nil) async -> String {
        do {
            let answer = try await caller.run(method, json: arguments, timeout: timeout)
            return "{\"value\":" + answer + "}"
        } catch {
            return LoopClient.errorJSON(error)
        }
    }

    /// An error as `callJSON` returns it.
    @_spi(LoopExpo)
    public static func errorJSON(_ error: any Error) -> String {
        let crossed: LoopError
        if let own = error as? LoopError {
            crossed = own
        } else if error is CancellationError {
            crossed = LoopError(code: .cancelled, message: "The call was cancelled.")
        } else {
            crossed = LoopError(code: .internal, message: "The SDK failed in a way that it should not: please report it.")
        }
        let flat: [String: JSONValue] = [
            "code": .string(crossed.code.rawValue),
            "action": .string(crossed.action.rawValue),
            "message": .string(crossed.message),
            "retry_after_ms": .seconds(crossed.retryAfter.map { $0 * 1000 }),
            "status": .count(crossed.status),
            "request_id": .text(crossed.requestId),
            "detail": .text(crossed.detail),
            "cause": .text(crossed.reason),
            "user_id": .text(crossed.userId),
            "missing_scopes": .words(crossed.missingScopes),
        ]
        guard let data = try? JSONEncoder().encode(["error": flat]) else { return "{\"error\":{\"code\":\"internal\"}}" }
        return String(decoding: data, as: UTF8.self)
    }

    /// An event as the core tells of it.
    @_spi(LoopExpo)
    public static func eventJSON(_ event: LoopEvent) -> String {
        let crossed: [String: JSONValue] = [
            "kind": .string(event.kind.rawValue),
            "user_id": .string(event.userId),
            "at": .seconds((event.at.timeIntervalSince1970 * 1000).rounded()),
            "code": .text(event.code?.rawValue),
        ]
        guard let data = try? JSONEncoder().encode(crossed) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}

/// Stands for what another language threw: for JavaScript, in the Expo package. `kind` is the name of its class.
@_spi(LoopExpo)
public struct ThrownElsewhere: Error, Told {
    let kind: String

    /// Of this class.
    public init(kind: String) {
        self.kind = kind
    }
}
