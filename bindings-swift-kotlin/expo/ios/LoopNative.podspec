# The core and its generated Swift, as scripts/vendor.mjs puts them here.
require 'json'

package = JSON.parse(File.read(File.join(__dir__, '..', 'package.json')))

Pod::Spec.new do |s|
  s.name           = 'LoopNative'
  s.version        = package['version']
  s.summary        = 'The native part of LoopSDK.'
  s.license        = package['license']
  s.author         = 'Loop'
  s.homepage       = 'https://github.com/loop-health/loop-sdk'
  s.platforms      = { :ios => '16.4' }
  s.swift_version  = '5.9'
  s.source         = { git: 'https://github.com/loop-health/loop-sdk.git' }
  s.static_framework = true
  s.source_files   = 'vendor/LoopNative/*.swift'
  s.vendored_frameworks = 'vendor/LoopFFI.xcframework'
  # What the static library takes from the system.
  s.frameworks     = 'Security', 'CoreFoundation', 'SystemConfiguration'
  s.pod_target_xcconfig = {
    'DEFINES_MODULE' => 'YES',
    # The C header and its module map.
    'SWIFT_INCLUDE_PATHS' => '"${PODS_XCFRAMEWORKS_BUILD_DIR}/LoopNative/Headers"'
  }
end
