// What needs no server: codes, decoding, and that nothing prints a value.
import Foundation
@testable import LoopSDK
import XCTest

final class SurfaceTests: XCTestCase {
    func testTheKnownCodesAreThoseOfTheSharedTable() throws {
        struct Table: Decodable {
            let actions: [String]
            let codes: [String: String]
        }
        let table: Table = try repositoryFile("conformance/codes.json")
        XCTAssertEqual(LoopError.Action.known.map { $0.rawValue }, table.actions)
        let codes = LoopError.Code.known.map { ($0.rawValue, LoopError.Code.actions[$0]?.rawValue ?? "") }
        XCTAssertEqual(Dictionary(uniqueKeysWithValues: codes), table.codes)
    }

    func testNothingPrintsAValue() throws {
        let canary = "canary-4711"
        let biomarker = Biomarker(
            id: canary, patientId: canary, biomarkerCode: canary, biomarkerName: canary, value: 4711.5, unit: canary,
            status: BiomarkerStatus(rawValue: canary), collectedAt: canary, parsedAt: canary
        )
        var options = LoopOptions(clientId: canary, redirectUri: "\(canary):/callback", scopes: [canary])
        options.clientSecret = ClientSecret(canary)
        options.storeUrl = "memory:"
        var request = AuthorizationRequest(userId: canary, appState: canary)
        request.browserSecret = canary
        let claims = """
            {"user_id": "\(canary)", "scopes": ["\(canary)"], "expires_at": 1, "claims": {"sub": "\(canary)"},
             "access_token": "\(canary)"}
            """
        let loop = try LoopClient(LoopOptions(clientId: canary, redirectUri: "http://localhost:3000/callback"))
        let values: [Any] = [
            biomarker, [biomarker], Page(items: [biomarker], nextCursor: canary), biomarker.status,
            Page(items: [biomarker], nextCursor: canary).all, options, request, loop, loop.user(canary), loop.clinical,
            loop.user(canary).clinical, try JSONDecoder().decode(Tokens.self, from: Data(claims.utf8)),
            JSONValue.object([canary: .string(canary)]), StoreEntry(key: canary, version: canary, blob: Data()),
            ImportGrant(userId: canary, refreshToken: canary),
            ApiRequest(service: canary, path: canary, body: .string(canary)), AuditLog.file(canary),
            M2MOptions(clientId: canary, clientSecret: ClientSecret(canary), scopes: [canary]),
            try M2MClient(M2MOptions(clientId: canary, clientSecret: ClientSecret(canary))),
            try XCTUnwrap(ExactDecimal("4711.50")),
        ]
        for value in values {
            XCTAssertFalse(printed(value).contains("4711"), "\(type(of: value)) prints its values")
        }
    }

    func testAScopeHasItsConstantAndTheWordsThatAPersonReads() {
        XCTAssertEqual(Scope.readBiomarkers, "read:biomarkers")
        XCTAssertEqual(Scope.consentText(Scope.readBiomarkers), "View your lab results")
        XCTAssertNil(Scope.consentText(Scope.adminClinical))
        XCTAssertNil(Scope.consentText("read:newer"))
        XCTAssertEqual(Set(Scope.all).count, Scope.all.count)
        XCTAssertEqual(Scope.all.filter { Scope.consentText($0) == nil }.count, 3)
    }

