// A client's options, and what they are where the app does not say.
import Foundation

/// Which Loop a client talks to.
public enum LoopEnvironment: Sendable, Hashable {
    case production
    case staging
    case dev
    /// The sandbox on this machine, `http://127.0.0.1:4010/{service}`. The iOS simulator reaches it too.
    case sandbox
    /// A base URL with `{service}` in it.
    case template(String)
    /// Another OpenID provider, whose endpoints are found by discovery.
    case issuer(String)

    var argument: JSONValue {
        switch self {
        case .production: return "production"
        case .staging: return "staging"
        case .dev: return "dev"
        case .sandbox: return "sandbox"
        case .template(let url): return .string(url)
        case .issuer(let issuer): return .object(["issuer": .string(issuer)])
        }
    }
}

/// Options of a ``LoopClient``. What is nil comes from the environment variable that stands beside it, where there is
/// one.
public struct LoopOptions: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The app's public id (`LOOP_CLIENT_ID`).
    public var clientId: String?
    /// The secret of an app on a server (`LOOP_CLIENT_SECRET`). An app on a person's device must have none.
    public var clientSecret: ClientSecret?
    /// Where Loop sends the person back, exactly as registered (`LOOP_REDIRECT_URI`): `your-app:/callback`, or an https
    /// link that the app claims.
    public var redirectUri: String?
    /// The scopes to ask for (`LOOP_SCOPES`, separated by spaces). `openid` is added by itself.
    public var scopes: [String]?
    /// Which Loop (`LOOP_ENVIRONMENT`).
    public var environment: LoopEnvironment?
    /// A store of your own, or ``KeychainStore`` on Apple's systems.
    public var store: (any TokenStore)?
    /// In place of `store`: `memory:` or `sqlite:///path` (`LOOP_STORE`).
    ///
    /// With neither, grants are in the keychain on iOS, and elsewhere in SQLite in the user's data directory.
    public var storeUrl: String?
    /// Seals what is stored (`LOOP_STORE_KEY`): 32 bytes in base64, several with commas between, or `none`.
    public var storeKey: String?
    /// The rule of the server's refresh tokens: `strict` (default), `introspect`, `grace:SECONDS`, `replay`.
    public var profile: String?
    /// How many token requests a minute this client and all others on its store may make (60).
    public var tokenRequestsPerMinute: Int?
    /// Whether a refresh whose answer was lost is sent once more: it may end the grant (not unless said otherwise).
    public var retryUnknownRefresh: Bool?
    /// Whether sign-ins say who signed in (default). Without it, name the `userId` at the sign-in.
    public var identify: Bool?
    /// Whether a callback must come from the browser that began (not on a person's own device).
    public var checkBrowser: Bool?
    /// The time limit of an API call with its retries, in seconds (30).
    public var timeout: TimeInterval?
    /// What `signIn` opens. On iOS and macOS it is ``WebAuthenticationBrowser`` unless said otherwise.
    public var browser: (any Browser)?
    /// Hears of what happens to grants. It runs on the SDK's threads and must return at once.
    public var onEvent: (@Sendable (LoopEvent) -> Void)?
    /// Records every call of one of Loop's APIs, for apps that have to show who looked at whose data.
    public var auditLog: AuditLog?
    /// Whether a call fails whose entry can't be recorded: nothing is sent then.
    public var auditRequired: Bool = false
    /// Whether this is a person's own device: `userId` may then be left out while the store holds one grant.
    ///
    /// So it is on Apple's systems, and not on Linux, unless said otherwise.
    public var isOwnDevice: Bool

    /// The options that most apps give; the others are properties.
    public init(
        clientId: String? = nil,
        redirectUri: String? = nil,
        scopes: [String]? = nil,
        environment: LoopEnvironment? = nil
    ) {
        self.clientId = clientId
        self.redirectUri = redirectUri
        self.scopes = scopes
        self.environment = environment
        #if canImport(Darwin)
        isOwnDevice = true
        #else
        isOwnDevice = false
        #endif
    }

    var resolvedStore: (any TokenStore)? {
        #if os(iOS)
        if store == nil, storeUrl == nil { return KeychainStore() }
        return store
        #else
        return store
        #endif
    }

    var resolvedBrowser: (any Browser)? {
        #if os(iOS) || os(macOS)
        if let browser { return browser }
        return WebAuthenticationBrowser()
        #else
        return browser
        #endif
    }

    var arguments: [String: JSONValue] {
        [
            "client_id": .text(clientId),
            "client_secret": .words(clientSecret?.known),
            "redirect_uri": .text(redirectUri),
            "scopes": .words(scopes),
            "environment": environment?.argument ?? .null,
            "store": .text(storeUrl),
            "store_key": .text(storeKey),
            "profile": .text(profile),
            "token_requests_per_minute": .count(tokenRequestsPerMinute),
            "retry_unknown_refresh": .flag(retryUnknownRefresh),
            "identify": .flag(identify),
            "check_browser": .flag(checkBrowser),
            "timeout": .seconds(timeout),
            "audit_log": .text(auditLog?.path),
            "audit_required": .bool(auditRequired),
        ]
    }

    public var description: String { "<LoopOptions: values hidden>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
