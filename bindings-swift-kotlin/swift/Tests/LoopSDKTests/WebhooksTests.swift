// Webhooks: the verdicts of `conformance/webhooks.json`, typed events, and handling each once.
import Foundation
@testable import LoopSDK
import XCTest

final class WebhooksTests: XCTestCase {
    private struct Case: Decodable {
        let name: String
        let secrets: [String]
        let headers: [String: JSONValue]
        let verdict: String
        let body: String?
        let body_base64: String?
        let event: JSONValue?

        var bytes: Data {
            get throws {
                if let body { return Data(body.utf8) }
                return try XCTUnwrap(Data(base64Encoded: try XCTUnwrap(body_base64)))
            }
        }

        /// A list is a header that came more than once.
        var pairs: [(name: String, value: String)] {
            var pairs: [(name: String, value: String)] = []
            for (name, value) in headers {
                if let text = value.stringValue { pairs.append((name: name, value: text)) }
                guard case .array(let values) = value else { continue }
                for text in values.compactMap({ $0.stringValue }) { pairs.append((name: name, value: text)) }
            }
            return pairs
        }
    }

    private struct File: Decodable {
        let cases: [Case]
    }

    /// Whether an event says what a record does, by the records' names.
    private let records: [String: @Sendable (WebhookEvent) -> Bool] = [
        "BloodworkUploaded": { $0.data(as: BloodworkUploaded.self) != nil },
        "LabResultCritical": { $0.data(as: LabResultCritical.self) != nil },
        "VialCreated": { $0.data(as: VialCreated.self) != nil },
        "BonusEligible": { $0.data(as: BonusEligible.self) != nil },
        "SubscriptionTierChanged": { $0.data(as: SubscriptionTierChanged.self) != nil },
        "MembershipTierChanged": { $0.data(as: MembershipTierChanged.self) != nil },
        "EncounterRecorded": { $0.data(as: EncounterRecorded.self) != nil },
        "SharpsReminderRequested": { $0.data(as: SharpsReminderRequested.self) != nil },
        "NotificationCreated": { $0.data(as: NotificationCreated.self) != nil },
        "MessageSendRequested": { $0.data(as: MessageSendRequested.self) != nil },
        "LiveStreamEvent": { $0.data(as: LiveStreamEvent.self) != nil },
        "ScreeningStatusChanged": { $0.data(as: ScreeningStatusChanged.self) != nil },
    ]

    func testTheVerdictsAreThoseOfAllLanguages() throws {
        let file: File = try repositoryFile("conformance/webhooks.json")
        XCTAssertGreaterThanOrEqual(file.cases.count, 40)
        for each in file.cases {
            do {
                let event = try Webhooks.verify(
                    rawBody: try each.bytes, headers: each.pairs, secrets: each.secrets
                )
                XCTAssertEqual(each.verdict, "ok", each.name)
                try check(event, each)
            } catch let error as LoopError {
                XCTAssertEqual(each.verdict, error.code.rawValue, each.name)
            }
        }
    }

    private func check(_ event: WebhookEvent, _ each: Case) throws {
        guard case .object(let members)? = each.event else { return }
        for (member, expected) in members {
            let got: JSONValue
            switch member {
            case "id": got = .string(event.id)
            case "type": got = .string(event.eventType)
            case "user_id": got = .text(event.userId)
            case "client_id": got = .text(event.clientId)
            case "occurred_at": got = .string(event.occurredAt)
            case "attempt": got = .count(event.attempt)
            case "data": got = event.data
            case "known": got = .text(records.first { $0.value(event) }?.key)
            default: throw Failure(text: "\(each.name) expects \(member), which no event has")
            }
            XCTAssertTrue(got.isSame(as: expected), "\(each.name): \(member) is \(got.json)")
        }
        XCTAssertFalse(printed(event).contains(event.userId ?? event.id), each.name)
    }

    func testAHeaderStandsOnceInADictionary() throws {
        let file: File = try repositoryFile("conformance/webhooks.json")
        let good = try XCTUnwrap(file.cases.first { $0.name == "a known event with its data" })
        let headers = good.headers.compactMapValues { $0.stringValue }
        let event = try Webhooks.verify(rawBody: try good.bytes, headers: headers, secrets: good.secrets)
        XCTAssertNotNil(event.data(as: BloodworkUploaded.self))
        XCTAssertNil(event.data(as: MembershipTierChanged.self))
        XCTAssertThrowsError(try Webhooks.verify(rawBody: Data(), headers: headers, secrets: good.secrets)) { error in
            XCTAssertEqual((error as? LoopError)?.code, .webhookSignature)
        }
    }

    func testAnEventIsHandledOnceAndAgainWhereHandlingItFailed() async throws {
        var options = LoopOptions(clientId: "c", redirectUri: "loop-tests:/callback")
        options.storeUrl = "memory:"
        let loop = try LoopClient(options)
        var claims: [EventClaim] = []
        claims.append(try await loop.claimEvent("evt_1"))
        claims.append(try await loop.claimEvent("evt_1"))
        try await loop.abandonEvent("evt_1")
        claims.append(try await loop.claimEvent("evt_1"))
        try await loop.finishEvent("evt_1")
        claims.append(try await loop.claimEvent("evt_1"))
        XCTAssertEqual(claims, [.new, .underWay, .new, .done])
    }
}
