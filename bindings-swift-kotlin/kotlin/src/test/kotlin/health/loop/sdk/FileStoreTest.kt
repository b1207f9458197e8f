// The store of one sealed file: compare-and-swap, restarts, lost and locked keys.
package health.loop.sdk

import java.io.File
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** A seal that a test can read, lock and lose. */
private class TestSeal(val key: Byte = 7) : Seal {
    var isLocked = false

    private fun turned(bytes: ByteArray) = ByteArray(bytes.size) { (bytes[it].toInt() xor key.toInt()).toByte() }

    override fun seal(bytes: ByteArray) = byteArrayOf(key) + turned(bytes)

    override fun open(sealed: ByteArray): ByteArray? {
        if (isLocked) throw StoreLocked()
        return if (sealed[0] == key) turned(sealed.copyOfRange(1, sealed.size)) else null
    }
}

class FileStoreTest {
    @TempDir
    lateinit var directory: Path

    private lateinit var file: File
    private val seal = TestSeal()

    @BeforeEach
    fun place() {
        file = directory.resolve("grants").toFile()
    }

    @Test
    fun `a write needs the version that is there`() = runBlocking<Unit> {
        val store = FileStore(file, seal)
        val bytes = ByteArray(1024) { it.toByte() }
        assertNull(store.load("a"))
        assertNull(store.save("a", bytes, "1", null))
        val first = store.save("a", bytes, null, null)
        assertNotNull(first)
        assertNull(store.save("a", bytes, null, null))
        val second = store.save("a", bytes.copyOf(9), first, null)
        assertNull(store.save("a", bytes, first, null))
        assertEquals(second, store.load("a")?.version)
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.toPath())))
        assertArrayEquals(bytes.copyOf(9), store.load("a")?.blob)
        assertFalse(store.delete("a", first!!))
        assertTrue(store.delete("a", second!!))
        assertFalse(store.delete("a", second))
        assertNull(store.load("a"))
        assertEquals(3, setOf(first, second, store.save("a", bytes, null, null)).size)
    }

    @Test
    fun `an entry vanishes when its time is over, and lists hold what is live`() = runBlocking<Unit> {
        val store = FileStore(file, seal)
        for (name in listOf("l2", "l10", "l1", "m")) store.save(name, name.toByteArray(), null, null)
        store.save("l3", byteArrayOf(1), null, Duration.ZERO)
        assertNull(store.load("l3"))
        assertNotNull(store.save("l3", byteArrayOf(1), null, 1.minutes))
        assertEquals(listOf("l1", "l10", "l2", "l3"), store.list("l", null, 10).map { it.key })
        assertEquals(listOf("l10", "l2"), store.list("l", "l1", 2).map { it.key })
    }

    @Test
    fun `of many writers that expect the same, one wins`() = runBlocking<Unit>(Dispatchers.IO) {
        val stores = List(4) { FileStore(file, seal) }
        repeat(4) { round ->
            val expected = stores[0].load("a")?.version
            val writers = List(16) { writer ->
                async { stores[writer % 4].save("a", byteArrayOf(writer.toByte()), expected, null) }
            }
            assertEquals(1, writers.awaitAll().count { it != null }, "round $round")
        }
    }

    @Test
    fun `the file outlives its process, and shows nothing`() = runBlocking<Unit> {
        FileStore(file, seal).save("canary-key", "canary-blob".toByteArray(), null, null)
        assertFalse("canary" in file.readText(Charsets.ISO_8859_1))
        assertFalse(File(file.path + ".new").exists())
        assertArrayEquals("canary-blob".toByteArray(), FileStore(file, seal).load("canary-key")?.blob)
        assertEquals("<FileStore>", "${FileStore(file, seal)}")
    }

    @Test
    fun `a lost key means an empty store, a locked one an error`() = runBlocking<Unit> {
        FileStore(file, seal).save("a", byteArrayOf(1), null, null)
        val other = FileStore(file, TestSeal(key = 8))
        assertNull(other.load("a"))
        seal.isLocked = true
        assertThrows(StoreLocked::class.java) { runBlocking { FileStore(file, seal).load("a") } }
        seal.isLocked = false
        assertNotNull(FileStore(file, seal).load("a"))
        assertNotNull(other.save("a", byteArrayOf(2), null, null))
    }
}
