// For the tests of the screens; the package itself is compiled by tsc.
module.exports = (api) => {
  api.cache(true);
  return { presets: ["babel-preset-expo"] };
};
