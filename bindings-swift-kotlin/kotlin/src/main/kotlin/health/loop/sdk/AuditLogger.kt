// The audit log in a logger of the JVM. Android has none of this kind: it is a file of its own, so that nobody else needs it.
package health.loop.sdk

/** To a logger of the JVM, at the level INFO: the whole entry as JSON, which names a person. */
public fun AuditLog.Companion.logger(logger: System.Logger): AuditLog =
    callback { entry ->
        // It would drop the entry without a word.
        check(logger.isLoggable(System.Logger.Level.INFO)) { "The audit log's logger is not enabled for INFO." }
        logger.log(System.Logger.Level.INFO, entry.toJson().toString())
    }