    func testSafeViewsSayNothingOfAPerson() throws {
        let biomarker = Biomarker(
            id: "canary", patientId: "canary", biomarkerCode: "canary", biomarkerName: "canary", value: 4711,
            unit: "canary", status: BiomarkerStatus(rawValue: "canary"), collectedAt: "canary", parsedAt: "canary"
        )
        let page = Page(items: [biomarker], nextCursor: "canary")
        XCTAssertEqual(page.safeView.value["of"], "Biomarker")
        XCTAssertEqual(page.safeView.value["count"], 1)
        XCTAssertEqual(page.safeView.value["items"]?[0], biomarker.safeView.value)
        XCTAssertEqual(biomarker.safeView.value["value"], "[hidden]")
        XCTAssertEqual(biomarker.status.safeView.description, #"{"type":"BiomarkerStatus","value":"[hidden]"}"#)

        let error = LoopError(code: .notFound, message: "canary", detail: "canary").safeView
        let names: Set = ["type", "code", "action", "status", "request_id", "retry_after_ms"]
        XCTAssertEqual(Set(error.members.keys), names)
        XCTAssertEqual(error.value["code"], "not_found")
        let views: [SafeView] = [page.safeView, biomarker.safeView, error]
        for view in views {
            let json = String(decoding: try JSONEncoder().encode(view), as: UTF8.self)
            XCTAssertFalse(json.contains("canary") || json.contains("4711"), json)
            XCTAssertFalse(view.description.contains("canary"), view.description)
        }
    }

    func testWhatAnAppGivesLeavesOutWhatIsNil() throws {
        let given = NewBiomarker(
            code: "ldl_c", name: "LDL cholesterol", value: 131, unit: "mg/dL", referenceHigh: 130,
            collectedAt: "2026-05-01T08:00:00Z"
        )
        let json = try JSONValue.encoded(given)
        XCTAssertNil(json["reference_low"])
        XCTAssertEqual(json["reference_high"]?.doubleValue, 130)
        XCTAssertEqual(try JSONDecoder().decode(NewBiomarker.self, from: try JSONEncoder().encode(json)), given)

        let endless = [given, NewBiomarker(code: "c", name: "n", value: .nan, unit: "u", collectedAt: "4711")]
        XCTAssertThrowsError(try JSONValue.encoded(endless)) { error in
            XCTAssertEqual((error as? LoopError)?.code, .invalidOption)
            XCTAssertFalse(printed(error).contains("4711"))
        }
    }

    func testAnExactDecimalKeepsEveryDigitAndIsNothingElse() throws {
        let digits = "-12345678901234567890.1200"
        let text = """
            {"name": "n", "value": "\(digits)", "unit": "u", "derived_from": "d", "rationale": "r"}
            """
        let parameter = try JSONDecoder().decode(ProtocolParameter.self, from: Data(text.utf8))
        XCTAssertEqual(parameter.value.text, digits)
        XCTAssertEqual(try JSONValue.encoded(parameter)["value"], .string(digits))
        XCTAssertEqual(ExactDecimal("0.10")?.decimal, Decimal(string: "0.1"))
        for wrong in ["", "-", "1.", ".5", "1.2.3", "1e3", "١", " 1", "NaN", "--1"] {
            XCTAssertNil(ExactDecimal(wrong), wrong)
        }
        XCTAssertThrowsError(try JSONDecoder().decode([ExactDecimal].self, from: Data("[1.5]".utf8)))
    }

    func testARecordIgnoresWhatItDoesNotKnowAndKeepsNewValues() throws {
        let text = """
            {"id": "1", "patient_id": "2", "biomarker_code": "ldl_c", "biomarker_name": "LDL", "value": 3.5, "unit": "mmol/L",
             "status": "brand_new", "collected_at": "2026-01-01T00:00:00Z", "parsed_at": "2026-01-01T00:00:00Z", "new": [1]}
            """
        let biomarker = try JSONDecoder().decode(Biomarker.self, from: Data(text.utf8))
        XCTAssertNil(biomarker.referenceLow)
        XCTAssertEqual(biomarker.status.rawValue, "brand_new")
        XCTAssertEqual(biomarker.value, 3.5)
        let again = try JSONDecoder().decode(Biomarker.self, from: try JSONEncoder().encode(biomarker))
        XCTAssertEqual(again, biomarker)
    }

    func testAPageGoesOnToTheNextOnes() async throws {
        let first = Page(items: [1, 2], nextCursor: "a") { cursor in
            XCTAssertEqual(cursor, "a")
            return Page(items: [], nextCursor: "b") { _ in Page(items: [3], nextCursor: nil) }
        }
        var seen: [Int] = []
        for try await number in first.all { seen.append(number) }
        XCTAssertEqual(seen, [1, 2, 3])
        XCTAssertEqual(Array(first), [1, 2])
    }

    func testAListThatLeadsInCirclesEnds() async throws {
        @Sendable func page(after cursor: String) -> Page<String> {
            Page(items: [cursor], nextCursor: cursor == "a" ? "b" : "a") { page(after: $0) }
        }
        var seen: [String] = []
        for try await cursor in page(after: "start").all { seen.append(cursor) }
        XCTAssertEqual(seen, ["start", "a", "b"])
    }

    func testWhatIsNullIsSentAndWhatIsNilIsNot() {
        let kept: [String: JSONValue] = ["client_id": .string("c")]
        let sent = kept.changing(["client_uri": .null, "logo_uri": nil, "picture": .value("x")])
        XCTAssertEqual(sent, ["client_id": .string("c"), "client_uri": .null, "picture": .string("x")])
        XCTAssertFalse("\(Nullable.value("canary"))".contains("canary"))
    }

    func testADecimalIsOneInAnyNotationThatTheCoreHas() {
        for text in ["0", "-12.50", "1e5", "1e-7", "-1.5e+21"] {
            XCTAssertEqual(ExactDecimal(text)?.text, text)
        }
        XCTAssertEqual(ExactDecimal("1e-7")?.decimal, Decimal(string: "0.0000001"))
        for text in ["", "-", ".5", "1.", "1e", "e5", "1e1000", "1e1.5", "+1", "high"] {
            XCTAssertNil(ExactDecimal(text), text)
        }
    }

    func testAWrongOptionIsNamed() {
        XCTAssertThrowsError(try LoopClient(LoopOptions(clientId: "a", redirectUri: ""))) { error in
            XCTAssertEqual((error as? LoopError)?.action, .fixCall)
            XCTAssertEqual((error as? LoopError)?.detail, "redirectUri")
        }
    }
}
