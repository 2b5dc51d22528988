/** Workers | shards of campaigns, in a thread that keeps what it has learned about each target. */

import { serveShard } from '../src/fleet/serve-shard.ts'

export default serveShard
