// The config plugin, under the name that Expo looks for.
module.exports = require("./plugin/with-loop");
