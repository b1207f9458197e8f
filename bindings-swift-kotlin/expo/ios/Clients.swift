// The clients that JavaScript knows by number.
import Foundation
@_spi(LoopExpo) import LoopSDK

final class Clients: @unchecked Sendable {
  static let unknown = LoopClient.errorJSON(UnknownClient())

  private let lock = NSLock()
  private var opened: [LoopClient] = []

  /// The reply of `create`. Keychain and sign-in sheet are those of the Swift package.
  func create(_ options: String) -> String {
    do {
      let client = try LoopClient(optionsJSON: options, hooks: LoopOptions())
      let number = lock.withLock {
        opened.append(client)
        return opened.count - 1
      }
      let value = Created(value: .init(client: number, redirectUri: client.redirectUri))
      return String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    } catch {
      return LoopClient.errorJSON(error)
    }
  }

  func find(_ number: Int) -> LoopClient? {
    lock.withLock { opened.indices.contains(number) ? opened[number] : nil }
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
