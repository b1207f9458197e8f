// Stores that are written in Swift.
import Foundation
@testable import LoopSDK
import XCTest

/// Throws from the call on that it is told to.
private actor ThrowingStore: TokenStore {
    struct Detailed: Error { let text: String }

    private let inner = MemoryStore()
    private var thrown: (any Error)?

    func fail(with error: (any Error)?) { thrown = error }

    private func check() throws {
        if let thrown { throw thrown }
    }

    func load(key: String) async throws -> StoreEntry? {
        try check()
        return await inner.load(key: key)
    }

    func save(key: String, blob: Data, expected: String?, timeToLive: TimeInterval?) async throws -> String? {
        try check()
        return await inner.save(key: key, blob: blob, expected: expected, timeToLive: timeToLive)
    }

    func delete(key: String, expected: String) async throws -> Bool {
        try check()
        return await inner.delete(key: key, expected: expected)
    }

    func list(prefix: String, after: String?, limit: Int) async throws -> [StoreEntry]? {
        try check()
        return await inner.list(prefix: prefix, after: after, limit: limit)
    }
}

final class StoreTests: XCTestCase {
    func testWhatAStoreThrowsCrossesAsItsTypesNameAlone() async throws {
        let sandbox = try Sandbox()
        defer { sandbox.stop() }
        let store = ThrowingStore()
        var options = sandbox.options()
        options.storeUrl = nil
        options.store = store
        let loop = try LoopClient(options)
        try await loop.signIn()

        await store.fail(with: ThrowingStore.Detailed(text: "secret detail"))
        let error = await loopError { _ = try await loop.status(userId: "somebody") }
        XCTAssertEqual(error?.code, .storeUnavailable)
        XCTAssertTrue(error?.reason?.contains("Detailed") ?? false)
        var dumped = ""
        dump(error, to: &dumped)
        let texts = [String(describing: error), String(reflecting: error), dumped, error?.reason ?? ""]
        for text in texts + [error?.localizedDescription ?? ""] {
            XCTAssertFalse(text.contains("secret detail"))
            XCTAssertFalse(text.contains("somebody"))
        }

        await store.fail(with: nil)
        let page = try await loop.clinical.listBiomarkers()
        XCTAssertFalse(page.isEmpty)
    }

    func testTheStoreOfTheseTestsKeepsTheContract() async throws {
        try await checkContract(of: MemoryStore())
    }

    #if canImport(Security)
    func testTheKeychainKeepsTheContract() async throws {
        do {
            try await checkContract(of: KeychainStore(service: "health.loop.sdk.tests"))
        } catch KeychainError.missingEntitlement {
            throw XCTSkip("The keychain needs a signed app: run these tests inside of one.")
        }
    }
    #endif

    /// What every store promises.
    private func checkContract(of store: any TokenStore) async throws {
        let prefix = "check-\(UUID().uuidString)-"
        let (key, blob) = (prefix + "a", Data((0..<1024).map { UInt8($0 % 256) }))

        let absent = try await store.load(key: key)
        XCTAssertNil(absent)
        let early = try await store.save(key: key, blob: blob, expected: "1", timeToLive: nil)
        XCTAssertNil(early, "a write that expects a version does not make a new entry")
        let first = try await store.save(key: key, blob: blob, expected: nil, timeToLive: nil)
        let firstVersion = try XCTUnwrap(first)
        let double = try await store.save(key: key, blob: blob, expected: nil, timeToLive: nil)
        XCTAssertNil(double, "a write that expects nothing does not replace an entry")
        let second = try await store.save(key: key, blob: Data([1]), expected: firstVersion, timeToLive: nil)
        let secondVersion = try XCTUnwrap(second)
        XCTAssertNotEqual(firstVersion, secondVersion)
        let stale = try await store.save(key: key, blob: blob, expected: firstVersion, timeToLive: nil)
        XCTAssertNil(stale, "a write that expects a former version changes nothing")
        let loaded = try await store.load(key: key)
        XCTAssertEqual(loaded?.version, secondVersion)
        XCTAssertEqual(loaded?.blob, Data([1]))

        let brief = try await store.save(key: prefix + "b", blob: blob, expected: nil, timeToLive: 0)
        XCTAssertNotNil(brief)
        let over = try await store.load(key: prefix + "b")
        XCTAssertNil(over, "an entry whose time is over is gone")
        let anew = try await store.save(key: prefix + "b", blob: blob, expected: nil, timeToLive: 60)
        let other = try XCTUnwrap(anew, "what has expired stands in nobody's way")
        let all = try await store.list(prefix: prefix, after: nil, limit: 10)
        XCTAssertEqual(all?.map { $0.key }, [key, prefix + "b"])
        let rest = try await store.list(prefix: prefix, after: key, limit: 10)
        XCTAssertEqual(rest?.map { $0.version }, [other])
        let one = try await store.list(prefix: prefix, after: nil, limit: 1)
        XCTAssertEqual(one?.count, 1)

        let kept = try await store.delete(key: key, expected: firstVersion)
        XCTAssertFalse(kept, "delete leaves an entry of another version")
        for (key, version) in [(key, secondVersion), (prefix + "b", other)] {
            let deleted = try await store.delete(key: key, expected: version)
            XCTAssertTrue(deleted)
            let gone = try await store.load(key: key)
            XCTAssertNil(gone)
        }
    }

    func testALockedStoreMeansTryAgainLater() async throws {
        let sandbox = try Sandbox()
        defer { sandbox.stop() }
        let store = ThrowingStore()
        var options = sandbox.options()
        options.storeUrl = nil
        options.store = store
        let loop = try LoopClient(options)
        await store.fail(with: TokenStoreError.locked)
        let error = await loopError { _ = try await loop.status(userId: "somebody") }
        XCTAssertEqual(error?.code, .storeBusy)
        XCTAssertEqual(error?.action, .retry)
    }
}
