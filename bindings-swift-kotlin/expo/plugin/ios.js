// What the plugin changes in an iOS project.
const { IOSConfig, withInfoPlist, withXcodeProject } = require("expo/config-plugins");

const PHASE = "[Loop] Local networking in debug builds";

/** Info.plist is one for all builds, so what is for debug builds is added to the built one. */
const SCRIPT = `[ "$CONFIGURATION" = "Debug" ] || exit 0
plist="$TARGET_BUILD_DIR/$INFOPLIST_PATH"
/usr/libexec/PlistBuddy -c "Add :NSAppTransportSecurity dict" "$plist" 2>/dev/null || true
/usr/libexec/PlistBuddy -c "Delete :NSAppTransportSecurity:NSAllowsLocalNetworking" "$plist" 2>/dev/null || true
/usr/libexec/PlistBuddy -c "Add :NSAppTransportSecurity:NSAllowsLocalNetworking bool true" "$plist"
`;

/** The sign-in sheet needs no scheme; a redirect that starts a killed app does. */
function withIosScheme(config, scheme) {
  return withInfoPlist(config, (mod) => {
    mod.modResults = IOSConfig.Scheme.appendScheme(scheme, mod.modResults);
    return mod;
  });
}

function withIosDev(config) {
  return withXcodeProject(config, (mod) => {
    const project = mod.modResults;
    const phases = Object.values(project.hash.project.objects.PBXShellScriptBuildPhase ?? {});
    if (!phases.some((phase) => String(phase.name).includes(PHASE))) {
      const { uuid } = project.getFirstTarget();
      const { buildPhase } = project.addBuildPhase([], "PBXShellScriptBuildPhase", PHASE, uuid, {
        shellPath: "/bin/sh",
        shellScript: SCRIPT,
      });
      // Without outputs it would be warned of at each build.
      buildPhase.alwaysOutOfDate = 1;
    }
    return mod;
  });
}

module.exports = { withIosDev, withIosScheme };
