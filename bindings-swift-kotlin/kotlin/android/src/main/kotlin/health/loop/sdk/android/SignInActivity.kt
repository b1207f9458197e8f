// The two activities of a sign-in: one stays below the browser, the other receives the redirect.
package health.loop.sdk.android

import android.app.Activity
import android.content.Context
import android.content.Intent
import android.net.Uri
import android.os.Bundle

/** Lies below the browser: when the person comes back to it without a redirect, they have closed the browser. */
internal class SignInActivity : Activity() {
    private var isBrowserOpen = false

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        isBrowserOpen = savedInstanceState?.getBoolean(OPEN) ?: false
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        setIntent(intent)
    }

    override fun onResume() {
        super.onResume()
        val redirect = intent.dataString
        val url = intent.getStringExtra(URL)
        if (redirect == null && !isBrowserOpen && url != null) {
            isBrowserOpen = true
            startActivity(page(url))
            return
        }
        if (!SignIns.answer(redirect) && redirect != null) {
            // The app was killed meanwhile: it starts anew, and asks for the redirect.
            packageManager.getLaunchIntentForPackage(packageName)?.let { startActivity(it) }
        }
        finish()
    }

    override fun onSaveInstanceState(outState: Bundle) {
        super.onSaveInstanceState(outState)
        outState.putBoolean(OPEN, isBrowserOpen)
    }

    companion object {
        private const val URL = "health.loop.sdk.URL"
        private const val OPEN = "health.loop.sdk.OPEN"

        /** What a browser takes for "as a Custom Tab": one without a session of its own. */
        private const val CUSTOM_TAB = "android.support.customtabs.extra.SESSION"

        fun begin(context: Context, url: String): Intent = Intent(context, SignInActivity::class.java).putExtra(URL, url)

        /** Brings the activity back to the front, and closes the browser above it. */
        fun finish(context: Context, redirect: Uri): Intent = Intent(context, SignInActivity::class.java)
            .setData(redirect)
            .addFlags(Intent.FLAG_ACTIVITY_CLEAR_TOP or Intent.FLAG_ACTIVITY_SINGLE_TOP)

        private fun page(url: String): Intent = Intent(Intent.ACTION_VIEW, Uri.parse(url))
            .putExtras(Bundle().apply { putBinder(CUSTOM_TAB, null) })
    }
}

/** Receives the redirect. The manifest gives it the app's scheme. */
internal class RedirectActivity : Activity() {
    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        intent.data?.let { startActivity(SignInActivity.finish(this, it)) }
        finish()
    }
}
