// What a sign-in takes and gives.
import Foundation

/// What to ask for in a sign-in.
public struct AuthorizationRequest: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The scopes; the client's own if nil.
    public var scopes: [String]?
    /// Who is expected to sign in; anybody else is refused.
    public var userId: String?
    /// The browser's secret from an earlier sign-in, for instance from its cookie. Apps on a device have none.
    public var browserSecret: String?
    /// A path to return to; it comes back as ``Tokens/appState``.
    public var appState: String?
    /// OpenID Connect's `prompt`: `login`, `consent`, `none`, `select_account`.
    public var prompt: String?
    /// An e-mail address or user id that the sign-in page may fill in.
    public var loginHint: String?
    /// Overrides the client's ``LoopOptions/checkBrowser`` for this sign-in.
    public var checkBrowser: Bool?

    /// A request with the client's own scopes, unless said otherwise.
    public init(scopes: [String]? = nil, userId: String? = nil, appState: String? = nil, prompt: String? = nil) {
        self.scopes = scopes
        self.userId = userId
        self.appState = appState
        self.prompt = prompt
    }

    var arguments: [String: JSONValue] {
        [
            "scopes": .words(scopes),
            "user_id": .text(userId),
            "browser_secret": .text(browserSecret),
            "app_state": .text(appState),
            "prompt": .text(prompt),
            "login_hint": .text(loginHint),
            "check_browser": .flag(checkBrowser),
        ]
    }

    public var description: String { "<AuthorizationRequest: values hidden>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A sign-in that has begun. It prints without its values.
public struct Authorization: Decodable, Sendable,
    CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// Send the person's browser there.
    public let url: URL
    /// Comes back in the callback.
    public let state: String
    /// On a server: belongs in an HttpOnly, SameSite=Lax cookie of this browser, and into `handleCallback`.
    public let browserSecret: String

    private enum CodingKeys: String, CodingKey {
        case url
        case state
        case browserSecret = "browser_secret"
    }

    public var description: String { "<Authorization: use .url>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A person who signed in. It prints without its values.
public struct Tokens: Decodable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The person's stable id: it selects the grant in every later call.
    public let userId: String
    /// What the person granted.
    public let scopes: [String]
    /// When the access token ends. The SDK renews it by itself.
    public let expiresAt: Date
    /// The id_token's claims; empty where the client does not identify.
    public let claims: [String: JSONValue]
    /// For an HTTP call of your own right now; ``LoopClient/accessToken(userId:timeout:)`` has a fresh one at any later
    /// time.
    public let accessToken: String
    /// The path that was given at the beginning.
    public let appState: String?

    private enum CodingKeys: String, CodingKey {
        case userId = "user_id"
        case scopes
        case expiresAt = "expires_at"
        case claims
        case accessToken = "access_token"
        case appState = "app_state"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        userId = try container.decode(String.self, forKey: .userId)
        scopes = try container.decode([String].self, forKey: .scopes)
        expiresAt = try container.decodeMilliseconds(forKey: .expiresAt)
        claims = try container.decodeIfPresent([String: JSONValue].self, forKey: .claims) ?? [:]
        accessToken = try container.decode(String.self, forKey: .accessToken)
        appState = try container.decodeIfPresent(String.self, forKey: .appState)
    }

    public var description: String { "<Tokens: values hidden>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
