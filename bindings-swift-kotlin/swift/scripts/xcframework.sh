#!/bin/sh
# Builds build/LoopFFI.xcframework (iOS, its simulator, macOS) and its zip with a checksum.
#
# Needs macOS with Xcode, and the Rust targets below, each added by `rustup target add`.
set -eu

package=$(cd "$(dirname "$0")/.." && pwd)
workspace=$(cd "$package/../.." && pwd)
out="$package/build"
library=libloop_uniffi.a

command -v xcodebuild >/dev/null || { echo "xcodebuild is missing: this needs macOS with Xcode." >&2; exit 1; }

export IPHONEOS_DEPLOYMENT_TARGET=15.0
export MACOSX_DEPLOYMENT_TARGET=12.0
for target in aarch64-apple-ios aarch64-apple-ios-sim x86_64-apple-ios aarch64-apple-darwin x86_64-apple-darwin; do
    # One package at a time: a workspace build would unify the features of all bindings.
    cargo build --manifest-path "$workspace/Cargo.toml" --package loop-sdk-uniffi --release --locked --target "$target"
done

built() { echo "${CARGO_TARGET_DIR:-$workspace/target}/$1/release/$library"; }

rm -rf "$out/LoopFFI.xcframework" "$out/LoopFFI.xcframework.zip"
mkdir -p "$out/ios" "$out/simulator" "$out/macos"
cp "$(built aarch64-apple-ios)" "$out/ios/$library"
lipo -create "$(built aarch64-apple-ios-sim)" "$(built x86_64-apple-ios)" -output "$out/simulator/$library"
lipo -create "$(built aarch64-apple-darwin)" "$(built x86_64-apple-darwin)" -output "$out/macos/$library"

headers="$package/Sources/LoopFFI/include"
xcodebuild -create-xcframework \
    -library "$out/ios/$library" -headers "$headers" \
    -library "$out/simulator/$library" -headers "$headers" \
    -library "$out/macos/$library" -headers "$headers" \
    -output "$out/LoopFFI.xcframework"

cd "$out"
ditto -c -k --keepParent LoopFFI.xcframework LoopFFI.xcframework.zip
echo "Checksum, for a binary target with a URL:"
swift package --package-path "$package" compute-checksum "$out/LoopFFI.xcframework.zip"
echo "To use it from this package: LOOP_XCFRAMEWORK=build/LoopFFI.xcframework swift build"
