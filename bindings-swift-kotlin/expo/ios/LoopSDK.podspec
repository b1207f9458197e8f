# The Swift package, as scripts/vendor.mjs puts it here.
require 'json'

package = JSON.parse(File.read(File.join(__dir__, '..', 'package.json')))

Pod::Spec.new do |s|
  s.name           = 'LoopSDK'
  s.version        = package['version']
  s.summary        = 'Signs a person in with Loop, keeps the grant, and calls Loop.'
  s.license        = package['license']
  s.author         = 'Loop'
  s.homepage       = 'https://github.com/loop-health/loop-sdk'
  s.platforms      = { :ios => '16.4' }
  s.swift_version  = '6.0'
  s.source         = { git: 'https://github.com/loop-health/loop-sdk.git' }
  s.static_framework = true
  s.source_files   = 'vendor/LoopSDK/**/*.swift'
  s.pod_target_xcconfig = { 'DEFINES_MODULE' => 'YES' }

  s.dependency 'LoopNative'
end
