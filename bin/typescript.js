/** Bin | makes a thread understand TypeScript; loaded with --import before the thread's own file. */

import { register } from 'tsx/esm/api'

// The working directory's own tsconfig.json is none of our business.
register({ tsconfig: false })
