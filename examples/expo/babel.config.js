// Babel as Expo sets it up; jest reads it, Metro does without.
module.exports = (api) => {
  api.cache(true);
  return { presets: ["babel-preset-expo"] };
};
