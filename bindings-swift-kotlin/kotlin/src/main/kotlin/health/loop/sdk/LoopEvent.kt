// What happens to grants, as `onEvent` hears of it.
package health.loop.sdk

import java.time.Instant
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject

/** Something that happened to a person's grant. It prints without the person's id. */
public class LoopEvent internal constructor(
    /** What happened. */
    public val kind: LoopEventKind,
    /** Whose grant it is. */
    public val userId: String,
    /** When it happened. */
    public val at: Instant,
    /** The code of the error that callers get because of it. */
    public val code: ErrorCode?,
) {
    override fun toString(): String = "<LoopEvent ${listOfNotNull(kind.value, code?.value).joinToString(" ")}>"

    internal companion object {
        fun parse(text: String): LoopEvent {
            val event = Json.parseToJsonElement(text) as JsonObject
            return LoopEvent(
                kind = LoopEventKind(event.field("kind").text()),
                userId = event.field("user_id").text(),
                at = Instant.ofEpochMilli(event.field("at").integer()),
                code = event.field("code").optional { ErrorCode(it.text()) },
            )
        }
    }
}
