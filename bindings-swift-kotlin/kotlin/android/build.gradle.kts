// The Android library (AAR): the Kotlin package, this folder's code, and the native library for each ABI in src/main/jniLibs.
plugins {
    id("com.android.library") version "8.13.0"
    id("org.jetbrains.kotlin.android") version "2.4.21"
    id("maven-publish")
}

group = "health.loop"
version = "0.1.0"

repositories {
    google()
    mavenCentral()
    // rustls-platform-verifier publishes the Kotlin half of Android's certificate check here.
    maven { url = uri("https://github.com/rustls/rustls-platform-verifier/raw/maven-archive/android-release-support/maven/") }
}

android {
    namespace = "health.loop.sdk.android"
    compileSdk = 36

    defaultConfig {
        // java.time, without desugaring.
        minSdk = 26
        consumerProguardFiles("consumer-rules.pro")
        manifestPlaceholders["loopRedirectScheme"] = "loop-sdk"
    }

    sourceSets["main"].kotlin.srcDirs("src/main/kotlin", "../src/main/kotlin")

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }

    publishing { singleVariant("release") }
}

kotlin { jvmToolchain(17) }

dependencies {
    api("org.jetbrains.kotlinx:kotlinx-coroutines-android:1.11.0")
    api("org.jetbrains.kotlinx:kotlinx-serialization-json:1.12.0")
    // As an AAR it brings its own native part, with 16 KB pages.
    implementation("net.java.dev.jna:jna:5.19.1@aar")
    // The version that Cargo.lock has as rustls-platform-verifier-android.
    implementation("rustls:rustls-platform-verifier:0.2.0")
}

publishing {
    publications.register<MavenPublication>("release") {
        artifactId = "loop-sdk-android"
        afterEvaluate { from(components["release"]) }
    }
}
