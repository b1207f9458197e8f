// The one way from a method to the core: arguments as JSON, the answer as JSON, cancellation in between.
import Foundation
internal import LoopNative

/// A client of the core, shared by the public clients and their services.
struct Caller: Sendable {
    private let native: NativeClient

    /// What is said of the caller in each call.
    private var said: [String: JSONValue] = [:]

    init(options: LoopOptions) throws {
        try self.init(optionsJSON: Self.encode(options.arguments), hooks: options)
    }

    /// The options as they cross, and the parts of them that are the app's own code.
    init(optionsJSON: String, hooks: LoopOptions) throws {
        try self.init(
            optionsJSON: optionsJSON,
            NativeHooks(
                store: hooks.resolvedStore.map { StoreAdapter($0) },
                browser: hooks.resolvedBrowser.map { BrowserAdapter($0) },
                events: hooks.onEvent.map { EventsAdapter($0) },
                audit: hooks.auditLog?.record.map { AuditAdapter($0) },
                secrets: hooks.clientSecret?.ask.map { SecretsAdapter($0) },
                ownDevice: hooks.isOwnDevice,
                machine: false
            )
        )
    }

    init(options: M2MOptions) throws {
        try self.init(
            optionsJSON: Self.encode(options.arguments),
            NativeHooks(
                store: nil,
                browser: nil,
                events: nil,
                audit: options.auditLog?.record.map { AuditAdapter($0) },
                secrets: options.clientSecret?.ask.map { SecretsAdapter($0) },
                ownDevice: false,
                machine: true
            )
        )
    }

    private init(optionsJSON: String, _ hooks: NativeHooks) throws {
        do {
            native = try NativeClient.open(options: optionsJSON, language: "swift/6", hooks: hooks)
        } catch {
            throw Self.own(error)
        }
    }

    /// The same, for somebody.
    func saying(_ said: [String: JSONValue]) -> Caller {
        var caller = self
        caller.said = said
        return caller
    }

    var redirectUri: String? { native.redirectUri() }

    /// Calls a method, and decodes what it returns.
    func value<Reply: Decodable>(
        _ method: String,
        _ arguments: [String: JSONValue],
        timeout: TimeInterval?
    ) async throws -> Reply {
        let answer = try await run(method, arguments, timeout: timeout)
        do {
            return try JSONDecoder().decode(Reply.self, from: Data(answer.utf8))
        } catch {
            // A decoder's error may quote the value.
            throw LoopError(code: .answerInvalid, message: "The answer does not have the form that it should have.")
        }
    }

    /// Calls a method that returns a list.
    func page<Item: Decodable & Sendable>(
        _ method: String,
        _ arguments: [String: JSONValue],
        timeout: TimeInterval?
    ) async throws -> Page<Item> {
        let reply: PageReply<Item> = try await value(method, arguments, timeout: timeout)
        return Page(items: reply.items, nextCursor: reply.nextCursor, total: reply.total)
    }

    /// Calls a method that returns one page of several.
    func pages<Item: Decodable & Sendable>(
        _ method: String,
        _ arguments: [String: JSONValue],
        timeout: TimeInterval?
    ) async throws -> Page<Item> {
        let reply: PageReply<Item> = try await value(method, arguments, timeout: timeout)
        return Page(items: reply.items, nextCursor: reply.nextCursor, total: reply.total) { cursor in
            let next = arguments.merging(["cursor": .string(cursor)]) { _, next in next }
            return try await self.pages(method, next, timeout: timeout)
        }
    }

    /// Calls a method. Cancelling the task that awaits it cancels the call, and a refresh that it shares goes on.
    @discardableResult
    func run(_ method: String, _ arguments: [String: JSONValue], timeout: TimeInterval?) async throws -> String {
        let all = arguments.merging(said) { _, said in said }
        return try await run(method, json: try Self.encode(all), timeout: timeout)
    }

    /// The same with arguments that are JSON already.
    @discardableResult
    func run(_ method: String, json arguments: String, timeout: TimeInterval?) async throws -> String {
        let limit = try Self.milliseconds(timeout)
        let handle = CancelHandle()
        let native = self.native
        do {
            return try await withTaskCancellationHandler {
                try await native.call(method: method, arguments: arguments, timeoutMs: limit, cancel: handle)
            } onCancel: {
                handle.cancel()
            }
        } catch {
            throw Self.own(error)
        }
    }

    /// The public error for one that crossed. Nothing else that is thrown here has a text that may be shown.
    static func own(_ error: any Error) -> any Error {
        guard let fault = error as? Fault, case .Failed(info: let info) = fault else {
            return LoopError(code: .internal, message: "The SDK failed in a way that it should not: please report it.")
        }
        if info.code == LoopError.Code.cancelled.rawValue {
            return CancellationError()
        }
        return LoopError(info)
    }

    private static func encode(_ arguments: [String: JSONValue]) throws -> String {
        do {
            return String(decoding: try JSONEncoder().encode(arguments), as: UTF8.self)
        } catch {
            let message = "An argument can't be written as JSON: numbers have to be finite."
            throw LoopError(code: .invalidOption, message: message)
        }
    }

    private static func milliseconds(_ timeout: TimeInterval?) throws -> UInt64? {
        guard let timeout else { return nil }
        guard timeout >= 0, timeout.isFinite else {
            let message = "`timeout` must be a length of time in seconds, zero or more."
            throw LoopError(code: .invalidOption, message: message, detail: "timeout")
        }
        // Longer than a year is no limit, and would not fit.
        return UInt64(min(timeout, 31_536_000) * 1000)
    }
}

/// Tasks that live on the SDK's threads, for tests that look for one that was left behind.
func tasksAlive() -> UInt64 { livingTasks() }

/// A page as it crosses.
private struct PageReply<Item: Decodable>: Decodable {
    let items: [Item]
    let nextCursor: String?
    let total: Int64?

    private enum CodingKeys: String, CodingKey {
        case items
        case total
        case nextCursor = "next_cursor"
    }
}
