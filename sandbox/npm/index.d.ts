// Types of @platform/sandbox.

/**
 * The path of the sandbox's program: `LOOP_SANDBOX` if it is set, else the one that came with this package.
 *
 * Throws an `Error` that names what is missing.
 */
export function binaryPath(): string;
