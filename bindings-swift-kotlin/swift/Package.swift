// swift-tools-version: 6.0
// The Swift package. The native library comes from a local cargo build, or from an XCFramework.
import PackageDescription

/// `LOOP_XCFRAMEWORK=build/LoopFFI.xcframework` (from this directory) takes what `scripts/xcframework.sh` built.
let archive = Context.environment["LOOP_XCFRAMEWORK"]

/// Without it, the library that `cargo build -p loop-sdk-uniffi` made, in `LOOP_LIBRARY_DIR` or in the workspace's
/// `target/debug`.
let libraries = Context.environment["LOOP_LIBRARY_DIR"] ?? "\(Context.packageDirectory)/../../target/debug"

let native: Target =
    archive.map { Target.binaryTarget(name: "LoopFFI", path: $0) }
    ?? Target.systemLibrary(name: "LoopFFI", path: "Sources/LoopFFI/include")

let apple: BuildSettingCondition? = .when(platforms: [.iOS, .macOS])
let linked: [LinkerSetting] =
    archive == nil
    ? [.linkedLibrary("loop_uniffi"), .unsafeFlags(["-L\(libraries)", "-Xlinker", "-rpath", "-Xlinker", libraries])]
    // What the static library takes from the system.
    : ["Security", "CoreFoundation", "SystemConfiguration"].map { .linkedFramework($0, apple) }

let package = Package(
    name: "LoopSDK",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [.library(name: "LoopSDK", targets: ["LoopSDK"])],
    targets: [
        native,
        // Generated code is in a target of its own, so that none of it is public API. It is written for Swift 5.
        .target(
            name: "LoopNative",
            dependencies: ["LoopFFI"],
            swiftSettings: [.swiftLanguageMode(.v5)],
            linkerSettings: linked
        ),
        .target(name: "LoopSDK", dependencies: ["LoopNative"]),
        .testTarget(name: "LoopSDKTests", dependencies: ["LoopSDK"]),
    ],
    swiftLanguageModes: [.v6]
)
