/** Unit | `dmarace check` of several litmus tests: in threads as without. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dmarace, type Ran } from '../../support/fake-terminal.ts'

let directory: string

const passing = (name: string, never: string): string => `litmus ${name}
"This asks whether a load sees the store before it."
memory {
  x: 1 word
}
cpu C0 {
  st x = 1
  ld r0 = x
}
never C0.r0 == 0
never C0.r0 == ${never}
expect: holds
expect without storeBuffer: holds
`

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dmarace-check-litmus-'))
  await writeFile(join(directory, 'a.litmus'), passing('a', '2'))
  await writeFile(join(directory, 'b.litmus'), passing('b', '1'))
  await writeFile(join(directory, 'c.litmus'), passing('c', '3').replace('ld r0 = x', 'ld r0 = nowhere'))
  await writeFile(join(directory, 'd.litmus'), passing('d', '4'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** What does not depend on the clock. */
const timeless = ({ code, out, err }: Ran): Ran => ({
  code,
  err: err.replace(/^\d of \d tests\n/gm, ''),
  out: out.replace(/\d+\.\d+ s|[\d,]+\/s|"seconds": [\d.e-]+/g, '…'),
})

test.each([[[]], [['--json']], [['--first', '--max-states', '3']]])(
  'cases side by side are reported as one after the other: %j',
  async (options) => {
    const [first, second] = [join(directory, '1.xml'), join(directory, '2.xml')]
    const alone = await dmarace(['check', directory, '--junit', first, ...options])
    const together = await dmarace(['check', directory, '--threads', '2', '--junit', second, ...options])
    expect(timeless(together)).toEqual(timeless(alone))
    expect(alone.code).toBe(2)
    expect(alone.err).toContain('c.litmus')
    const xml = async (file: string) => (await readFile(file, 'utf8')).replace(/time="[^"]*"|[\d.]+ s|[\d,]+\/s/g, '')
    expect(await xml(second)).toBe(await xml(first))
  },
)

test('Ctrl-C leaves out what is not done', async () => {
  const { code, err } = await dmarace(['check', directory, '--threads', '2'], AbortSignal.abort())
  expect(code).toBe(130)
  expect(err).toMatch(/interrupted: \d more not checked/)
})
