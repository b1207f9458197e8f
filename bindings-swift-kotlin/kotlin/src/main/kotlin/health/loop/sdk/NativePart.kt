// Finds the native library, and keeps its threads attached to the JVM.
package health.loop.sdk

import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Callback
import com.sun.jna.Native
import com.sun.jna.NativeLibrary
import com.sun.jna.Platform
import health.loop.sdk.ffi.settle
import health.loop.sdk.ffi.uniffiCallbackInterfaceNativeAudit
import health.loop.sdk.ffi.uniffiCallbackInterfaceNativeBrowser
import health.loop.sdk.ffi.uniffiCallbackInterfaceNativeEvents
import health.loop.sdk.ffi.uniffiCallbackInterfaceNativeSecrets
import health.loop.sdk.ffi.uniffiCallbackInterfaceNativeStore
import health.loop.sdk.ffi.uniffiForeignFutureDroppedCallbackImpl
import health.loop.sdk.ffi.uniffiRustFutureContinuationCallbackImpl
import kotlinx.coroutines.runBlocking

internal object NativePart {
    private const val NAME = "loop_uniffi"

    private val ready: Unit by lazy {
        find()
        callbacks.forEach { callback ->
            // Else JNA attaches and detaches the SDK's threads around every single call into Kotlin. As daemons they
            // never keep a JVM up.
            Native.setCallbackThreadInitializer(callback, CallbackThreadInitializer(true, false, "loop-sdk"))
        }
        // A refresh that was sent and is not stored would be lost with the process, and the grant with it.
        val settled = Thread { runBlocking { settle(LAST_WAIT.inWholeMilliseconds.toULong()) } }
        Runtime.getRuntime().addShutdownHook(settled)
    }

    /** What the core calls on its own threads. */
    private val callbacks: List<Callback>
        get() = listOf(
            uniffiRustFutureContinuationCallbackImpl,
            uniffiForeignFutureDroppedCallbackImpl,
            uniffiCallbackInterfaceNativeStore.load,
            uniffiCallbackInterfaceNativeStore.save,
            uniffiCallbackInterfaceNativeStore.delete,
            uniffiCallbackInterfaceNativeStore.now,
            uniffiCallbackInterfaceNativeStore.list,
            uniffiCallbackInterfaceNativeStore.uniffiFree,
            uniffiCallbackInterfaceNativeStore.uniffiClone,
            uniffiCallbackInterfaceNativeBrowser.open,
            uniffiCallbackInterfaceNativeBrowser.uniffiFree,
            uniffiCallbackInterfaceNativeBrowser.uniffiClone,
            uniffiCallbackInterfaceNativeEvents.tell,
            uniffiCallbackInterfaceNativeEvents.uniffiFree,
            uniffiCallbackInterfaceNativeEvents.uniffiClone,
            uniffiCallbackInterfaceNativeAudit.record,
            uniffiCallbackInterfaceNativeAudit.uniffiFree,
            uniffiCallbackInterfaceNativeAudit.uniffiClone,
            uniffiCallbackInterfaceNativeSecrets.secrets,
            uniffiCallbackInterfaceNativeSecrets.uniffiFree,
            uniffiCallbackInterfaceNativeSecrets.uniffiClone,
        )

    /** Loads the library at the first use; later ones cost nothing. */
    fun load() = ready

    private fun find() {
        try {
            NativeLibrary.getInstance(System.getProperty("uniffi.component.loop_sdk.libraryOverride") ?: NAME)
        } catch (error: UnsatisfiedLinkError) {
            val file = "${Platform.RESOURCE_PREFIX}/${System.mapLibraryName(NAME)}"
            val sentence = "Loop SDK has no native library for ${Platform.RESOURCE_PREFIX}: $file is not in a JAR on the " +
                "class path, or can't be loaded. Use the loop-sdk JAR that is made for this platform, or name the " +
                "directory that holds ${System.mapLibraryName(NAME)} with -Djna.library.path. On Android it is part of " +
                "the AAR, for the ABIs that the app packs."
            throw UnsatisfiedLinkError(sentence).apply { initCause(error) }
        }
    }
}
