// Measures the SDK beside OkHttp with kotlinx.serialization, in one JVM: URL, SECONDS and ROUNDS in, one line of JSON out.
package health.loop.bench

import com.sun.jna.NativeLibrary
import health.loop.sdk.Biomarker
import health.loop.sdk.LoopClient
import health.loop.sdk.LoopOptions
import java.io.File
import java.time.Instant
import java.util.Properties
import kotlin.time.Duration.Companion.hours
import kotlin.time.toJavaDuration
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject

private const val PERSON = "user_01j9zq3w7m8k"
private const val TOKEN = "access-token-of-the-bench"

/** How many records the long list has; the server says so too. */
private const val LONG = 500

fun main(arguments: Array<String>): Unit = runBlocking {
    val (url, seconds, count) = arguments
    val rounds = Rounds(seconds.toDouble(), count.toInt())
    val versions = versions()
    val ours = "Loop SDK"
    val peer = "OkHttp ${versions["okhttp"]} + kotlinx.serialization ${versions["serialization"]}"

    loopClient("$url/small/{service}").use { small ->
        loopClient("$url/large/{service}").use { large ->
            requireNativePart()
            val okHttp = OkHttp(TOKEN)
            suspend fun list(loop: LoopClient): Double = loop.clinical.listBiomarkers(PERSON).sumOf { it.value }

            val short = "$url/small/clinical/v1/biomarkers/me"
            val long = "$url/large/clinical/v1/biomarkers/me"
            rounds.callsPerSecond(
                "sequential",
                listOf(
                    Contender(ours) { list(small) },
                    Contender("$peer, execute") { okHttp.executed(short) },
                    Contender("$peer, executeAsync") { okHttp.executedAsync(short) },
                ),
            )
            rounds.callsPerSecondConcurrently(
                "64 concurrent",
                64,
                listOf(
                    Contender(ours) { list(small) },
                    Contender("$peer, execute") { withContext(Dispatchers.IO) { okHttp.executed(short) } },
                    Contender("$peer, executeAsync") { okHttp.executedAsync(short) },
                ),
            )
            rounds.microsecondsPerRecord(
                "list of 500, one call",
                LONG,
                listOf(
                    Contender(ours) { list(large) },
                    Contender("$peer, execute") { okHttp.executed(long) },
                    Contender("$peer, executeAsync") { okHttp.executedAsync(long) },
                ),
            )
            // What the core hands over, and what the server sends: each side decodes what it gets.
            val crossing = JsonObject(
                mapOf("items" to JsonArray(large.clinical.listBiomarkers(PERSON).map { it.toJson() })),
            ).toString()
            val answer = okHttp.text(long)
            rounds.microsecondsPerRecord(
                "list of 500, decoding in Kotlin alone",
                LONG,
                listOf(
                    Contender("$ours (parseToJsonElement, Biomarker.fromJson)") {
                        val items = Json.parseToJsonElement(crossing).jsonObject.getValue("items").jsonArray
                        items.map { Biomarker.fromJson(it.jsonObject) }.sumOf { it.value }
                    },
                    Contender("kotlinx.serialization ${versions["serialization"]}") {
                        decoded(answer).results.sumOf { it.value }
                    },
                ),
            )
            okHttp.close()
        }
    }
    val runtime = "Kotlin ${versions["kotlin"]}, ${System.getProperty("java.vm.name")} ${System.getProperty("java.version")}"
    println(JsonObject(mapOf("runtime" to JsonPrimitive(runtime), "measures" to rounds.toJson())))
}

/** A client with a grant whose access token outlives the measurement. */
private suspend fun loopClient(environment: String): LoopClient {
    val options = LoopOptions(
        clientId = "bench",
        redirectUri = "my-app://callback",
        environment = environment,
        scopes = listOf("read:biomarkers"),
        store = "memory:",
    )
    val loop = LoopClient(options)
    val end = Instant.now() + 12.hours.toJavaDuration()
    loop.importGrant(PERSON, "refresh-token-of-the-bench", TOKEN, end, listOf("read:biomarkers"))
    return loop
}

/** The JAR may carry another build than the one that is to be measured. */
private fun requireNativePart() {
    val wanted = System.getProperty("jna.library.path")
    val loaded = NativeLibrary.getInstance("loop_uniffi").file?.parent
    check(File(wanted).canonicalPath == loaded?.let { File(it).canonicalPath }) { "$loaded was loaded, and not $wanted" }
}

private fun versions(): Map<Any, Any> = Properties().apply {
    Rounds::class.java.getResourceAsStream("/versions.properties").use { load(it) }
}
