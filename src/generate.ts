import "./core/index.ts";
