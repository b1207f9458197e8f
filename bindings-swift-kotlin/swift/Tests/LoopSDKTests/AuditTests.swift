// The audit log: every call is recorded, to a function or a file; a required one that fails stops the call.
import Foundation
@testable import LoopSDK
import XCTest

final class AuditTests: XCTestCase {
    func testAFunctionGetsAnEntryOfEveryCallWithWhoAndWhyAndNoValue() async throws {
        let sandbox = try Sandbox()
        defer { sandbox.stop() }
        let entries = Collected<AuditEntry>()
        var options = sandbox.options()
        options.auditLog = .callback { entry in await entries.add(entry) }
        let loop = try LoopClient(options)
        let userId = try await loop.signIn().userId
        let user = loop.user(userId, actor: "dr-1", purpose: "treatment")
        let page = try await user.clinical.listBiomarkers()
        _ = try await user.request(ApiRequest(service: "clinical", path: "/v1/biomarkers/me"))
        let absent = await loopError { _ = try await loop.clinical.getProtocol("prt_none") }
        XCTAssertEqual(absent?.code, .notFound)

        let all = await entries.all
        XCTAssertEqual(
            all.map { $0.operation }, ["clinical.list_biomarkers", "request GET clinical", "clinical.get_protocol"]
        )
        XCTAssertEqual(all.map { $0.outcome }, ["ok", "ok", "not_found"])
        let first = try XCTUnwrap(all.first)
        XCTAssertEqual([first.actor, first.purpose, first.userId], ["dr-1", "treatment", userId])
        XCTAssertEqual(first.records, page.count)
        XCTAssertEqual(first.scope, Scope.readBiomarkers)
        XCTAssertNotNil(first.requestId)
        XCTAssertLessThan(abs(first.at.timeIntervalSinceNow), 60)
        XCTAssertNil(all.last?.actor)
        XCTAssertFalse(printed(first).contains(userId) || printed(first).contains("dr-1"))
        let whole = all.map { $0.json }.joined()
        XCTAssertTrue(whole.contains(userId))
        for record in page {
            XCTAssertFalse(whole.contains(record.id) || whole.contains(record.biomarkerName))
        }
    }

    func testAFileGetsALineForEachCallAndIsItsOwnersAlone() async throws {
        let sandbox = try Sandbox()
        defer { sandbox.stop() }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        var options = sandbox.options()
        options.auditLog = .file(file.path)
        let loop = try LoopClient(options)
        _ = try await loop.signIn()
        for _ in 0..<2 { _ = try await loop.clinical.listBiomarkers() }

        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let outcomes = try lines.map { line in
            try JSONDecoder().decode(JSONValue.self, from: Data(line.utf8))["outcome"]?.stringValue
        }
        XCTAssertEqual(outcomes, ["ok", "ok"])
        let rights = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? NSNumber
        XCTAssertEqual(rights?.intValue, 0o600)
    }

    func testWhatAFunctionThrowsStopsACallOnlyWhereTheLogIsRequiredAndIsNotQuoted() async throws {
        struct DiskIsFull: Error { let text: String }
        let sandbox = try Sandbox()
        defer { sandbox.stop() }
        var options = sandbox.options()
        options.auditLog = .callback { entry in throw DiskIsFull(text: "canary \(entry.userId ?? "")") }
        let lenient = try LoopClient(options)
        _ = try await lenient.signIn()
        let page = try await lenient.clinical.listBiomarkers()
        XCTAssertFalse(page.isEmpty)

        options.auditRequired = true
        let strict = try LoopClient(options)
        _ = try await strict.signIn()
        let before = try await sandbox.journal().count
        let error = await loopError { _ = try await strict.clinical.listBiomarkers() }
        let after = try await sandbox.journal().count
        XCTAssertEqual(error?.code, .auditFailed)
        XCTAssertEqual(before, after)
        XCTAssertTrue(error?.reason?.contains("DiskIsFull") ?? false)
        XCTAssertFalse("\(printed(error as Any))\(error?.reason ?? "")".contains("canary"))
    }

    func testALogThatIsRequiredHasToBeThere() {
        var options = LoopOptions(clientId: "c", redirectUri: "loop-tests:/callback")
        options.auditRequired = true
        XCTAssertThrowsError(try LoopClient(options)) { error in
            XCTAssertEqual((error as? LoopError)?.detail, "auditRequired")
        }
    }
}
