// A block of the guide; DocsTest compares them.
package health.loop.docs.device

import health.loop.sdk.Browser
import health.loop.sdk.LoopClient
import health.loop.sdk.LoopOptions
import health.loop.sdk.SignInRequired

suspend fun printBiomarkers(browser: Browser) {
    LoopClient(LoopOptions(browser = browser)).use { loop ->
        val biomarkers = try {
            loop.clinical.listBiomarkers()
        } catch (_: SignInRequired) {
            loop.signIn()
            loop.clinical.listBiomarkers()
        }
        for (marker in biomarkers) println("${marker.biomarkerName} ${marker.value} ${marker.unit}")
    }
}
