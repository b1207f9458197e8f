// Signing in and calling Loop, against the sandbox.
import Foundation
@testable import LoopSDK
import XCTest

final class SignInTests: XCTestCase {
    func testAPersonSignsInReadsTheirBiomarkersAndDisconnects() async throws {
        let sandbox = try Sandbox()
        defer { sandbox.stop() }
        let loop = try LoopClient(sandbox.options())

        let tokens = try await loop.signIn()
        XCTAssertFalse(tokens.userId.isEmpty)
        XCTAssertTrue(tokens.scopes.contains("read:biomarkers"))
        XCTAssertEqual(tokens.claims["sub"]?.stringValue, tokens.userId)

        let page = try await loop.clinical.listBiomarkers()
        XCTAssertFalse(page.isEmpty)
        XCTAssertTrue(page.allSatisfy { !$0.biomarkerName.isEmpty })
        let same = try await loop.user(tokens.userId).clinical.listBiomarkers()
        XCTAssertEqual(same.items, page.items)
        var all: [Biomarker] = []
        for try await biomarker in page.all { all.append(biomarker) }
        XCTAssertEqual(all, page.items)

        let status = try await loop.status()
        XCTAssertEqual(status.state, .connected)
        XCTAssertNil(status.next)

        try await loop.disconnect()
        let error = await loopError { _ = try await loop.clinical.listBiomarkers(userId: tokens.userId) }
        XCTAssertEqual(error?.action, .signInAgain)
    }

    func testAnotherProcessFinishesASignInFromTheRedirectUrlAlone() async throws {
        let sandbox = try Sandbox()
        defer { sandbox.stop() }
        var options = sandbox.options()
        options.storeUrl = nil
        options.store = MemoryStore()
        let begun = try await LoopClient(options).authorizationURL()
        let callback = try await sandbox.signIn(begun.url)

        let restarted = try LoopClient(options)
        XCTAssertTrue(restarted.isCallback(callback))
        XCTAssertFalse(restarted.isCallback(try XCTUnwrap(URL(string: "loop-tests:/elsewhere"))))
        let tokens = try await restarted.resumeSignIn(url: callback)
        let token = try await restarted.accessToken()
        XCTAssertEqual(token, tokens.accessToken)

        let error = await loopError { try await restarted.resumeSignIn(url: callback) }
        XCTAssertEqual(error?.code, .alreadyCompleted)
    }

    func testAPersonWhoClosesTheBrowserOrSaysNoGetsTheCodeForIt() async throws {
        struct Closed: Browser {
            func open(_ url: URL, redirectUri: String) async throws -> URL? { nil }
        }
        struct Refuser: Browser {
            let sandbox: Sandbox
            func open(_ url: URL, redirectUri: String) async throws -> URL? {
                try await sandbox.signIn(url, allow: false)
            }
        }
        struct Broken: Browser {
            struct Detailed: Error { let text = "secret detail" }
            func open(_ url: URL, redirectUri: String) async throws -> URL? { throw Detailed() }
        }
        let sandbox = try Sandbox()
        defer { sandbox.stop() }
        let expected: [(any Browser, LoopError.Code)] = [
            (Closed(), .signInAbandoned), (Refuser(sandbox: sandbox), .accessDenied), (Broken(), .browserUnavailable),
        ]
        for (browser, code) in expected {
            var options = sandbox.options()
            options.browser = browser
            let loop = try LoopClient(options)
            let error = await loopError { try await loop.signIn() }
            XCTAssertEqual(error?.code, code)
            XCTAssertFalse(error?.reason?.contains("secret detail") ?? false)
        }
    }

