// One operation of each service at least, against the sandbox; pages, writes, machines.
package health.loop.sdk

import java.math.BigDecimal
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class OperationsTest {
    @Test
    fun `a person's app calls every service that is open to people`() = runBlocking<Unit> {
        signedIn { loop, userId ->
            assertEquals(userId, loop.identity.getMe().userId)
            assertTrue(loop.identity.listSessions().all().toList().isNotEmpty())
            val granted = loop.identity.listGrants().map { it.clientId }
            assertEquals(granted, loop.identity.listConnectedApps().map { it.clientId })

            val patientId = loop.clinical.listBiomarkers().items.first().patientId
            val flags = loop.clinical.evaluateRedFlags(patientId, BRAND)
            assertEquals(flags.flagsDetected, flags.flags.size.toLong())
            assertTrue(loop.clinical.computeHealthScore(patientId, BRAND).overallScore > 0)
            assertTrue(loop.clinical.listWearableMetrics().size > 0)
            assertTrue(loop.clinical.listCheckIns().all { it.mood in 1..10 })

            val metrics = loop.patientGraph.listMetrics(patientId).metrics
            val series = metrics.map { loop.patientGraph.getMetricSeries(patientId, it.metricKey, granularity = Granularity.RAW) }
            assertTrue(series.flatMap { it.data }.any { (it.valueNumeric ?: BigDecimal.ZERO) > BigDecimal.ZERO })
            assertTrue(loop.patientGraph.getCalendar(patientId, from = "2026-05-01", to = "2026-05-07").days.size == 7)

            assertTrue(loop.integrations.listConnections(patientId).all { it.userId.isNotEmpty() })
            val membership = loop.membership.getMembership(userId)
            assertEquals(userId, membership.userId)
            assertTrue(loop.membership.listTransitions(membership.id).size > 0)
            val entitlements = loop.entitlements.getEntitlements(userId, membership.tier, BRAND)
            assertTrue(entitlements.features.isNotEmpty())
            val read = loop.ai.extractBloodwork(BRAND, userId, "application/pdf", "JVBERi0=")
            assertTrue(read.biomarkers.isNotEmpty())
        }
    }

    @Test
    fun `what an app gives is a record, and what it leaves out is not sent`() = runBlocking<Unit> {
        signedIn { loop, _ ->
            val patientId = loop.clinical.listBiomarkers().items.first().patientId
            val given = NewBiomarker(
                code = "ldl_c", name = "LDL cholesterol", value = 131.0, unit = "mg/dL", referenceHigh = 130.0,
                collectedAt = "2026-05-01T08:00:00Z",
            )
            assertFalse("reference_low" in given.toJson())
            assertEquals(given, NewBiomarker.fromJson(given.toJson()))
            val stored = loop.clinical.parseBiomarkers(patientId, BRAND, "a test", listOf(given))
            assertEquals(listOf(131.0 to null), stored.map { it.value to it.referenceLow })
            val wrong = failure(ErrorCode.INVALID_OPTION) {
                loop.clinical.parseBiomarkers(patientId, BRAND, "a test", listOf(given, given.copy(value = Double.NaN)))
            }
            assertFalse("131" in "$wrong")

            val order = loop.clinical.createLabOrder(
                brandId = BRAND,
                patientId = patientId,
                panelId = LabPanel.FERTILITY,
                patient = LabPatient("Ada", "Okafor", "1988-02-03", "ada.okafor@example.com"),
                address = PostalAddress("1 Main St", city = "Austin", state = "TX", zip = "78701", country = "US"),
            )
            assertEquals(order, loop.clinical.getLabOrder(order.id))
            assertEquals("[hidden]", safeView(order).text("patient_id"))
            assertEquals(order.status, safeView(order).text("status"))
        }
    }

    @Test
    fun `exact decimals keep every digit`() = runBlocking<Unit> {
        signedIn { loop, userId ->
            val patientId = loop.clinical.listBiomarkers().items.first().patientId
            val status = loop.status().userId
            assertEquals(userId, status)
            val schedule = loop.patientGraph.getTodaySchedule(patientId, "2026-05-04")
            val doses = schedule.morning + schedule.evening + schedule.beforeBed.orEmpty() + schedule.any.orEmpty()
            assertTrue(doses.isNotEmpty())
            val texts = doses.map { it.toJson().text("dose_amount") }
            assertEquals(texts.map(::BigDecimal), doses.map { it.doseAmount })
            assertEquals(texts, doses.map { it.doseAmount.toPlainString() })
        }
        fun point(number: String) = buildJsonObject {
            for (name in listOf("id", "patient_id", "brand_id", "metric_key", "unit", "source", "recorded_at", "created_at")) {
                put(name, JsonPrimitive("x"))
            }
            put("value_numeric", JsonPrimitive(number))
            put("value_text", JsonNull)
            put("is_phi", JsonPrimitive(true))
        }
        val long = point("-12345678901234567890.1200")
        assertEquals(long.toMap(), MetricPoint.fromJson(long).toJson().toMap())
        assertEquals(BigDecimal("1e-7"), MetricPoint.fromJson(point("1e-7")).valueNumeric)
    }

    @Test
    fun `a list that has several pages goes on over all of them, by cursor and by offset`() = runBlocking<Unit> {
        signedIn { loop, _ ->
            val first = loop.comms.listNotifications(limit = 5)
            assertEquals(5, first.size)
            val all = first.all().toList()
            assertTrue(all.size > 20)
            assertEquals(all.size, all.map { it.id }.toSet().size)
            assertEquals(first.items, all.take(5))
            assertEquals(7, first.all().take(7).toList().size)

            val markers = loop.clinical.listLabMarkers(limit = 4)
            assertEquals("4", markers.nextCursor)
            assertTrue(checkNotNull(markers.total) > 4)
            assertEquals(JsonPrimitive(markers.total), markers.toJson()["total"])
            assertNull(first.total)
            assertEquals(markers.all().toList().size, markers.all().toList().map { it.id }.toSet().size)
            assertTrue(markers.all().toList().size > 8)
            assertNull(loop.clinical.listBiomarkers().nextCursor)
        }
    }

    @Test
    fun `a write without an answer may have happened, and its key finds out`() = runBlocking<Unit> {
        signedIn { loop, _ ->
            val patientId = loop.clinical.listBiomarkers().items.first().patientId
            suspend fun upload(key: String? = null) =
                loop.clinical.uploadBloodwork(patientId, BRAND, "application/pdf", "a test", "JVBERi0=", idempotencyKey = key)
            sandbox.apiFault("kind" to "no_answer", "when" to "after", "service" to "clinical", "method" to "POST", "times" to 20)
            val lost = failure(ErrorCode.WRITE_OUTCOME_UNKNOWN) { upload() }
            sandbox.clearApiFaults()
            assertTrue(lost is RetryLater)
            val key = lost.detail!!
            val found = upload(key)
            assertEquals(found, upload(key))
            assertNotEquals(found.id, upload().id)
            assertEquals("idempotencyKey", failure(ErrorCode.INVALID_OPTION) { upload("a b") }.detail)
        }
    }

    @Test
    fun `calls for one person take nobody else's id, and raw requests go the same way`() = runBlocking<Unit> {
        signedIn { loop, userId ->
            val user = loop.user(userId, actor = "dr-1", purpose = "treatment", traceparent = TRACEPARENT)
            assertEquals(loop.clinical.listBiomarkers().items, user.clinical.listBiomarkers().items)
            assertEquals(200, user.request("clinical", "/v1/biomarkers/me").status)
            val traced = sandbox.journal().mapNotNull { it["traceparent"]?.jsonText() }
            assertTrue(traced.all { it.startsWith(TRACEPARENT.take(35)) })
            assertTrue(traced.isNotEmpty())
            failure(ErrorCode.INVALID_OPTION) { loop.user(userId, traceparent = "canary").clinical.listBiomarkers() }
        }
    }

    @Test
    fun `a machine has a token of its own, and the operations that are open to machines`() = runBlocking<Unit> {
        val options = sandbox.machine(Scopes.ADMIN_CLINICAL, Scopes.ADMIN_IDENTITY)
        M2MClient(options).use { machine ->
            val apps = machine.identity.listOauthClients()
            assertTrue(apps.any { it.clientId == options.clientId })
            val made = machine.identity.createOauthClient(
                "Made by a test", listOf("http://localhost:1/callback"), listOf(Scopes.READ_BIOMARKERS),
            )
            assertTrue(made.clientSecret!! !in "$made ${safeView(made)} ${made.client}")
            assertEquals(made.client.clientId, (safeView(made).getValue("client") as JsonObject).text("client_id"))
            assertEquals("Renamed", machine.identity.updateOauthClient(made.client.clientId, clientName = "Renamed").clientName)

            val page = Nullable.Of("https://a.example")
            val given = machine.identity.updateOauthClient(made.client.clientId, clientUri = page, logoUri = page)
            assertEquals(listOf("https://a.example", "https://a.example"), listOf(given.clientUri, given.logoUri))
            assertEquals("<Nullable: value hidden>", "$page")
            val taken = machine.identity.updateOauthClient(made.client.clientId, clientUri = Nullable.Null)
            assertEquals(listOf(null, "https://a.example"), listOf(taken.clientUri, taken.logoUri))

            val patientId = machine.clinical.listPatientBiomarkers(ADA).items.first().patientId
            assertTrue(machine.clinical.listRedFlags(patientId).size >= 0)
            assertTrue(machine.entitlements.preview(ADA).entitlements.isNotEmpty())
            val event = machine.events.publish("clinical.biomarker.parsed.v1", buildJsonObject { })
            assertEquals(EventStatus.PUBLISHED, event.status)
            assertEquals("published", safeView(event).text("status"))
            failure(ErrorCode.NOT_FOUND) { machine.webhooks.replayDelivery("no-such-delivery") }
            assertEquals(200, machine.request("identity", "/v1/admin/oauth-clients").status)
            assertEquals(machine.accessToken(), machine.accessToken())
            assertEquals("<M2MClient>", "$machine")
            val missing = failure(ErrorCode.SCOPE_REQUIRED) { machine.membership.getMembership(ADA) }
            assertEquals(listOf(Scopes.ADMIN_PAYMENTS), missing.missingScopes)
        }
    }

    @Test
    fun `a machine in a trace has the same token, and goes on when the one in the trace is closed`() = runBlocking<Unit> {
        M2MClient(sandbox.machine(Scopes.ADMIN_IDENTITY)).use { machine ->
            val before = sandbox.journal().size
            machine.inTrace(TRACEPARENT).use { traced ->
                traced.identity.listOauthClients()
                traced.request("identity", "/v1/admin/oauth-clients")
                assertEquals(machine.accessToken(), traced.accessToken())
                assertEquals("<M2MClient>", "$traced")
            }
            machine.identity.listOauthClients()
            val calls = sandbox.journal().drop(before).filter { it.text("path").endsWith("/oauth-clients") }
            assertEquals(listOf(TRACEPARENT, TRACEPARENT, null), calls.map { it["traceparent"]?.jsonText() })
            val wrong = failure(ErrorCode.INVALID_OPTION) { machine.inTrace("canary").identity.listOauthClients() }
            assertEquals("traceparent", wrong.detail)
            assertFalse("canary" in "$wrong")
        }
    }

    @Test
    fun `a machine's secret comes from a function, and what that throws is not quoted`() = runBlocking<Unit> {
        val options = sandbox.machine(Scopes.ADMIN_CLINICAL, source = true)
        M2MClient(options).use { assertTrue(it.accessToken().isNotEmpty()) }
        val broken = M2MOptions(
            clientId = options.clientId,
            clientSecretSource = { throw UnsupportedOperationException("canary") },
            environment = options.environment,
        )
        M2MClient(broken).use { machine ->
            val error = failure(ErrorCode.CLIENT_SECRET_UNAVAILABLE) { machine.accessToken() }
            assertTrue("UnsupportedOperationException" in error.reason.orEmpty(), "$error ${error.reason}")
            assertFalse("canary" in "$error ${error.reason} ${error.stackTraceToString()}")
        }
        val both = M2MOptions(clientId = "c", clientSecret = "s", clientSecretSource = { listOf("s") })
        assertEquals("clientSecretSource", failure(ErrorCode.INVALID_OPTION) { M2MClient(both) }.detail)
    }

    @Test
    fun `a scope has its constant and the words that a person reads`() {
        assertEquals("View your lab results", Scopes.consentText(Scopes.READ_BIOMARKERS))
        assertNull(Scopes.consentText(Scopes.ADMIN_CLINICAL))
        assertNull(Scopes.consentText("read:newer"))
        assertEquals(Scopes.ALL.size, Scopes.ALL.toSet().size)
        assertEquals(3, Scopes.ALL.count { Scopes.consentText(it) == null })
    }

    private suspend fun signedIn(use: suspend (LoopClient, String) -> Unit) {
        LoopClient(sandbox.options(browser = sandbox.browser())).use { loop -> use(loop, loop.signIn().userId) }
    }

    companion object {
        private const val BRAND = "loop"
        private const val ADA = "user_01HXYADA00M7Q4T9W2K5R8N3B6"
        private const val TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        private val sandbox = Sandbox("my-app://callback", "--scopes", forPeople.joinToString(" "))

        @JvmStatic
        @AfterAll
        fun stop() = sandbox.close()
    }
}
