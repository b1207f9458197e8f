// The native part on iOS: texts in, texts out. What it does is in the Swift package.
import ExpoModulesCore
@_spi(LoopExpo) import LoopSDK

public final class LoopSdkModule: Module {
  private let clients = Clients()
  private let calls = Calls()

  public func definition() -> ModuleDefinition {
    let clients = self.clients
    let calls = self.calls

    Name("LoopSdk")

    Events("onLoopEvent")

    Function("create") { [weak self] (options: String, listens: Bool) -> String in
      guard listens else { return clients.create(options) }
      return clients.create(options) { client, event in
        self?.sendEvent("onLoopEvent", ["client": client, "event": event])
      }
    }

    AsyncFunction("call") { (client: Int, method: String, arguments: String, callId: String) async -> String in
      guard let loop = clients.find(client) else { return Clients.unknown }
      return await calls.run(callId) { await loop.callJSON(method, arguments) }
    }

    Function("cancel") { (callId: String) in
      calls.cancel(callId)
    }
  }
}
