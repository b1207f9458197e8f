//! Android's certificate verifier is written in Kotlin: it has to be shown the app before the first connection.

use jni::objects::{JClass, JObject};
use jni::sys::jboolean;
use jni::{EnvUnowned, errors};

/// `health.loop.sdk.android.NativeTls.initialize(Context)`: whether it worked.
#[unsafe(no_mangle)]
pub extern "system" fn Java_health_loop_sdk_android_NativeTls_initialize<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    context: JObject<'local>,
) -> jboolean {
    let shown = env.with_env(|env| -> Result<_, errors::Error> {
        rustls_platform_verifier::android::init_with_env(env, context)?;
        Ok(true)
    });
    shown.resolve::<errors::ThrowRuntimeExAndDefault>()
}
