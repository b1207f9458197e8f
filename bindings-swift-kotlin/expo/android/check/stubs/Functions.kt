// See Module.kt.
package expo.modules.kotlin.functions

class AsyncFunctionBuilder

infix fun <R, P0, P1, P2, P3, P4> AsyncFunctionBuilder.Coroutine(body: suspend (P0, P1, P2, P3, P4) -> R): Unit =
    error("$this $body")
