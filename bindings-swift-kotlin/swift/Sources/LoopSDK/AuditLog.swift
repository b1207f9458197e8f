// The audit log: who looked at or changed whose data, and why. Entries say what was done, never what was read.
import Foundation
internal import LoopNative

/// Where the audit log goes.
public struct AuditLog: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let path: String?
    let record: (@Sendable (AuditEntry) async throws -> Void)?

    /// Into a file, one JSON object a line. It is made for its owner alone (0600), and only ever appended to.
    public static func file(_ path: String) -> AuditLog {
        AuditLog(path: path, record: nil)
    }

    /// To a function of yours: a logger's, or one that keeps entries elsewhere. What it throws counts as not recorded, and
    /// only the name of its type goes further.
    public static func callback(_ record: @escaping @Sendable (AuditEntry) async throws -> Void) -> AuditLog {
        AuditLog(path: nil, record: record)
    }

    public var description: String { "<AuditLog>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// One call of one of Loop's APIs. It names a person, so it prints without its values; `json` has them all.
public struct AuditEntry: Sendable, Hashable,
    CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// When the call ended, or began where `outcome` is `begun`.
    public let at: Date
    /// Who called, as the app said.
    public let actor: String?
    /// Why, as the app said.
    public let purpose: String?
    /// Whose data: the person whose grant was used, or whom a machine's call names; nil where it names nobody.
    public let userId: String?
    /// The app.
    public let clientId: String
    /// For instance `clinical.list_biomarkers`; `request` with the method and service for any other request.
    public let operation: String
    /// The scope that the operation needs; nil where the SDK does not know it.
    public let scope: String?
    /// The platform's id of the request.
    public let requestId: String?
    /// How many records came back; nil where none did.
    public let records: Int?
    /// `ok`, the code of the error, or `begun`.
    public let outcome: String
    /// The whole entry as a JSON object in one line, `at` in milliseconds since 1970.
    public let json: String

    init(json: String) throws {
        let fields = try JSONDecoder().decode(Fields.self, from: Data(json.utf8))
        at = Date(timeIntervalSince1970: fields.at / 1000)
        actor = fields.actor
        purpose = fields.purpose
        userId = fields.user_id
        clientId = fields.client_id
        operation = fields.operation
        scope = fields.scope
        requestId = fields.request_id
        records = fields.records
        outcome = fields.outcome
        self.json = json
    }

    /// As it crosses.
    private struct Fields: Decodable {
        let at: Double
        let actor: String?
        let purpose: String?
        let user_id: String?
        let client_id: String
        let operation: String
        let scope: String?
        let request_id: String?
        let records: Int?
        let outcome: String
    }

    public var description: String { "<AuditEntry: values hidden>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The audit log as the core writes to it.
final class AuditAdapter: NativeAudit {
    private let take: @Sendable (AuditEntry) async throws -> Void

    init(_ take: @escaping @Sendable (AuditEntry) async throws -> Void) {
        self.take = take
    }

    func record(entry: String) async throws {
        do {
            try await take(try AuditEntry(json: entry))
        } catch {
            throw HookFault.Threw(kind: kind(of: error))
        }
    }
}

/// The app's function that knows the client's secrets, as the core asks it.
final class SecretsAdapter: NativeSecrets {
    private let ask: @Sendable () async throws -> [String]

    init(_ ask: @escaping @Sendable () async throws -> [String]) {
        self.ask = ask
    }

    func secrets() async throws -> [String] {
        do {
            return try await ask()
        } catch {
            throw HookFault.Threw(kind: kind(of: error))
        }
    }
}
