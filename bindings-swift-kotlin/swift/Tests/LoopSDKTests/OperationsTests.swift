// Operations against the sandbox: their golden values, pages, writes, and what a call says of itself.
import Foundation
@testable import LoopSDK
import XCTest

final class OperationsTests: XCTestCase {
    func testEveryOperationReturnsItsGoldenValueAndPrintsNothingOfIt() async throws {
        let file: GoldenFile = try repositoryFile("conformance/operations.json")
        XCTAssertGreaterThan(file.cases.count, 50)
        let (sandbox, loop, userId) = try await connected()
        defer { sandbox.stop() }
        let forMachines = Scope.all.filter { $0.hasPrefix("admin:") }
        let machine = try M2MClient(try await sandbox.machine(scopes: forMachines))
        var saved = ["person": userId, "nia": "user_01HXYN1A00D2F6K8P4T7W1Z3X5"]
        func keep(_ wanted: [String: String]?, of answer: JSONValue, _ name: String) throws {
            for (key, path) in wanted ?? [:] {
                saved[key] = try XCTUnwrap(answer.at(path)?.stringValue, "\(name) has no \(path)")
            }
        }
        for each in file.cases {
            if let prepare = each.prepare {
                let answer = try await sandbox.pull(prepare.lever, prepare.body.filled(saved))
                try keep(prepare.save, of: answer, prepare.lever)
            }
            let given = Given(values: each.arguments.mapValues { $0.filled(saved) })
            let answer: Called?
            if each.caller == "machine" {
                answer = try await Called.byMachine(machine, each.operation, given)
            } else {
                answer = try await Called.byPerson(loop, each.operation, given)
            }
            let called = try XCTUnwrap(answer, "\(each.operation) has no method")
            try keep(each.save, of: called.result, each.operation)
            let names = each.masked ?? []
            let result = called.result.masked(names)
            XCTAssertTrue(result.isSame(as: each.result), "\(each.operation): \(result.json)")
            let view = called.safeView.masked(names)
            XCTAssertTrue(view.isSame(as: each.safe_view), "\(each.operation): \(view.json)")
            for text in called.result.longTexts {
                XCTAssertFalse(called.text.contains(text), "\(each.operation) prints a value")
            }
        }
    }

    func testAListOfSeveralPagesGoesOnOverAllOfThemByCursorAndByOffset() async throws {
        let (sandbox, loop, _) = try await connected()
        defer { sandbox.stop() }
        let first = try await loop.comms.listNotifications(limit: 5)
        XCTAssertEqual(first.count, 5)
        var notifications: [String] = []
        for try await notification in first.all { notifications.append(notification.id) }
        XCTAssertGreaterThan(notifications.count, 20)
        XCTAssertEqual(Set(notifications).count, notifications.count)
        XCTAssertEqual(Array(notifications.prefix(5)), first.map { $0.id })

        let markers = try await loop.clinical.listLabMarkers(limit: 4)
        XCTAssertEqual(markers.nextCursor, "4")
        var ids: [String] = []
        for try await marker in markers.all { ids.append(marker.id) }
        XCTAssertGreaterThan(ids.count, 8)
        XCTAssertEqual(Set(ids).count, ids.count)
        let whole = try await loop.clinical.listBiomarkers()
        XCTAssertNil(whole.nextCursor)
    }

    func testAWriteWithoutAnAnswerMayHaveHappenedAndItsKeyFindsOut() async throws {
        let (sandbox, loop, userId) = try await connected()
        defer { sandbox.stop() }
        func upload(_ key: String? = nil, timeout: TimeInterval? = nil) async throws -> Bloodwork {
            try await loop.clinical.uploadBloodwork(
                patientId: userId, brandId: "loop", contentType: "application/pdf", source: "a test",
                fileBase64: "JVBERi0=", idempotencyKey: key, timeout: timeout
            )
        }
        try await sandbox.apiFault(
            ["kind": "no_answer", "when": "after", "service": "clinical", "method": "POST", "times": 20]
        )
        let lost = await loopError { _ = try await upload() }
        try await sandbox.clearApiFaults()
        XCTAssertEqual(lost?.code, .writeOutcomeUnknown)
        XCTAssertEqual(lost?.action, .retry)
        let key = try XCTUnwrap(lost?.detail)
        let found = try await upload(key)
        let again = try await upload(key)
        let other = try await upload()
        XCTAssertEqual(found, again)
        XCTAssertNotEqual(found.id, other.id)

        try await sandbox.apiFault(["kind": "hang", "when": "after", "times": 2, "ms": 2000])
        let cutOff = await loopError { _ = try await upload(timeout: 0.3) }
        XCTAssertEqual(cutOff?.code, .writeOutcomeUnknown)
        XCTAssertNotNil(cutOff?.detail)
        let late = await loopError { _ = try await loop.clinical.listBiomarkers(timeout: 0.3) }
        XCTAssertEqual(late?.code, .timeout)
        try await sandbox.clearApiFaults()

        let wrong = await loopError { _ = try await upload("a b") }
        XCTAssertEqual(wrong?.detail, "idempotencyKey")
    }

    func testCallsForOnePersonSayWhoseTheyAreAndCarryTheirTrace() async throws {
        let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let (sandbox, loop, userId) = try await connected()
        defer { sandbox.stop() }
        let user = loop.user(userId, actor: "dr-1", purpose: "treatment", traceparent: traceparent)
        let mine = try await user.clinical.listBiomarkers()
        let same = try await loop.clinical.listBiomarkers(userId: userId)
        XCTAssertEqual(mine.items, same.items)
        let response = try await user.request(ApiRequest(service: "clinical", path: "/v1/biomarkers/me"))
        XCTAssertEqual(response.status, 200)
        let traced = try await sandbox.journal().compactMap { $0["traceparent"]?.stringValue }
        XCTAssertFalse(traced.isEmpty)
        XCTAssertTrue(traced.allSatisfy { $0.hasPrefix(traceparent.prefix(35)) })

        let wrong = await loopError {
            _ = try await loop.user(userId, traceparent: "canary").clinical.listBiomarkers()
        }
        XCTAssertEqual(wrong?.code, .invalidOption)
        XCTAssertFalse(printed(wrong as Any).contains("canary"))
    }
}
