// The native part on iOS: texts in, texts out. What it does is in the Swift package.
import ExpoModulesCore
@_spi(LoopExpo) import LoopSDK

public final class LoopSdkModule: Module {
  private let clients = Clients()
  private let calls = Calls()
  private let recordings = Recordings()

  public func definition() -> ModuleDefinition {
    let clients = self.clients
    let calls = self.calls
    let recordings = self.recordings

    Name("LoopSdk")

    Events("onLoopEvent", "onLoopAudit")

    Function("create") { [weak self] (options: String, listens: Bool, records: Bool) -> String in
      let emitter = Emitter(self)
      let tell: @Sendable (Int, String) -> Void = { client, event in
        emitter.send("onLoopEvent", ["client": client, "event": event])
      }
      let record: @Sendable (Int, String) async throws -> Void = { client, entry in
        try await recordings.record { id in
          emitter.send("onLoopAudit", ["client": client, "id": id, "entry": entry])
        }
      }
      return clients.create(options, tell: listens ? tell : nil, record: records ? record : nil)
    }

    AsyncFunction("call") {
      (client: Int, method: String, arguments: String, callId: String, timeoutMs: Double?) async -> String in
      guard let loop = clients.find(client) else { return Clients.unknown }
      return await calls.run(callId) {
        await loop.callJSON(method, arguments, timeout: timeoutMs.map { $0 / 1000 })
      }
    }

    Function("cancel") { (callId: String) in
      calls.cancel(callId)
    }

    Function("recorded") { (id: String, threw: String?) in
      recordings.recorded(id, threw: threw)
    }

    OnDestroy {
      recordings.close()
    }
  }
}

/// Sends to JavaScript from any thread, for as long as the module lives.
private final class Emitter: @unchecked Sendable {
  private weak var module: LoopSdkModule?

  init(_ module: LoopSdkModule?) {
    self.module = module
  }

  func send(_ name: String, _ body: [String: Any]) {
    module?.sendEvent(name, body)
  }
}
