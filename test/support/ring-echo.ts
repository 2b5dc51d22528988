/** Tests | a thread that sends every frame back. */

import { workerData } from 'node:worker_threads'
import { RingReader, RingWriter } from '../../src/run/placement/ring.ts'

const { there, back, bells } = workerData as {
  there: SharedArrayBuffer
  back: SharedArrayBuffer
  bells: readonly [Int32Array, Int32Array]
}
const [reader, writer] = [new RingReader(there, bells[0]), new RingWriter(back, bells[0])]
for (;;) {
  const seen = Atomics.load(bells[1], 0)
  const frame = reader.poll()
  if (frame !== undefined) writer.put(frame)
  writer.flush()
  if (frame === undefined) Atomics.wait(bells[1], 0, seen)
}
