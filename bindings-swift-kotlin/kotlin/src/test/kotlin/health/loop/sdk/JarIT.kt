// The JAR as it is published: it carries the native library, and needs no more than a plain `java -cp`.
package health.loop.sdk

import java.io.File
import java.util.jar.JarFile
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class JarIT {
    private val classPath = System.getProperty("java.class.path").split(File.pathSeparator)
    private val jar = classPath.single { Regex("loop-sdk-[\\d.]+\\.jar").matches(File(it).name) }

    @Test
    fun `the JAR loads from a plain java -cp`() = runBlocking<Unit> {
        Sandbox().use { sandbox ->
            val app = java("health.loop.sdk.KilledAppKt", "begin", classPath, sandbox.environment("memory:"))
            assertTrue(app.inputReader().readLine().startsWith("http"))
            app.destroyForcibly()
        }
    }

    @Test
    fun `without the native library, the error names platform, file and way out`() {
        val empty = File.createTempFile("loop-sdk-", ".jar")
        JarFile(jar).use { whole ->
            java.util.jar.JarOutputStream(empty.outputStream()).use { out ->
                for (entry in whole.entries().asSequence().filter { "loop_uniffi" !in it.name }) {
                    out.putNextEntry(java.util.jar.JarEntry(entry.name))
                    whole.getInputStream(entry).copyTo(out)
                }
            }
        }
        val without = classPath.map { if (it == jar) empty.path else it }
        val app = java("health.loop.sdk.KilledAppKt", "begin", without, mapOf("LOOP_CLIENT_ID" to "c"))
        val said = app.errorReader().readText()
        assertEquals(1, app.waitFor())
        for (part in listOf("Loop SDK has no native library for ", "loop_uniffi", "-Djna.library.path")) {
            assertTrue(part in said, said)
        }
        empty.delete()
    }

    private fun java(main: String, step: String, classPath: List<String>, environment: Map<String, String>): Process {
        val java = File(System.getProperty("java.home"), "bin/java").path
        return ProcessBuilder(java, "-cp", classPath.joinToString(File.pathSeparator), main, step)
            .apply {
                // Where cargo runs the tests, the system would find the library in its target directory.
                listOf("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH").forEach(environment()::remove)
                environment().putAll(environment)
            }
            .start()
    }
}
