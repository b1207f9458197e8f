// As much of Expo's own classes as this module uses, by the shapes that they have in expo-modules-core 56.
package expo.modules.kotlin.modules

import android.content.Context
import expo.modules.kotlin.functions.AsyncFunctionBuilder

abstract class Module {
    val appContext = AppContext()

    fun sendEvent(name: String, body: Map<String, Any?>): Unit = error("$name ${body.size}")

    abstract fun definition(): ModuleDefinitionData
}

class AppContext {
    val reactContext: Context? = null
}

class ModuleDefinitionData

class ModuleDefinitionBuilder {
    fun Name(name: String): Unit = error(name)

    fun Events(vararg names: String): Unit = error(names.size)

    fun <R> Function(name: String, body: () -> R): Unit = error("$name $body")

    fun <R, P0> Function(name: String, body: (P0) -> R): Unit = error("$name $body")

    fun <R, P0, P1> Function(name: String, body: (P0, P1) -> R): Unit = error("$name $body")

    fun <R, P0, P1, P2> Function(name: String, body: (P0, P1, P2) -> R): Unit = error("$name $body")

    fun AsyncFunction(name: String): AsyncFunctionBuilder = error(name)

    fun OnDestroy(body: () -> Unit): Unit = error("$body")
}

fun Module.ModuleDefinition(block: ModuleDefinitionBuilder.() -> Unit): ModuleDefinitionData =
    error("$this $block")
