// LoopClient: sign a person in with Loop, keep the grant, call Loop for them.
import Foundation

/// A client of Loop for one registered app.
///
/// ```swift
/// let loop = try LoopClient(LoopOptions(clientId: "client_01…", redirectUri: "your-app:/callback"))
/// _ = try await loop.signIn()
/// for biomarker in try await loop.clinical.listBiomarkers() { … }
/// ```
///
/// Every failure is a ``LoopError``; a call whose task is cancelled throws `CancellationError`, and a refresh that
/// others wait for too goes on. One client serves a whole process; it needs no closing.
///
/// `userId` may be left out on a person's own device, while its store holds one grant. `timeout` is in seconds; after
/// it the call ends with the code `timeout`.
public final class LoopClient: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let caller: Caller

    /// Checks every option; touches neither disk nor network.
    public convenience init(_ options: LoopOptions = LoopOptions()) throws {
        self.init(caller: try Caller(options: options))
    }

    init(caller: Caller) {
        self.caller = caller
    }

    /// Where Loop sends the person back, from the options or `LOOP_REDIRECT_URI`.
    public var redirectUri: String? { caller.redirectUri }

    // MARK: Signing in

    /// Sends the person to the browser, and finishes the sign-in that comes back.
    ///
    /// The code `sign_in_abandoned` means that the person closed the browser. An app that the system ended meanwhile
    /// finishes the sign-in with ``resumeSignIn(url:timeout:)``.
    @discardableResult
    public func signIn(
        _ request: AuthorizationRequest = AuthorizationRequest(),
        timeout: TimeInterval? = nil
    ) async throws -> Tokens {
        try await caller.value("sign_in", request.arguments, timeout: timeout)
    }

    /// Whether a URL that the app was opened with belongs to a sign-in.
    public func isCallback(_ url: URL) -> Bool {
        guard let redirectUri else { return false }
        let address = url.absoluteString.prefix(while: { $0 != "?" && $0 != "#" })
        return address.lowercased() == redirectUri.lowercased()
    }

    /// Finishes a sign-in from the URL that the app was opened with, also in a new process: what was begun is in the
    /// store.
    ///
    /// ```swift
    /// .onOpenURL { url in
    ///     guard loop.isCallback(url) else { return }
    ///     Task { try await loop.resumeSignIn(url: url) }
    /// }
    /// ```
    @discardableResult
    public func resumeSignIn(url: URL, timeout: TimeInterval? = nil) async throws -> Tokens {
        try await handleCallback(url.absoluteString, timeout: timeout)
    }

    /// Begins a sign-in, which may be finished within ten minutes, by any process that shares the store.
    ///
    /// For a server, or for a browser of your own; ``signIn(_:timeout:)`` does all of it.
    public func authorizationURL(
        _ request: AuthorizationRequest = AuthorizationRequest(),
        timeout: TimeInterval? = nil
    ) async throws -> Authorization {
        try await caller.value("authorization_url", request.arguments, timeout: timeout)
    }

    /// Begins the sign-in that an error asks for: of the person whose call failed, with what was granted before and the
    /// scopes that are missing.
    public func signInAgain(
        after error: LoopError,
        _ request: AuthorizationRequest = AuthorizationRequest(),
        timeout: TimeInterval? = nil
    ) async throws -> Authorization {
        var arguments = request.arguments
        arguments["user_id"] = .text(request.userId ?? error.userId)
        arguments["missing_scopes"] = .words(error.missingScopes)
        return try await caller.value("sign_in_again", arguments, timeout: timeout)
    }

    /// Finishes a sign-in from the URL that came back to the redirect URI, or from its query.
    ///
    /// Checks `error`, `state`, `iss` and parameters that came twice; on a server also, by `browserSecret`, that it is
    /// the browser that began.
    public func handleCallback(
        _ urlOrQuery: String,
        browserSecret: String? = nil,
        timeout: TimeInterval? = nil
    ) async throws -> Tokens {
        let arguments: [String: JSONValue] = [
            "url_or_query": .string(urlOrQuery),
            "browser_secret": .text(browserSecret),
        ]
        return try await caller.value("handle_callback", arguments, timeout: timeout)
    }

    /// Finishes a sign-in from the callback's parameters alone.
    ///
    /// It can't tell which browser it serves: compare `state` with the one in the browser's session first, or use
    /// ``handleCallback(_:browserSecret:timeout:)``, which does.
    public func exchangeCode(_ code: String, state: String, timeout: TimeInterval? = nil) async throws -> Tokens {
        try await caller.value("exchange_code", ["code": .string(code), "state": .string(state)], timeout: timeout)
    }

    // MARK: Grants

    /// A fresh access token, for HTTP calls of your own.
    public func accessToken(userId: String? = nil, timeout: TimeInterval? = nil) async throws -> String {
        try await caller.value("access_token", ["user_id": .text(userId)], timeout: timeout)
    }

    /// Brings a grant that the app already holds. It may run at every start: what is held or spent is left alone.
    @discardableResult
    public func importGrant(_ grant: ImportGrant, timeout: TimeInterval? = nil) async throws -> Imported {
        try await caller.value("import_grant", grant.arguments, timeout: timeout)
    }

    /// Where a person stands: connected or not, what was granted, and what to do next. Sends nothing.
    public func status(userId: String? = nil, timeout: TimeInterval? = nil) async throws -> GrantStatus {
        try await caller.value("status", ["user_id": .text(userId)], timeout: timeout)
    }

    /// Every stored grant, page by page: `for try await status in try await loop.grants().all`.
    public func grants(
        cursor: String? = nil,
        limit: Int? = nil,
        timeout: TimeInterval? = nil
    ) async throws -> Page<GrantStatus> {
        let arguments: [String: JSONValue] = ["cursor": .text(cursor), "limit": .count(limit)]
        let page: Page<GrantStatus> = try await caller.page("grants", arguments, timeout: timeout)
        return Page(items: page.items, nextCursor: page.nextCursor) { cursor in
            try await self.grants(cursor: cursor, limit: limit, timeout: timeout)
        }
    }

    /// Renews the grants that would lapse for want of use, spread over time. For a job that runs daily.
    public func keepAlive(timeout: TimeInterval? = nil) async throws -> KeptAlive {
        try await caller.value("keep_alive", [:], timeout: timeout)
    }

    /// Waits until no refresh is under way and all tokens are saved, at most `timeout` seconds. False where that was
    /// not enough. For the end of a process that ends itself.
    public func drain(timeout: TimeInterval? = nil) async throws -> Bool {
        let reply: [String: Bool] = try await caller.value("drain", ["timeout": .seconds(timeout)], timeout: nil)
        return reply["settled"] ?? false
    }

    /// Disconnects: nobody uses the grant from now on, Loop ends it, the tokens are forgotten.
    ///
    /// Ending the app's own session is another thing, and leaves the grant.
    public func revoke(userId: String? = nil, timeout: TimeInterval? = nil) async throws {
        try await caller.run("revoke", ["user_id": .text(userId)], timeout: timeout)
    }

    /// The same as ``revoke(userId:timeout:)``, by the name that an app's button has.
    public func disconnect(userId: String? = nil, timeout: TimeInterval? = nil) async throws {
        try await revoke(userId: userId, timeout: timeout)
    }

    // MARK: Calls

    /// Sends any request to one of Loop's services, for what has no method here yet.
    public func request(
        _ request: ApiRequest,
        userId: String? = nil,
        timeout: TimeInterval? = nil
    ) async throws -> ApiResponse {
        var arguments = request.arguments
        arguments["user_id"] = .text(userId)
        return try await caller.value("request", arguments, timeout: timeout)
    }

    /// Loop for one person: `loop.user(id).clinical.listBiomarkers()`.
    ///
    /// - Parameters:
    ///   - userId: The person.
    ///   - actor: Who calls, for the audit log: a clinician's id at your place, or a job's name.
    ///   - purpose: Why, for the audit log.
    ///   - traceparent: Ties the calls to a trace (W3C Trace Context); it is sent along.
    public func user(
        _ userId: String,
        actor: String? = nil,
        purpose: String? = nil,
        traceparent: String? = nil
    ) -> LoopUser {
        let said: [String: JSONValue] = [
            "user_id": .string(userId),
            "actor": .text(actor),
            "purpose": .text(purpose),
            "traceparent": .text(traceparent),
        ]
        return LoopUser(caller: caller.saying(said), userId: userId)
    }

    public var description: String { "<LoopClient>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// One person's data, through one client.
public struct LoopUser: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let caller: Caller

    /// Whose data this is.
    public let userId: String

    /// Sends any request to one of Loop's services, for what has no method here yet.
    public func request(_ request: ApiRequest, timeout: TimeInterval? = nil) async throws -> ApiResponse {
        try await caller.value("request", request.arguments, timeout: timeout)
    }

    public var description: String { "<LoopUser>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
