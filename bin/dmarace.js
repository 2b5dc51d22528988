#!/usr/bin/env node
/** Bin | starts the command line; TypeScript is compiled as it is loaded. */

import { register as registerHooks } from 'node:module'
import { register } from 'tsx/esm/api'

// The working directory's own tsconfig.json is none of our business.
register({ tsconfig: false })
registerHooks('./module-hooks.js', import.meta.url, { data: new URL('../src/index.ts', import.meta.url).href })
const { start } = await import('../src/cli/start.ts')
await start()
