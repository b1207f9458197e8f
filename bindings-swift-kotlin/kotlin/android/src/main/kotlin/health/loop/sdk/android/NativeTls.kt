// Shows the app to the native library before anything else runs: it checks certificates by Android's own rules.
package health.loop.sdk.android

import android.content.ContentProvider
import android.content.ContentValues
import android.content.Context
import android.database.Cursor
import android.net.Uri

internal object NativeTls {
    init {
        System.loadLibrary("loop_uniffi")
    }

    /** True where it worked. */
    @JvmStatic
    external fun initialize(context: Context): Boolean
}

/** A provider without content: Android makes it before any code of the app runs. */
internal class NativeTlsProvider : ContentProvider() {
    override fun onCreate(): Boolean = NativeTls.initialize(requireNotNull(context).applicationContext)

    override fun query(
        uri: Uri,
        projection: Array<out String>?,
        selection: String?,
        selectionArgs: Array<out String>?,
        sortOrder: String?,
    ): Cursor? = null

    override fun getType(uri: Uri): String? = null

    override fun insert(uri: Uri, values: ContentValues?): Uri? = null

    override fun delete(uri: Uri, selection: String?, selectionArgs: Array<out String>?): Int = 0

    override fun update(uri: Uri, values: ContentValues?, selection: String?, selectionArgs: Array<out String>?): Int = 0
}
