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

    Function("create") { (options: String) -> String in
      clients.create(options)
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
