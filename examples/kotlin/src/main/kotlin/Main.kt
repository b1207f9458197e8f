// Your biomarkers on the command line: connect with Loop in the browser once, later runs need no browser.
import com.sun.net.httpserver.HttpServer
import health.loop.sdk.Browser
import health.loop.sdk.LoopClient
import health.loop.sdk.LoopException
import health.loop.sdk.LoopOptions
import health.loop.sdk.ScopeRequired
import health.loop.sdk.SignInRequired
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.URI
import kotlin.system.exitProcess
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.runBlocking

/** Prints the URL of the sign-in, and waits on this machine for the browser to come back. */
val loopback = Browser { url, redirectUri ->
    val callback = CompletableDeferred<String>()
    val place = URI(redirectUri)
    val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), place.port), 0)
    server.createContext(place.path) { exchange ->
        val page = "You may close this window.".toByteArray()
        exchange.sendResponseHeaders(200, page.size.toLong())
        exchange.responseBody.use { it.write(page) }
        callback.complete("$redirectUri?${exchange.requestURI.rawQuery}")
    }
    server.start()
    println("Open $url")
    try {
        callback.await()
    } finally {
        server.stop(1)
    }
}

fun main(arguments: Array<String>) = runBlocking {
    try {
        // LOOP_CLIENT_ID, LOOP_REDIRECT_URI (for instance http://localhost:3000/callback), LOOP_SCOPES
        LoopClient(LoopOptions(browser = loopback)).use { loop ->
            if (arguments.firstOrNull() == "disconnect") return@use loop.disconnect()
            val biomarkers = try {
                loop.clinical.listBiomarkers()
            } catch (error: LoopException) {
                if (error !is SignInRequired && error !is ScopeRequired) throw error
                loop.signIn()
                loop.clinical.listBiomarkers()
            }
            for (marker in biomarkers) println("${marker.biomarkerName} ${marker.value} ${marker.unit}")
        }
    } catch (error: LoopException) {
        System.err.println(error.message)
        exitProcess(1)
    }
}
