#!/usr/bin/env node
/** Bin | starts the command line; TypeScript is compiled as it is loaded. */

import './typescript.js'

const { start } = await import('../src/cli/start.ts')
await start()