    func testSixtyFourTasksOnAnExpiredGrantMakeOneTokenRequest() async throws {
        let sandbox = try Sandbox()
        defer { sandbox.stop() }
        let loop = try LoopClient(sandbox.options())
        try await sandbox.importDue(loop, userId: "somebody")
        try await sandbox.resetStats()

        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<64 {
                group.addTask { try await loop.clinical.listBiomarkers(userId: "somebody").count }
            }
            var counts: [Int] = []
            for try await count in group { counts.append(count) }
            return counts
        }
        XCTAssertEqual(counts.count, 64)
        XCTAssertEqual(Set(counts).count, 1)
        let stats = try await sandbox.stats()
        XCTAssertEqual(stats.token_requests, 1)
        XCTAssertEqual(stats.replays, 0)
    }

    func testACancelledTaskThrowsCancellationErrorAndLeavesTheGrant() async throws {
        let sandbox = try Sandbox()
        defer { sandbox.stop() }
        let loop = try LoopClient(sandbox.options())
        try await sandbox.importDue(loop, userId: "somebody")
        try await sandbox.tokenFault(["kind": "delay", "ms": 2000, "grant_type": "refresh_token"])
        try await sandbox.resetStats()

        // Cancelled before it begins: nothing is sent.
        let early = Task { () async throws -> Int in
            withUnsafeCurrentTask { $0?.cancel() }
            return try await loop.clinical.listBiomarkers(userId: "somebody").count
        }
        await expectCancelled(early)
        var stats = try await sandbox.stats()
        XCTAssertEqual(stats.refreshes, 0)

        // Cancelled while the answer to the refresh is under way: the refresh goes on, for whoever comes next.
        let late = Task { try await loop.clinical.listBiomarkers(userId: "somebody").count }
        while try await sandbox.stats().refreshes == 0 { await Task.yield() }
        late.cancel()
        await expectCancelled(late)
        let page = try await loop.clinical.listBiomarkers(userId: "somebody")
        XCTAssertFalse(page.isEmpty)
        stats = try await sandbox.stats()
        XCTAssertEqual(stats.refreshes, 1)
        XCTAssertEqual(stats.replays, 0)
    }

    func testCallsThatAreCancelledAtRandomMomentsLoseNeitherTheGrantNorATask() async throws {
        let sandbox = try Sandbox()
        defer { sandbox.stop() }
        let loop = try LoopClient(sandbox.options())
        try await sandbox.importDue(loop, userId: "somebody")
        let before = tasksAlive()

        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    let call = Task { try await loop.clinical.listBiomarkers(userId: "somebody").count }
                    for _ in 0..<Int.random(in: 0..<500) { await Task.yield() }
                    call.cancel()
                    _ = await call.result
                }
            }
        }
        let page = try await loop.clinical.listBiomarkers(userId: "somebody")
        XCTAssertFalse(page.isEmpty)
        let stats = try await sandbox.stats()
        XCTAssertEqual(stats.replays, 0)
        let settled = try await loop.drain(timeout: 10)
        XCTAssertTrue(settled)
        // A dropped call is taken down a moment later; the test's own time limit is the end of the patience.
        let end = Date().addingTimeInterval(10)
        while tasksAlive() > before, Date() < end { await Task.yield() }
        XCTAssertLessThanOrEqual(tasksAlive(), before)
    }

    private func expectCancelled(_ call: Task<Int, any Error>, line: UInt = #line) async {
        do {
            _ = try await call.value
            XCTFail("A cancelled call returned.", line: line)
        } catch {
            XCTAssertTrue(error is CancellationError, "It threw a \(type(of: error)).", line: line)
        }
    }

    func testATimeLimitThatIsNoLengthOfTimeIsRefused() async throws {
        let sandbox = try Sandbox()
        defer { sandbox.stop() }
        let loop = try LoopClient(sandbox.options())
        for timeout in [-1, TimeInterval.nan, .infinity] {
            let error = await loopError { _ = try await loop.grants(timeout: timeout) }
            XCTAssertEqual(error?.code, .invalidOption)
            XCTAssertEqual(error?.detail, "timeout")
        }
    }
}
