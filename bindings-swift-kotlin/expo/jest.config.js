// The components and the example's screens, once as on each kind of phone. The rest is tested by `node --test`.
module.exports = {
  // The first test of a file waits for React Native to load.
  testTimeout: 60_000,
  projects: ["android", "ios"].map((platform) => ({
    displayName: platform,
    preset: `jest-expo/${platform}`,
    testMatch: ["<rootDir>/test/screens/*.test.tsx"],
    modulePathIgnorePatterns: ["<rootDir>/.example/(node_modules|android|ios|dist)/", "<rootDir>/lib/"],
    moduleNameMapper: { "^@platform/sdk-expo$": "<rootDir>/src" },
  })),
};
