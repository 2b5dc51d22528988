/** Workers | one thread of a search: takes boards and commands until the search is over. */

import { receiveMessageOnPort } from 'node:worker_threads'
import type { Board } from '../src/explore/team.ts'
import { type SearchJob, serveSearch } from '../src/run/pool.ts'

export default function search(job: SearchJob): void {
  serveSearch(job, () => receiveMessageOnPort(job.port)?.message as Board | undefined)
  job.port.close()
}
