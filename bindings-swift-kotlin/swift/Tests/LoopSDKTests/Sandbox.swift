// Starts the Loop sandbox for a test, and pulls its levers.
import Foundation
@testable import LoopSDK
import XCTest

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// A sandbox that runs for one test, with one app registered.
final class Sandbox: @unchecked Sendable {
    struct Started: Decodable {
        let base_url: String
        let environment: String
        let client_id: String
        let redirect_uri: String
        let scopes: String
    }

    struct Stats: Decodable {
        let token_requests: Int
        let exchanges: Int
        let refreshes: Int
        let replays: Int
    }

    let started: Started
    private let process: Process
    private let input: Pipe

    /// Fails where `LOOP_SANDBOX` does not name the binary: a test that is left out looks like one that passed. The app may
    /// ask for `scopes`; for the sandbox's usual ones if nil.
    init(scopes: [String]? = nil) throws {
        guard let path = ProcessInfo.processInfo.environment["LOOP_SANDBOX"], !path.isEmpty else {
            throw Failure(text: "LOOP_SANDBOX must be the path of loop-sandbox: cargo build -p loop-sandbox")
        }
        let (process, input, output) = (Process(), Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = [
            "serve", "--port", "0", "--json", "--exit-with-stdin", "--public", "--redirect-uri", "loop-tests:/callback",
        ] + (scopes.map { ["--scopes", $0.joined(separator: " ")] } ?? [])
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { throw Failure(text: "The sandbox ended before it said where it listens.") }
            line.append(more)
        }
        started = try JSONDecoder().decode(Started.self, from: line)
        self.process = process
        self.input = input
    }

    /// It ends with its standard input.
    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Options of the registered app on a person's own device, with its grants in memory.
    func options() -> LoopOptions {
        var options = LoopOptions(
            clientId: started.client_id,
            redirectUri: started.redirect_uri,
            scopes: started.scopes.split(separator: " ").map { String($0) },
            environment: .template(started.environment)
        )
        options.storeUrl = "memory:"
        options.isOwnDevice = true
        options.browser = Visitor(sandbox: self)
        return options
    }

    /// Registers a machine with these scopes.
    func machine(scopes: [String]) async throws -> M2MOptions {
        struct Answer: Decodable {
            struct Client: Decodable { let client_id: String }
            let client: Client
            let client_secret: String
        }
        let order: JSONValue = [
            "client_name": "A job", "client_type": "confidential",
            "allowed_scopes": .array(scopes.map { JSONValue.string($0) }),
        ]
        let answer = try JSONDecoder().decode(Answer.self, from: try await send("clients", "POST", order))
        return M2MOptions(
            clientId: answer.client.client_id,
            clientSecret: ClientSecret(answer.client_secret),
            environment: .template(started.environment)
        )
    }

    /// Signs a person in and answers the consent page, as a browser would. The URL that it was sent back to.
    func signIn(_ url: URL, person: String = "ada", allow: Bool = true) async throws -> URL {
        struct Answer: Decodable { let callback_url: URL }
        let order: JSONValue = [
            "authorization_url": .string(url.absoluteString), "person": .string(person), "allow": .bool(allow),
        ]
        return try JSONDecoder().decode(Answer.self, from: try await send("sign-in", "POST", order)).callback_url
    }

    func stats() async throws -> Stats {
        try JSONDecoder().decode(Stats.self, from: try await send("stats", "GET"))
    }

    func resetStats() async throws {
        _ = try await send("stats", "DELETE")
    }

    /// Gives a client a person's grant without an access token: the first call has to refresh. Whose, the test says.
    func importDue(_ loop: LoopClient, userId: String) async throws {
        struct Answer: Decodable { let refresh_token: String }
        // RFC 7636 by hand: the challenge of a verifier that is 43 times the letter v.
        let verifier = String(repeating: "v", count: 43)
        let challenge = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
        let identity = started.environment.replacingOccurrences(of: "{service}", with: "identity") + "/v1/oauth"
        let begin = try Self.url("\(identity)/authorize", [
            "response_type": "code", "client_id": started.client_id, "redirect_uri": started.redirect_uri,
            "scope": "openid read:biomarkers", "state": String(repeating: "s", count: 43),
            "nonce": String(repeating: "n", count: 43), "code_challenge": challenge, "code_challenge_method": "S256",
        ])
        let callback = URLComponents(url: try await signIn(begin), resolvingAgainstBaseURL: false)
        let form = try Self.url("\(identity)/token", [
            "grant_type": "authorization_code", "code": callback?.queryItems?.first { $0.name == "code" }?.value ?? "",
            "redirect_uri": started.redirect_uri, "client_id": started.client_id, "code_verifier": verifier,
        ])
        var request = URLRequest(url: try Self.url("\(identity)/token", [:]))
        request.httpMethod = "POST"
        request.httpBody = Data((form.query ?? "").utf8)
        request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
        let tokens = try JSONDecoder().decode(Answer.self, from: try await Self.send(request))
        let grant = ImportGrant(userId: userId, refreshToken: tokens.refresh_token, replace: true)
        let outcome = try await loop.importGrant(grant)
        XCTAssertEqual(outcome, .imported)
    }

