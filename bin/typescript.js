/** Bin | makes a process or a thread understand TypeScript, and users' files find this program; loaded before any of them. */

import { register as registerHooks } from 'node:module'
import { register } from 'tsx/esm/api'

// What is registered last is asked first: tsx asks our hooks, and compiles what they call a module as one.
registerHooks(`./module-hooks.js${new URL(import.meta.url).search}`, import.meta.url)
// The working directory's own tsconfig.json is none of our business.
register({ tsconfig: false })
