require 'json'

package = JSON.parse(File.read(File.join(__dir__, '..', 'package.json')))

Pod::Spec.new do |s|
  s.name           = 'LoopSdk'
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
  spm_dependency(s,
    url: 'https://github.com/loop-health/loop-sdk-swift.git',
    requirement: { kind: 'exactVersion', version: package['version'] },
    products: ['LoopSDK']
  )
end
