// See Module.kt.
package expo.modules.kotlin.functions

class AsyncFunctionBuilder

infix fun <R, P0, P1, P2, P3> AsyncFunctionBuilder.Coroutine(body: suspend (P0, P1, P2, P3) -> R): Unit =
    error("$this $body")
