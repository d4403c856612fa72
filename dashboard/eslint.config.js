// What the page's JavaScript is held to: ESLint's recommended rules, in a browser's modules.
import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  {
    files: ["static/js/**/*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.browser },
    rules: { eqeqeq: ["error", "always", { null: "ignore" }], "no-unused-vars": ["error", { ignoreRestSiblings: true }], "no-var": "error", "prefer-const": "error" },
  },
];
