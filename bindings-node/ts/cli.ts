#!/usr/bin/env node
// The package's command: `npx @platform/sdk store-schema` prints what a Postgres store needs, for the app's migrations.
import { native } from "./native";

const USAGE = `usage: npx @platform/sdk store-schema

  store-schema    prints the table that a Postgres store needs, as SQL`;

const [command, ...more] = process.argv.slice(2);
if (command === "store-schema" && more.length === 0) {
  process.stdout.write(native().storeSchema());
} else if (command === "--help" || command === "-h") {
  console.log(USAGE);
} else {
  console.error(USAGE);
  process.exitCode = 2;
}
