// The clients that JavaScript knows by number.
import Foundation
@_spi(LoopExpo) import LoopSDK

final class Clients: @unchecked Sendable {
  static let unknown = LoopClient.errorJSON(UnknownClient())

  private let lock = NSLock()
  private var opened: [Int: LoopClient] = [:]
  private var last = 0

  /// The reply of `create`. Keychain and sign-in sheet are those of the Swift package. `tell` and `record` get a client's
  /// number, and an event of it or an entry of its audit log as a JSON object.
  func create(
    _ options: String,
    tell: (@Sendable (Int, String) -> Void)?,
    record: (@Sendable (Int, String) async throws -> Void)?
  ) -> String {
    do {
      let number = lock.withLock {
        last += 1
        return last
      }
      var hooks = LoopOptions()
      if let tell {
        hooks.onEvent = { event in tell(number, LoopClient.eventJSON(event)) }
      }
      if let record {
        hooks.auditLog = .callback { entry in try await record(number, entry.json) }
      }
      let client = try LoopClient(optionsJSON: options, hooks: hooks)
      lock.withLock { opened[number] = client }
      let value = Created(value: .init(client: number, redirectUri: client.redirectUri))
      return String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    } catch {
      return LoopClient.errorJSON(error)
    }
  }

  func find(_ number: Int) -> LoopClient? {
    lock.withLock { opened[number] }
  }

  private struct Created: Encodable {
    struct Value: Encodable {
      let client: Int
      let redirectUri: String?
    }
    let value: Value
  }

  private struct UnknownClient: Error {}
}