    /// Every request so far.
    func journal() async throws -> [JSONValue] {
        try JSONDecoder().decode([JSONValue].self, from: try await send("journal", "GET"))
    }

    func apiFault(_ fault: JSONValue) async throws {
        _ = try await send("api-faults", "POST", fault)
    }

    func clearApiFaults() async throws {
        _ = try await send("api-faults", "DELETE")
    }

    func tokenFault(_ fault: JSONValue) async throws {
        _ = try await send("token-faults", "POST", fault)
    }

    /// Pulls one of its levers.
    func pull(_ lever: String, _ order: JSONValue) async throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: try await send(lever, "POST", order))
    }

    private func send(_ lever: String, _ method: String, _ body: JSONValue? = nil) async throws -> Data {
        var request = URLRequest(url: try Self.url("\(started.base_url)/_sandbox/\(lever)", [:]))
        request.httpMethod = method
        if let body {
            request.httpBody = try JSONEncoder().encode(body)
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        return try await Self.send(request)
    }

    private static func send(_ request: URLRequest) async throws -> Data {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Data, any Error>) in
            let task = URLSession.shared.dataTask(with: request) { data, response, error in
                let status = (response as? HTTPURLResponse)?.statusCode ?? 0
                if let error {
                    continuation.resume(throwing: error)
                } else if (200..<300).contains(status) {
                    continuation.resume(returning: data ?? Data())
                } else {
                    continuation.resume(throwing: Failure(text: "The sandbox answered \(status)"))
                }
            }
            task.resume()
        }
    }

    private static func url(_ address: String, _ query: [String: String]) throws -> URL {
        var components = URLComponents(string: address)
        if !query.isEmpty {
            components?.queryItems = query.map { URLQueryItem(name: $0.key, value: $0.value) }
        }
        guard let url = components?.url else { throw Failure(text: "no URL: \(address)") }
        return url
    }
}

/// A sandbox whose app may ask for all that a person can grant, and a client whose person has granted it.
func connected() async throws -> (sandbox: Sandbox, loop: LoopClient, userId: String) {
    let sandbox = try Sandbox(scopes: Scope.all.filter { Scope.consentText($0) != nil })
    do {
        let loop = try LoopClient(sandbox.options())
        return (sandbox, loop, try await loop.signIn().userId)
    } catch {
        sandbox.stop()
        throw error
    }
}

/// A file of the repository, decoded.
func repositoryFile<Content: Decodable>(_ path: String) throws -> Content {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let file = package.appendingPathComponent("../../\(path)")
    return try JSONDecoder().decode(Content.self, from: Data(contentsOf: file))
}

/// What was handed over by code that runs anywhere.
actor Collected<Element: Sendable> {
    private(set) var all: [Element] = []

    func add(_ element: Element) {
        all.append(element)
    }
}

/// Every way in which Swift prints a value.
func printed(_ value: Any) -> String {
    var dumped = ""
    dump(value, to: &dumped)
    return [String(describing: value), String(reflecting: value), "\(value)", dumped].joined(separator: "\n")
}

/// A browser whose person says yes at once.
struct Visitor: Browser {
    let sandbox: Sandbox

    func open(_ url: URL, redirectUri: String) async throws -> URL? {
        try await sandbox.signIn(url)
    }
}

struct Failure: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}

/// A store in memory, written in Swift.
actor MemoryStore: TokenStore {
    private struct Held {
        let version: String
        let blob: Data
        let ends: Date?
    }

    private var held: [String: Held] = [:]

    func load(key: String) -> StoreEntry? {
        guard let held = live(key) else { return nil }
        return StoreEntry(key: key, version: held.version, blob: held.blob)
    }

    func save(key: String, blob: Data, expected: String?, timeToLive: TimeInterval?) -> String? {
        guard live(key)?.version == expected else { return nil }
        let version = UUID().uuidString
        held[key] = Held(version: version, blob: blob, ends: timeToLive.map { Date().addingTimeInterval($0) })
        return version
    }

    func delete(key: String, expected: String) -> Bool {
        guard live(key)?.version == expected else { return false }
        held[key] = nil
        return true
    }

    func list(prefix: String, after: String?, limit: Int) -> [StoreEntry]? {
        let keys = held.keys.filter { $0.hasPrefix(prefix) && $0 > (after ?? "") }.sorted()
        return Array(keys.compactMap { load(key: $0) }.prefix(limit))
    }

    private func live(_ key: String) -> Held? {
        guard let found = held[key] else { return nil }
        if let ends = found.ends, ends <= Date() { return nil }
        return found
    }
}

/// What a call throws, as the SDK's error.
func loopError(
    file: StaticString = #filePath,
    line: UInt = #line,
    _ body: () async throws -> Void
) async -> LoopError? {
    do {
        try await body()
        XCTFail("The call worked.", file: file, line: line)
    } catch let error as LoopError {
        return error
    } catch {
        XCTFail("It threw a \(type(of: error)).", file: file, line: line)
    }
    return nil
}
