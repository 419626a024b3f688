// The part of undici that the program uses, put together as undici's own index.js does it. The whole of it brings fetch,
// WebSocket, caches and mocks along: half a megabyte, which every start of the program would read and run.
import api from "../node_modules/undici/lib/api/index.js";
import Dispatcher from "../node_modules/undici/lib/dispatcher/dispatcher.js";

export { default as Agent } from "../node_modules/undici/lib/dispatcher/agent.js";
export { default as EnvHttpProxyAgent } from "../node_modules/undici/lib/dispatcher/env-http-proxy-agent.js";
export { default as Pool } from "../node_modules/undici/lib/dispatcher/pool.js";

Object.assign(Dispatcher.prototype, api);
