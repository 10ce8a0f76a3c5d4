// What is bundled into a component: the kit around the plugin. `@sockdock/plugin` stands for the plugin's own first file; the
// build says which that is (esbuild's `--alias:@sockdock/plugin=./main.js`).

import "./src/globals.js"; // first: the plugin's top level may use a console
import * as plugin from "@sockdock/plugin";
import { adopt } from "./src/plugin.js";

adopt(plugin);

export { lifecycle, socketHandlers, timerHandler } from "./src/exports.js";
