// The peer: OkHttp, and kotlinx.serialization with its compiler plugin, decoding to records equal to the SDK's.
package health.loop.bench

import java.util.concurrent.TimeUnit
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.Json
import okhttp3.ConnectionPool
import okhttp3.Dispatcher
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import okhttp3.coroutines.executeAsync

@Serializable
data class Answer(val results: List<Record>)

@Serializable
data class Record(
    val id: String,
    @SerialName("patient_id") val patientId: String,
    @SerialName("biomarker_code") val biomarkerCode: String,
    @SerialName("biomarker_name") val biomarkerName: String,
    val value: Double,
    val unit: String,
    @SerialName("reference_low") val referenceLow: Double?,
    @SerialName("reference_high") val referenceHigh: Double?,
    val status: Status,
    @SerialName("collected_at") val collectedAt: String,
    @SerialName("parsed_at") val parsedAt: String,
)

@JvmInline
@Serializable
value class Status(val value: String)

/** The platform may add fields, as for the SDK. */
private val json = Json { ignoreUnknownKeys = true }

fun decoded(text: String): Answer = json.decodeFromString<Answer>(text)

/** A client that holds as many connections as there are coroutines. */
class OkHttp(private val token: String) : AutoCloseable {
    private val client = OkHttpClient.Builder()
        .dispatcher(Dispatcher().apply { maxRequestsPerHost = 64 })
        .connectionPool(ConnectionPool(64, 5, TimeUnit.MINUTES))
        .build()

    fun executed(url: String): Double = sum(client.newCall(request(url)).execute())

    suspend fun executedAsync(url: String): Double = sum(client.newCall(request(url)).executeAsync())

    fun text(url: String): String = body(client.newCall(request(url)).execute())

    /** Its threads would keep the JVM up for a minute. */
    override fun close() {
        client.dispatcher.executorService.shutdown()
        client.connectionPool.evictAll()
    }

    private fun request(url: String): Request =
        Request.Builder().url(url).header("Authorization", "Bearer $token").build()

    private fun sum(response: Response): Double = decoded(body(response)).results.sumOf { it.value }

    private fun body(response: Response): String = response.use {
        check(it.isSuccessful) { "the server answered ${it.code}" }
        it.body.string()
    }
}
