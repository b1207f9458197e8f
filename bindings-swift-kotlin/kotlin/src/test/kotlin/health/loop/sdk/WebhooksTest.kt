// Webhooks: the verdicts of `conformance/webhooks.json`, typed events, and handling each once.
package health.loop.sdk

import java.util.Base64
import javax.crypto.Mac
import javax.crypto.spec.SecretKeySpec
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class WebhooksTest {
    @Test
    fun `the verdicts are those of all languages`() {
        val file = Json.parseToJsonElement(repositoryFile("conformance/webhooks.json").readText()).jsonObject
        val cases = file.getValue("cases").jsonArray.map { it.jsonObject }
        assertTrue(cases.size >= 40, "${cases.size}")
        for (case in cases) {
            val name = case.text("name")
            val body = case["body_base64"]?.let { Base64.getDecoder().decode(it.jsonPrimitive.content) }
                ?: case.text("body").toByteArray()
            case["signed_with"]?.let { assertEquals(signature(body, it.jsonPrimitive.content), signatureOf(case), name) }
            val headers = case.getValue("headers").jsonObject.mapValues { (_, value) ->
                if (value is JsonArray) value.map { it.jsonPrimitive.content } else value.jsonPrimitive.content
            }
            val secrets = case.getValue("secrets").jsonArray.map { it.jsonPrimitive.content }
            val (verdict, event) = try {
                "ok" to Webhooks.verify(body, headers, secrets)
            } catch (error: LoopException) {
                error.code.value to null
            }
            assertEquals(case.text("verdict"), verdict, name)
            case["event"]?.jsonObject?.forEach { (member, expected) ->
                val got: Any? = if (member == "known") event!!.record?.javaClass?.simpleName else plain(event!!.toJson()[member])
                assertEquals(plain(expected), got, "$name: $member")
            }
        }
    }

    @Test
    fun `an event has its data as a record, and prints nothing`() {
        val body = """{"id":"evt_1","type":"membership.tier.changed.v1","user_id":"canary-user","client_id":"c",
            "occurred_at":"2026-05-22T12:34:56Z","data":{"user_id":"canary-user","tier":"plus","previous_tier":null}}"""
        val event = Webhooks.verify(body.toByteArray(), mapOf("x-loop-signature" to signature(body.toByteArray(), "s")), "s")
        val record = event.record as MembershipTierChanged
        assertEquals("plus" to null, record.tier to record.previousTier)
        assertEquals("canary-user", event.userId)
        assertEquals(record.toJson(), event.data.value)
        assertFalse("canary" in "$event $record ${event.data} ${safeView(record)}")
        assertNull(event.attempt)

        val newer = body.replace("membership.tier.changed.v1", "membership.newer.v1")
        val unknown = Webhooks.verify(newer.toByteArray(), mapOf("X-Loop-Signature" to signature(newer.toByteArray(), "s")), "s")
        assertNull(unknown.record)
        assertEquals("plus", (unknown.data.value as JsonObject).text("tier"))
    }

    @Test
    fun `an event is handled once, and again where handling it failed`() = runBlocking<Unit> {
        LoopClient(LoopOptions(clientId = "c", store = "memory:")).use { loop ->
            assertEquals(EventClaim.NEW, loop.claimEvent("evt_1"))
            assertEquals(EventClaim.UNDER_WAY, loop.claimEvent("evt_1"))
            loop.abandonEvent("evt_1")
            assertEquals(EventClaim.NEW, loop.claimEvent("evt_1"))
            loop.finishEvent("evt_1")
            assertEquals(EventClaim.DONE, loop.claimEvent("evt_1"))
        }
    }

    /** By the JVM's own HMAC. */
    private fun signature(body: ByteArray, secret: String): String {
        val mac = Mac.getInstance("HmacSHA256").apply { init(SecretKeySpec(secret.toByteArray(), "HmacSHA256")) }
        return mac.doFinal(body).joinToString("") { "%02x".format(it) }
    }

    private fun signatureOf(case: JsonObject): String =
        case.getValue("headers").jsonObject.entries.first { it.key.lowercase() == "x-loop-signature" }
            .value.jsonPrimitive.content.lowercase()

    private fun plain(value: JsonElement?): Any? = value?.jsonText()
}
