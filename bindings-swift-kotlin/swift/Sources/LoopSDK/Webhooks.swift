// Webhooks, for servers: whether a delivery comes from Loop, and what it says.
import Foundation
internal import LoopNative

/// Checks what is delivered to the address that an app registered for webhooks.
public enum Webhooks {
    /// Checks a delivery, and reads it.
    ///
    /// A delivery may come more than once: handle each id once, as ``LoopClient/claimEvent(_:timeout:)`` helps to do.
    ///
    /// - Parameters:
    ///   - rawBody: The body as it came, before anything parsed it.
    ///   - headers: All of the request's, in any case.
    ///   - secrets: The signing secret, or both while it is being changed; `LOOP_WEBHOOK_SECRET` if nil.
    /// - Throws: ``LoopError`` with the code `webhook_signature`: answer 401; or `webhook_malformed`: answer 400.
    public static func verify(
        rawBody: Data,
        headers: [(name: String, value: String)],
        secrets: [String]? = nil
    ) throws -> WebhookEvent {
        let named = Dictionary(grouping: headers, by: { $0.name }).mapValues { $0.map { $0.value } }
        let encoder = JSONEncoder()
        let given = String(decoding: try encoder.encode(named), as: UTF8.self)
        let known = String(decoding: try encoder.encode(JSONValue.words(secrets)), as: UTF8.self)
        do {
            let reply = try verifyWebhook(rawBody: rawBody, headers: given, secrets: known)
            return try JSONDecoder().decode(WebhookEvent.self, from: Data(reply.utf8))
        } catch {
            throw Caller.own(error)
        }
    }

    /// The same for headers of which each stands there once.
    public static func verify(
        rawBody: Data,
        headers: [String: String],
        secrets: [String]? = nil
    ) throws -> WebhookEvent {
        try verify(rawBody: rawBody, headers: headers.map { (name: $0.key, value: $0.value) }, secrets: secrets)
    }
}

/// A record that is what events of one type say.
public protocol WebhookData: Codable, Sendable {
    /// The events' type, for instance `clinical.bloodwork.uploaded.v1`.
    static var eventType: String { get }
}

/// An event that Loop delivered. It prints without what it is about.
public struct WebhookEvent: Decodable, Hashable, Sendable,
    CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// Identifies the event: the key to handle it once.
    public let id: String
    /// Its type with its version, for instance `clinical.bloodwork.uploaded.v1`.
    public let eventType: String
    /// The person it is about; nil where it is about nobody.
    public let userId: String?
    /// The app that it was sent to.
    public let clientId: String?
    /// When it happened (RFC 3339).
    public let occurredAt: String
    /// Which attempt this is, from 1; nil where the header is not there.
    public let attempt: Int?
    /// What it says, whole.
    public let data: JSONValue

    /// What it says as a record; nil where it is of another type, or not as the platform describes it.
    ///
    /// ```swift
    /// if let uploaded = event.data(as: BloodworkUploaded.self) { … }
    /// ```
    public func data<Record: WebhookData>(as record: Record.Type) -> Record? {
        guard eventType == Record.eventType, let json = try? JSONEncoder().encode(data) else { return nil }
        return try? JSONDecoder().decode(Record.self, from: json)
    }

    private enum CodingKeys: String, CodingKey {
        case id
        case eventType = "type"
        case userId = "user_id"
        case clientId = "client_id"
        case occurredAt = "occurred_at"
        case attempt
        case data
    }

    public var description: String { "<WebhookEvent: values hidden>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What to do with a delivery of a webhook.
public enum EventClaim: String, Decodable, Sendable {
    /// Nobody has handled it: do it now, then call ``LoopClient/finishEvent(_:timeout:)`` or
    /// ``LoopClient/abandonEvent(_:timeout:)``.
    case new
    /// It was handled: answer with 200, and do nothing.
    case done
    /// Somebody is at it: answer with 503, so that it comes again.
    case underWay = "under_way"
}

extension LoopClient {
    /// Whether a webhook's event is to be handled. It keeps all others of this app from doing so meanwhile: other threads,
    /// processes and hosts that share the store.
    public func claimEvent(_ eventId: String, timeout: TimeInterval? = nil) async throws -> EventClaim {
        try await caller.value("claim_event", ["event_id": .string(eventId)], timeout: timeout)
    }

    /// The event is handled: whenever it comes again, it is done.
    public func finishEvent(_ eventId: String, timeout: TimeInterval? = nil) async throws {
        try await caller.run("finish_event", ["event_id": .string(eventId)], timeout: timeout)
    }

    /// The event could not be handled: the next delivery is to try again.
    public func abandonEvent(_ eventId: String, timeout: TimeInterval? = nil) async throws {
        try await caller.run("abandon_event", ["event_id": .string(eventId)], timeout: timeout)
    }
}
