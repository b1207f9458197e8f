// See Module.kt.
package expo.modules.kotlin.exception

object Exceptions {
    class ReactContextLost : Exception()
}
