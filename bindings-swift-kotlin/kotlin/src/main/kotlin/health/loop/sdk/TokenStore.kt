// A store of the application's own: the interface that it keeps.
package health.loop.sdk

import kotlin.time.Duration

/** One stored entry. It prints without its bytes. */
public class StoreEntry(
    /** Changes at every write, and never comes again for this key, also after a deletion. Not empty. */
    public val version: String,
    /** The record. It holds secrets, unless the client has a `storeKey`. */
    public val blob: ByteArray,
) {
    override fun toString(): String = "<StoreEntry of ${blob.size} bytes>"
}

/** One entry of a list. It prints without its bytes. */
public class ListedEntry(
    /** The key that it is stored under. */
    public val key: String,
    /** As in [StoreEntry.version]. */
    public val version: String,
    /** As in [StoreEntry.blob]. */
    public val blob: ByteArray,
) {
    override fun toString(): String = "<ListedEntry of ${blob.size} bytes>"
}

/**
 * A store of your own: compare-and-swap is all that it promises. Its functions run on [kotlinx.coroutines.Dispatchers.IO],
 * so they may suspend or block.
 *
 * What a function throws makes the call fail with `store_unavailable`, and only the name of its class goes further: an
 * exception may quote what it was given. One that does not end within the client's `timeout` counts as failed.
 */
public interface TokenStore {
    /** The entry under a key; null where there is none, or where it has expired. */
    public suspend fun load(key: String): StoreEntry?

    /**
     * Writes an entry, if what is there has the [expected] version; null expects that nothing is there. Look and write
     * have to be one step, also for other processes.
     *
     * With [ttl], the entry vanishes after that long.
     *
     * @return the new version, or null where the entry was not as expected
     * @throws StoreOutcomeUnknown where nobody knows whether the write happened
     */
    public suspend fun save(key: String, blob: ByteArray, expected: String?, ttl: Duration?): String?

    /** Removes an entry of exactly this version. False where it is not there, or another. */
    public suspend fun delete(key: String, expected: String): Boolean

    /** Milliseconds since the epoch, by the clock that all users of this store share. */
    public suspend fun now(): Long

    /**
     * Up to [limit] live entries whose key begins with [prefix] and comes after [after], in the order of their keys.
     *
     * Null where the store can't list: then `grants()` and `keepAlive()` fail, and every call has to name its `userId`.
     */
    public suspend fun list(prefix: String, after: String?, limit: Int): List<ListedEntry>? = null
}

/** A store throws this from `save` for a write of which nobody knows whether it happened: a commit without an answer. */
public class StoreOutcomeUnknown(message: String? = null) : Exception(message)

/** A store throws this while it can't be opened for the moment: the phone is locked. Calls fail with `store_busy`. */
public class StoreLocked(message: String? = null) : Exception(message)
