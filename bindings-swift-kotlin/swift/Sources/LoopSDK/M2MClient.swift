// M2MClient: Loop for a job or a service that acts for no person, with a token of its own.
import Foundation

/// A client of Loop for a machine. It keeps no grant: it gets a token by its id and its secret, and shares it between calls.
///
/// ```swift
/// let loop = try M2MClient(M2MOptions(scopes: [Scope.adminClinical]))
/// let biomarkers = try await loop.clinical.listPatientBiomarkers(patientId: patientId)
/// ```
///
/// Its services have the operations that are open to machines. It does not belong into an app on a person's device.
public final class M2MClient: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let caller: Caller

    /// Checks every option; touches neither disk nor network.
    public init(_ options: M2MOptions = M2MOptions()) throws {
        caller = try Caller(options: options)
    }

    private init(caller: Caller) {
        self.caller = caller
    }

    /// The same client, with the same token, whose calls belong to a trace. One that is malformed fails them.
    ///
    /// - Parameter traceparent: The header of W3C Trace Context, sent along.
    public func inTrace(_ traceparent: String) -> M2MClient {
        M2MClient(caller: caller.saying(["traceparent": .string(traceparent)]))
    }

    /// A fresh access token, for HTTP calls of your own.
    public func accessToken(timeout: TimeInterval? = nil) async throws -> String {
        try await caller.value("access_token", [:], timeout: timeout)
    }

    /// Sends any request to one of Loop's services, for what has no method here yet.
    public func request(_ request: ApiRequest, timeout: TimeInterval? = nil) async throws -> ApiResponse {
        try await caller.value("request", request.arguments, timeout: timeout)
    }

    public var description: String { "<M2MClient>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Options of an ``M2MClient``. What is nil comes from the environment variable that stands beside it, where there is one.
public struct M2MOptions: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The machine's public id (`LOOP_SERVICE_CLIENT_ID`).
    public var clientId: String?
    /// Its secret (`LOOP_SERVICE_CLIENT_SECRET`).
    public var clientSecret: ClientSecret?
    /// The scopes to ask for (`LOOP_SERVICE_SCOPES`, separated by spaces); all that the machine may have if nil.
    public var scopes: [String]?
    /// Which Loop (`LOOP_ENVIRONMENT`).
    public var environment: LoopEnvironment?
    /// Where tokens come from; `/v1/tokens` of Loop's identity service if nil.
    public var tokenEndpoint: String?
    /// The time limit of a call with its retries, in seconds (30).
    public var timeout: TimeInterval?
    /// Records every call of one of Loop's APIs.
    public var auditLog: AuditLog?
    /// Whether a call fails whose entry can't be recorded: nothing is sent then.
    public var auditRequired: Bool = false

    /// The options that most machines give; the others are properties.
    public init(
        clientId: String? = nil,
        clientSecret: ClientSecret? = nil,
        scopes: [String]? = nil,
        environment: LoopEnvironment? = nil
    ) {
        self.clientId = clientId
        self.clientSecret = clientSecret
        self.scopes = scopes
        self.environment = environment
    }

    var arguments: [String: JSONValue] {
        [
            "client_id": .text(clientId),
            "client_secret": .words(clientSecret?.known),
            "scopes": .words(scopes),
            "environment": environment?.argument ?? .null,
            "token_endpoint": .text(tokenEndpoint),
            "timeout": .seconds(timeout),
            "audit_log": .text(auditLog?.path),
            "audit_required": .bool(auditRequired),
        ]
    }

    public var description: String { "<M2MOptions: values hidden>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
