// The calls that are under way, by the ids that JavaScript gave them.
import Foundation

final class Calls: @unchecked Sendable {
  private let lock = NSLock()
  private var running: [String: Task<String, Never>] = [:]
  /// Cancelled before they arrived: a cancel is synchronous, a call is not. The oldest are forgotten.
  private var early: [String] = []
  private static let kept = 256

  func run(_ id: String, _ call: @escaping @Sendable () async -> String) async -> String {
    let task = begin(id, call)
    let reply = await task.value
    end(id)
    return reply
  }

  func cancel(_ id: String) {
    lock.withLock {
      if let task = running[id] {
        task.cancel()
      } else {
        early.append(id)
        early.removeFirst(max(0, early.count - Calls.kept))
      }
    }
  }

  private func begin(_ id: String, _ call: @escaping @Sendable () async -> String) -> Task<String, Never> {
    lock.withLock {
      let task = Task { await call() }
      running[id] = task
      if let index = early.firstIndex(of: id) {
        early.remove(at: index)
        task.cancel()
      }
      return task
    }
  }

  private func end(_ id: String) {
    lock.withLock { running[id] = nil }
  }
}
