// Seals the store's file with a key that never leaves Android's keystore.
package health.loop.sdk.android

import android.content.Context
import android.os.UserManager
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import health.loop.sdk.FileStore
import health.loop.sdk.Seal
import health.loop.sdk.StoreLocked
import health.loop.sdk.TokenStore
import java.io.File
import java.security.KeyStore
import javax.crypto.AEADBadTagException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/**
 * A store for one app: a file that no backup takes, sealed with a key that no backup can take.
 *
 * It serves one process. Before the first unlock after a start of the phone, calls fail with `store_busy`.
 */
public fun keystoreStore(context: Context): TokenStore {
    val app = context.applicationContext
    return FileStore(File(app.noBackupFilesDir, "loop-sdk-grants"), KeystoreSeal(app))
}

private class KeystoreSeal(private val context: Context) : Seal {
    override fun seal(bytes: ByteArray): ByteArray {
        val cipher = Cipher.getInstance(CIPHER)
        cipher.init(Cipher.ENCRYPT_MODE, key() ?: newKey())
        return cipher.iv + cipher.doFinal(bytes)
    }

    override fun open(sealed: ByteArray): ByteArray? {
        val key = key() ?: return null
        val cipher = Cipher.getInstance(CIPHER)
        cipher.init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(TAG_BITS, sealed, 0, IV_BYTES))
        return try {
            cipher.doFinal(sealed, IV_BYTES, sealed.size - IV_BYTES)
        } catch (_: AEADBadTagException) {
            // Sealed with a key that is gone.
            null
        }
    }

    private fun key(): SecretKey? {
        if (context.getSystemService(UserManager::class.java)?.isUserUnlocked == false) throw StoreLocked()
        return KeyStore.getInstance(PROVIDER).apply { load(null) }.getKey(ALIAS, null) as SecretKey?
    }

    private fun newKey(): SecretKey {
        val purposes = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        val spec = KeyGenParameterSpec.Builder(ALIAS, purposes)
            .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
            .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
            .setKeySize(256)
            .build()
        return KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER).apply { init(spec) }.generateKey()
    }

    private companion object {
        const val ALIAS = "health.loop.sdk"
        const val PROVIDER = "AndroidKeyStore"
        const val CIPHER = "AES/GCM/NoPadding"
        const val TAG_BITS = 128
        const val IV_BYTES = 12
    }
}
