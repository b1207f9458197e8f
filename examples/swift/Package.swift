// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "Example",
    platforms: [.macOS(.v12)],
    dependencies: [.package(path: "../../bindings-swift-kotlin/swift")],
    targets: [
        .executableTarget(name: "Example", dependencies: [.product(name: "LoopSDK", package: "swift")])
    ],
    swiftLanguageModes: [.v6]
)
