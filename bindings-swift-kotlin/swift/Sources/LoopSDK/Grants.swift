// Where people stand, grants that come from elsewhere, and what a look over all grants did.
import Foundation

/// Where one person stands. It prints without the person's id.
public struct GrantStatus: Decodable, Hashable, Sendable,
    CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// Whose grant it is.
    public let userId: String
    /// Where it stands.
    public let state: State
    /// Whether a call can work without the person.
    public let isConnected: Bool
    /// What the person granted.
    public let scopes: [String]
    /// When the access token ends. The SDK renews it by itself.
    public let accessExpiresAt: Date?
    /// When the grant lapses unless it is used, where that is known.
    public let refreshExpiresAt: Date?
    /// What to do about it; nil where there is nothing to do.
    public let next: LoopError.Action?

    private enum CodingKeys: String, CodingKey {
        case userId = "user_id"
        case state
        case isConnected = "connected"
        case scopes
        case accessExpiresAt = "access_expires_at"
        case refreshExpiresAt = "refresh_expires_at"
        case next
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        userId = try container.decode(String.self, forKey: .userId)
        state = try container.decode(State.self, forKey: .state)
        isConnected = try container.decode(Bool.self, forKey: .isConnected)
        scopes = try container.decode([String].self, forKey: .scopes)
        accessExpiresAt = try container.decodeMillisecondsIfPresent(forKey: .accessExpiresAt)
        refreshExpiresAt = try container.decodeMillisecondsIfPresent(forKey: .refreshExpiresAt)
        next = try container.decodeIfPresent(LoopError.Action.self, forKey: .next)
    }

    public var description: String { "<GrantStatus \(state.rawValue): values hidden>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A grant that the app got elsewhere.
public struct ImportGrant: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Who it belongs to.
    public var userId: String
    /// The newest refresh token; the former owner must not use it any more.
    public var refreshToken: String
    /// Spares the first refresh while it lives.
    public var accessToken: String?
    /// When the access token ends.
    public var expiresAt: Date?
    /// What was granted, where known.
    public var scopes: [String]?
    /// Whether a live grant of this user may be replaced.
    public var replace: Bool

    /// A grant of this user.
    public init(
        userId: String,
        refreshToken: String,
        accessToken: String? = nil,
        expiresAt: Date? = nil,
        scopes: [String]? = nil,
        replace: Bool = false
    ) {
        self.userId = userId
        self.refreshToken = refreshToken
        self.accessToken = accessToken
        self.expiresAt = expiresAt
        self.scopes = scopes
        self.replace = replace
    }

    var arguments: [String: JSONValue] {
        [
            "user_id": .string(userId),
            "refresh_token": .string(refreshToken),
            "access_token": .text(accessToken),
            "expires_at": .seconds(expiresAt?.timeIntervalSince1970),
            "scopes": .words(scopes),
            "replace": .bool(replace),
        ]
    }

    public var description: String { "<ImportGrant: values hidden>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What an import did.
public enum Imported: String, Decodable, Sendable {
    /// It is stored.
    case imported
    /// It, or a newer one that came from it, was there already.
    case alreadyHeld = "already_held"
    /// Its refresh token was used before: it was not stored.
    case knownSpent = "known_spent"
}

/// What a run of ``LoopClient/keepAlive(timeout:)`` did, in numbers of grants.
public struct KeptAlive: Decodable, Hashable, Sendable {
    /// Looked at.
    public let lookedAt: Int
    /// Renewed, since they would have lapsed.
    public let refreshed: Int
    /// Found to be over: these people have to sign in again.
    public let ended: Int
    /// Of unknown outcome: the answer to the refresh was lost.
    public let unknown: Int
    /// Left for the next run.
    public let left: Int

    private enum CodingKeys: String, CodingKey {
        case lookedAt = "looked_at"
        case refreshed
        case ended
        case unknown
        case left
    }
}
