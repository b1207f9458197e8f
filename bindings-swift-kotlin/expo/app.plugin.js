module.exports = require("./plugin/with-loop");
