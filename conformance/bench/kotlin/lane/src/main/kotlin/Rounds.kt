// Warm-up, then timed rounds in which the contenders take turns, in alternating order.
package health.loop.bench

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.withContext
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** One way to make a call. It returns the sum of the records' values, which has to be the same for all. */
class Contender(val name: String, val call: suspend () -> Double)

/** Warm-up is so many times as long as the rounds: on one core the JVM still compiles after ten seconds. */
private const val WARM_UP = 2

private const val NANOSECONDS = 1e9

class Rounds(private val seconds: Double, private val count: Int) {
    private val measures = mutableListOf<JsonObject>()

    fun toJson() = JsonArray(measures)

    /** One call after the other. */
    suspend fun callsPerSecond(name: String, contenders: List<Contender>) =
        measure(name, "calls/s", contenders) { call, sum -> 1 / secondsPerCall(call, sum) }

    /** So many coroutines, each with one call after the other. */
    suspend fun callsPerSecondConcurrently(name: String, coroutines: Int, contenders: List<Contender>) =
        measure(name, "calls/s", contenders) { call, sum ->
            withContext(Dispatchers.Default) {
                coroutineScope {
                    val rates = List(coroutines) { async { 1 / secondsPerCall(call, sum) } }
                    rates.awaitAll().sum()
                }
            }
        }

    /** One call after the other, by what a record of its list costs. */
    suspend fun microsecondsPerRecord(name: String, records: Int, contenders: List<Contender>) =
        measure(name, "µs/record", contenders) { call, sum -> secondsPerCall(call, sum) * 1e6 / records }

    private suspend fun secondsPerCall(call: suspend () -> Double, sum: Double): Double {
        val start = System.nanoTime()
        val end = start + (seconds * NANOSECONDS).toLong()
        var calls = 0
        do {
            check(call() == sum) { "an answer is not whole" }
            calls++
            val now = System.nanoTime()
        } while (now < end)
        return (System.nanoTime() - start) / NANOSECONDS / calls
    }

    private suspend fun measure(
        name: String,
        unit: String,
        contenders: List<Contender>,
        round: suspend (call: suspend () -> Double, sum: Double) -> Double,
    ) {
        System.err.println("Kotlin: $name")
        val sum = contenders.first().call()
        repeat(WARM_UP * count) { contenders.forEach { round(it.call, sum) } }
        val figures = contenders.associate { it.name to mutableListOf<JsonPrimitive>() }
        repeat(count) { index ->
            val order = if (index % 2 == 0) contenders else contenders.reversed()
            order.forEach { figures.getValue(it.name).add(JsonPrimitive(round(it.call, sum))) }
        }
        val results = figures.map { (contender, rounds) ->
            JsonObject(mapOf("name" to JsonPrimitive(contender), "rounds" to JsonArray(rounds)))
        }
        measures.add(
            JsonObject(
                mapOf("name" to JsonPrimitive(name), "unit" to JsonPrimitive(unit), "results" to JsonArray(results)),
            ),
        )
    }
}
