// An app in a process of its own, for tests: it begins a sign-in and is killed, finishes one that it did not begin, or
// ends while a refresh is under way.
package health.loop.sdk

import kotlin.system.exitProcess
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext

fun main(arguments: Array<String>) {
    runBlocking {
        if (arguments[0] == "leave") {
            val loop = LoopClient(LoopOptions(ownDevice = false))
            launch(Dispatchers.Default) { loop.accessToken(arguments[1]) }
            withContext(Dispatchers.IO) { readln() }
            exitProcess(0)
        } else if (arguments[0] == "begin") {
            val browser = Browser { url, _ ->
                println(url)
                awaitCancellation()
            }
            LoopClient(LoopOptions(browser = browser)).signIn()
        } else {
            LoopClient().use { loop ->
                loop.resumeSignIn(arguments[1])
                println(loop.clinical.listBiomarkers().size)
            }
        }
    }
}
