// The entries of audit logs that JavaScript is recording, by the ids that it answers with.
import Foundation
@_spi(LoopExpo) import LoopSDK

final class Recordings: @unchecked Sendable {
  private static let gone = "JavaScriptEnded"
  private static let tooSlow = "TooSlow"

  private let lock = NSLock()
  /// Each is resumed with the type of what was thrown, or with nil.
  private var waiting: [String: CheckedContinuation<String?, Never>] = [:]
  private var last = 0
  private var isClosed = false

  /// Hands an entry over, and waits until it is recorded. The core has a limit for it, and cancels the task then.
  func record(_ handOver: (_ id: String) -> Void) async throws {
    let id = nextId()
    let threw: String? = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<String?, Never>) in
        if begin(id, continuation) {
          handOver(id)
        }
      }
    } onCancel: {
      recorded(id, threw: Recordings.tooSlow)
    }
    if let threw {
      throw ThrownElsewhere(kind: threw)
    }
  }

  /// An answer that comes too late changes nothing.
  func recorded(_ id: String, threw: String?) {
    lock.withLock { waiting.removeValue(forKey: id) }?.resume(returning: threw)
  }

  /// JavaScript is gone, and answers nothing any more.
  func close() {
    let unanswered = lock.withLock {
      isClosed = true
      defer { waiting = [:] }
      return Array(waiting.values)
    }
    unanswered.forEach { $0.resume(returning: Recordings.gone) }
  }

  private func nextId() -> String {
    lock.withLock {
      last += 1
      return String(last)
    }
  }

  /// Whether there is something to wait for. The task may have been cancelled before anything could be resumed.
  private func begin(_ id: String, _ continuation: CheckedContinuation<String?, Never>) -> Bool {
    let refused: String? = lock.withLock {
      if isClosed { return Recordings.gone }
      if Task.isCancelled { return Recordings.tooSlow }
      waiting[id] = continuation
      return nil
    }
    if let refused {
      continuation.resume(returning: refused)
    }
    return refused == nil
  }
}
