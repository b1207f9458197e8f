// Signs a person in with their browser, and lists their biomarkers. Options come from LOOP_*.
import Foundation
import LoopSDK

@main
struct Example {
    static func main() async throws {
        var options = LoopOptions()
        options.isOwnDevice = true
        options.storeUrl = "memory:"
        options.browser = LoopbackBrowser()
        let loop = try LoopClient(options)

        do {
            try await loop.signIn()
            for biomarker in try await loop.clinical.listBiomarkers() {
                print(biomarker.biomarkerName, biomarker.value, biomarker.unit)
            }
            try await loop.disconnect()
        } catch let error as LoopError {
            print(error.message, "What to do:", error.action)
            exit(1)
        }
    }
}
