// A machine: its own token, the operations that are open to it, and its secret.
import Foundation
@testable import LoopSDK
import XCTest

final class MachineTests: XCTestCase {
    private let ada = "user_01HXYADA00M7Q4T9W2K5R8N3B6"

    func testAMachineHasATokenOfItsOwnAndTheOperationsThatAreOpenToMachines() async throws {
        let sandbox = try Sandbox()
        defer { sandbox.stop() }
        let options = try await sandbox.machine(scopes: [Scope.adminClinical, Scope.adminIdentity])
        let machine = try M2MClient(options)

        let apps = try await machine.identity.listOauthClients()
        XCTAssertTrue(apps.contains { $0.clientId == options.clientId })
        let made = try await machine.identity.createOauthClient(
            clientName: "Made by a test",
            redirectUris: ["http://localhost:1/callback"],
            allowedScopes: [Scope.readBiomarkers]
        )
        let secret = try XCTUnwrap(made.clientSecret)
        XCTAssertFalse("\(printed(made))\(made.safeView)".contains(secret))
        XCTAssertEqual(made.safeView.value["client"]?["client_id"]?.stringValue, made.client.clientId)
        let renamed = try await machine.identity.updateOauthClient(made.client.clientId, clientName: "Renamed")
        XCTAssertEqual(renamed.clientName, "Renamed")

        let biomarkers = try await machine.clinical.listPatientBiomarkers(patientId: ada)
        XCTAssertFalse(biomarkers.isEmpty)
        let preview = try await machine.entitlements.preview(memberId: ada)
        XCTAssertFalse(preview.entitlements.isEmpty)
        let event = try await machine.events.publish(name: "clinical.biomarker.parsed.v1", payload: [:])
        XCTAssertEqual(event.status, .published)
        let response = try await machine.request(
            ApiRequest(service: "identity", path: "/v1/admin/oauth-clients")
        )
        XCTAssertEqual(response.status, 200)

        let absent = await loopError { _ = try await machine.webhooks.replayDelivery("no-such-delivery") }
        XCTAssertEqual(absent?.code, .notFound)
        let missing = await loopError { _ = try await machine.membership.getMembership(self.ada) }
        XCTAssertEqual(missing?.code, .scopeRequired)
        XCTAssertEqual(missing?.missingScopes, [Scope.adminPayments])

        let (first, second) = (try await machine.accessToken(), try await machine.accessToken())
        XCTAssertEqual(first, second)
        XCTAssertEqual("\(machine)", "<M2MClient>")
    }

    func testAMachineInATraceHasTheSameTokenAndLeavesTheOtherAsItIs() async throws {
        let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let sandbox = try Sandbox()
        defer { sandbox.stop() }
        let machine = try M2MClient(try await sandbox.machine(scopes: [Scope.adminIdentity]))
        let traced = machine.inTrace(traceparent)
        _ = try await traced.identity.listOauthClients()
        _ = try await traced.request(ApiRequest(service: "identity", path: "/v1/admin/oauth-clients"))
        _ = try await machine.identity.listOauthClients()
        let calls = try await sandbox.journal().filter { call in
            call["path"]?.stringValue?.hasSuffix("/oauth-clients") ?? false
        }
        XCTAssertEqual(calls.map { $0["traceparent"]?.stringValue }, [traceparent, traceparent, nil])
        let (one, other) = (try await machine.accessToken(), try await traced.accessToken())
        XCTAssertEqual(one, other)

        let wrong = await loopError { _ = try await machine.inTrace("canary").identity.listOauthClients() }
        XCTAssertEqual(wrong?.detail, "traceparent")
        XCTAssertFalse(printed(wrong as Any).contains("canary"))
    }

    func testAMachinesSecretComesFromAFunctionAndWhatThatThrowsIsNotQuoted() async throws {
        struct VaultIsSealed: Error { let text = "canary" }
        let sandbox = try Sandbox()
        defer { sandbox.stop() }
        let registered = try await sandbox.machine(scopes: [Scope.adminClinical])
        let known = try XCTUnwrap(registered.clientSecret?.known)
        var options = registered
        options.clientSecret = ClientSecret(asking: { known })
        let token = try await M2MClient(options).accessToken()
        XCTAssertFalse(token.isEmpty)

        options.clientSecret = ClientSecret(asking: { throw VaultIsSealed() })
        let machine = try M2MClient(options)
        let error = await loopError { _ = try await machine.accessToken() }
        XCTAssertEqual(error?.code, .clientSecretUnavailable)
        XCTAssertTrue(error?.reason?.contains("VaultIsSealed") ?? false)
        XCTAssertFalse("\(printed(error as Any))\(error?.reason ?? "")".contains("canary"))
    }

    func testAMachinesOptionsAreCheckedWhenItIsMade() {
        var endless = M2MOptions(clientId: "c", clientSecret: "s")
        endless.timeout = -1
        let wrong: [(M2MOptions, String)] = [
            (M2MOptions(clientId: "c", clientSecret: "s", environment: .template("canary")), "environment"),
            (endless, "timeout"),
        ]
        for (options, name) in wrong {
            XCTAssertThrowsError(try M2MClient(options)) { error in
                XCTAssertEqual((error as? LoopError)?.detail, name)
                XCTAssertFalse(printed(error).contains("canary"))
            }
        }
    }
}
