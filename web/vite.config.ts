import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// Addresses are relative, so that the page works under any path; nothing is inlined, because the server's
// Content-Security-Policy allows files of its own only.
export default defineConfig({
  base: "./",
  plugins: [svelte()],
  build: {
    outDir: "../src/img2music/server/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    target: "es2022",
  },
  server: { proxy: { "/api": process.env.IMG2MUSIC_API ?? "http://127.0.0.1:8750" } },
});
