#!/usr/bin/env node
/** Bin | starts the command line; TypeScript is compiled as it is loaded. */

import { register } from 'tsx/esm/api'

// The working directory's own tsconfig.json is none of our business.
register({ tsconfig: false })
const { start } = await import('../src/cli/start.ts')
await start()
