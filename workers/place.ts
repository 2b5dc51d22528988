/** Workers | the actors of one group of a placed run. */

import { serveGroup } from '../src/fleet/serve-group.ts'

export default serveGroup
