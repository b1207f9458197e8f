// One sealed file of an app on a person's own device: what Android's store is made of.
package health.loop.sdk

import java.io.File
import java.io.RandomAccessFile
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.StandardCopyOption
import java.nio.file.StandardOpenOption
import java.util.Base64
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** Seals what a [FileStore] writes, with a key that the platform keeps. */
public interface Seal {
    /** The sealed form of these bytes, another one at every call. */
    public fun seal(bytes: ByteArray): ByteArray

    /**
     * The bytes that were sealed; null where no key that still exists opens them, so that they are lost.
     *
     * @throws StoreLocked while the key can't be used for the moment
     */
    public fun open(sealed: ByteArray): ByteArray?
}

/**
 * Keeps grants in one sealed file, for the few people of one device.
 *
 * It serves one process: all clients of that process may share the file. Every write replaces the whole file in one
 * step, after it has reached the disk. It prints without its path.
 */
public class FileStore(private val file: File, private val seal: Seal) : TokenStore {
    private class Entry(val version: String, val blob: ByteArray, val ends: Long)

    private val lock: Any = locks.getOrPut(file.absoluteFile.path) { Any() }

    override suspend fun load(key: String): StoreEntry? = synchronized(lock) {
        read()[key]?.let { StoreEntry(it.version, it.blob) }
    }

    override suspend fun save(key: String, blob: ByteArray, expected: String?, ttl: Duration?): String? =
        synchronized(lock) {
            val entries = read()
            if (entries[key]?.version != expected) return@synchronized null
            val ends = if (ttl == null) Long.MAX_VALUE else System.currentTimeMillis() + ttl.inWholeMilliseconds
            val version = UUID.randomUUID().toString()
            write(entries + (key to Entry(version, blob, ends)))
            version
        }

    override suspend fun delete(key: String, expected: String): Boolean = synchronized(lock) {
        val entries = read()
        (entries[key]?.version == expected).also { if (it) write(entries - key) }
    }

    override suspend fun now(): Long = System.currentTimeMillis()

    override suspend fun list(prefix: String, after: String?, limit: Int): List<ListedEntry> = synchronized(lock) {
        read().toSortedMap()
            .filterKeys { it.startsWith(prefix) && (after == null || it > after) }
            .map { (key, entry) -> ListedEntry(key, entry.version, entry.blob) }
            .take(limit)
    }

    override fun toString(): String = "<FileStore>"

    /** What is live; nothing where the key of the file is lost, since signing in again is the only way out then. */
    private fun read(): Map<String, Entry> {
        if (!file.exists()) return emptyMap()
        val text = seal.open(file.readBytes()) ?: return emptyMap()
        val now = System.currentTimeMillis()
        return (Json.parseToJsonElement(text.decodeToString()) as JsonObject)
            .mapValues { (_, kept) -> entryOf(kept as JsonObject) }
            .filterValues { it.ends > now }
    }

    private fun entryOf(kept: JsonObject) = Entry(
        version = kept.field("version").text(),
        blob = Base64.getDecoder().decode(kept.field("blob").text()),
        ends = kept.field("ends").optional { it.integer() } ?: Long.MAX_VALUE,
    )

    private fun write(entries: Map<String, Entry>) {
        val kept = entries.mapValues { (_, entry) ->
            jsonOf(
                "version" to entry.version,
                "blob" to JsonPrimitive(Base64.getEncoder().encodeToString(entry.blob)),
                "ends" to entry.ends.takeIf { it != Long.MAX_VALUE },
            )
        }
        val bytes = seal.seal(JsonObject(kept).toString().toByteArray())
        val next = File(file.path + ".new")
        RandomAccessFile(next, "rw").use { out ->
            // Sealed, and all the same nobody else's to copy.
            next.setReadable(false, false)
            next.setReadable(true, true)
            out.setLength(0)
            out.channel.write(ByteBuffer.wrap(bytes))
            out.fd.sync()
        }
        try {
            Files.move(next.toPath(), file.toPath(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING)
            flushDirectory()
        } catch (_: java.io.IOException) {
            throw StoreOutcomeUnknown("the file may have been replaced")
        }
    }

    /** Until then a power cut may bring the former file back, and with it a refresh token that has been used. */
    private fun flushDirectory() {
        // Windows has no such thing: a rename is written through there.
        if (File.separatorChar == '\\') return
        FileChannel.open(file.absoluteFile.parentFile.toPath(), StandardOpenOption.READ).use { it.force(true) }
    }

    private companion object {
        /** Two stores of one file are one. */
        val locks = ConcurrentHashMap<String, Any>()
    }
}
