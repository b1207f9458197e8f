// Requests to Loop's services that have no method of their own yet.
import Foundation

/// A request to one of Loop's services.
public struct ApiRequest: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// For instance `clinical`.
    public var service: String
    /// For instance `/v1/check-ins`.
    public var path: String
    /// The HTTP method.
    public var method: String
    /// Query parameters: texts, numbers, booleans, or lists of them.
    public var query: [String: JSONValue]
    /// The body; none if nil.
    public var body: JSONValue?
    /// Names a write, so that the SDK may send it again where an answer is lost.
    public var idempotencyKey: String?

    /// A request to a service.
    public init(
        service: String,
        path: String,
        method: String = "GET",
        query: [String: JSONValue] = [:],
        body: JSONValue? = nil,
        idempotencyKey: String? = nil
    ) {
        self.service = service
        self.path = path
        self.method = method
        self.query = query
        self.body = body
        self.idempotencyKey = idempotencyKey
    }

    var arguments: [String: JSONValue] {
        [
            "service": .string(service),
            "path": .string(path),
            "method": .string(method),
            "query": .object(query),
            "body": body ?? .null,
            "idempotency_key": .text(idempotencyKey),
        ]
    }

    public var description: String { "<ApiRequest: values hidden>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The answer to an ``ApiRequest``. It prints without its body.
public struct ApiResponse: Decodable, Sendable,
    CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// The HTTP status, 200 to 299.
    public let status: Int
    /// The platform's id of the request.
    public let requestId: String?
    /// The body; `.null` where there is none.
    public let body: JSONValue

    private enum CodingKeys: String, CodingKey {
        case status
        case requestId = "request_id"
        case body
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        status = try container.decode(Int.self, forKey: .status)
        requestId = try container.decodeIfPresent(String.self, forKey: .requestId)
        body = try container.decodeIfPresent(JSONValue.self, forKey: .body) ?? .null
    }

    public var description: String { "<ApiResponse \(status): values hidden>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
