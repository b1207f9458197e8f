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
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = package.appendingPathComponent("../../conformance/codes.json")
        let table = try JSONDecoder().decode(Table.self, from: Data(contentsOf: file))
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
            ApiRequest(service: canary, path: canary, body: .string(canary)),
        ]
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            for text in [String(describing: value), String(reflecting: value), "\(value)", dumped] {
                XCTAssertFalse(text.contains(canary), "\(type(of: value)) prints its values")
                XCTAssertFalse(text.contains("4711"), "\(type(of: value)) prints its values")
            }
        }
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
