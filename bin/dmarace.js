#!/usr/bin/env node
/** Bin | starts the command line: as built, or as sources where nothing can be built. */

import { built } from './build.js'

const folder = await built()
if (folder === undefined) await import('./typescript.js')
const { start } = await import(folder === undefined ? '../src/cli/start.ts' : new URL('start.js', folder).href)
await start()
