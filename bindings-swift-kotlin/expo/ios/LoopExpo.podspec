# The native module, over the Swift package.
require 'json'

package = JSON.parse(File.read(File.join(__dir__, '..', 'package.json')))

Pod::Spec.new do |s|
  # Not LoopSdk: on a Mac's disk that would be the same name as LoopSDK.
  s.name           = 'LoopExpo'
  s.version        = package['version']
  s.summary        = package['description']
  s.license        = package['license']
  s.author         = 'Loop'
  s.homepage       = 'https://github.com/loop-health/loop-sdk'
  s.platforms      = { :ios => '16.4' }
  s.swift_version  = '5.9'
  s.source         = { git: 'https://github.com/loop-health/loop-sdk.git' }
  s.static_framework = true
  s.source_files   = '*.swift'
  s.pod_target_xcconfig = { 'DEFINES_MODULE' => 'YES' }

  s.dependency 'ExpoModulesCore'
  s.dependency 'LoopSDK'
end
