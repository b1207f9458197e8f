// Re-exports the one build, so that `instanceof` holds across import and require.
export * from "../lib/express.js";
