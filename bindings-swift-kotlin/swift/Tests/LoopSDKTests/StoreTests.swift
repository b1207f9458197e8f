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
        let text = "\(error.map { "\($0)" } ?? "")\(error?.reason ?? "")\(error?.localizedDescription ?? "")"
        XCTAssertFalse(text.contains("secret detail"))

        await store.fail(with: nil)
        let page = try await loop.clinical.listBiomarkers()
        XCTAssertFalse(page.isEmpty)
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
