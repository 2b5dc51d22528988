/** Unit | `--edition` and `--ops`: editions by name and out of a user's file, in runs, checks and tokens. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dmarace } from '../../support/fake-terminal.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const page = fileURLToPath(new URL('../../../docs/own-ops.md', import.meta.url))

let directory: string
/** The example of the page, in a file. */
let example: string
let code: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dmarace-ops-'))
  code = /```ts\n([\s\S]*?)```/.exec(await readFile(page, 'utf8'))?.[1] as string
  example = join(directory, 'swapped-levels.mts')
  await writeFile(example, code.replace("'dmarace'", `'${root}src/index.ts'`))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** What `check` says of a file with this default export. */
async function said(name: string, text: string): Promise<string> {
  const file = join(directory, `${name}.mts`)
  await writeFile(file, text)
  const { code, err } = await dmarace(['check', 'set-mask-of-iommu', '--ops', file])
  expect(code).toBe(2)
  return err.replace(`dmarace: ${file}: `, '')
}

test('the example of the page has no more than 20 lines', () => {
  expect(code.trim().split('\n').length).toBeLessThanOrEqual(20)
})

describe('an edition of the user', () => {
  test('is caught in a run, whose token asks for the same file', async () => {
    const args = [
      'run',
      'fimc-capture-userptr',
      '--geometry',
      'litmus',
      '--policy',
      'mixed',
      '--ops',
      example,
      '--json',
    ]
    for (let seed = 1; ; seed++) {
      expect(seed).toBeLessThan(200)
      const { code, out } = await dmarace([...args, '--seed', String(seed)])
      const { token, replay, edition, violations } = JSON.parse(out)
      expect(edition).toBe('swapped-levels')
      if (code === 0) continue
      expect(violations[0].oracle).toBe('fresh-load')
      expect(replay).toContain('--ops ')
      const again = await dmarace(['replay', token, '--ops', example, '--json'])
      expect(JSON.parse(again.out).violations).toEqual(violations)
      expect((await dmarace(['replay', token])).err).toMatch(/swapped-levels of a file of your own.*--ops/)
      const other = join(directory, 'other.mts')
      await writeFile(other, "export default { name: 'swapped-levels', steps: { publish: () => {} } }")
      expect((await dmarace(['replay', token, '--ops', other])).err).toContain('has changed since')
      break
    }
  }, 120_000)

  test('shows what it comes to', async () => {
    const { out } = await dmarace(['ops', 'unmap_page', '--direction', 'FROM_DEVICE', '--ops', example, '--json'])
    const { short } = JSON.parse(out)
    expect(short.slice(-6, -1)).toEqual(['128*i', 'DSB', '128*I', 'S', 'DSB'])
  })

  test('may name its base and take methods away', async () => {
    const file = join(directory, 'less.mts')
    await writeFile(file, "export default { name: 'less', base: 'linux-3.6', ops: { iommu: { mapping_error: null } } }")
    const { out } = await dmarace(['ops', 'mapping_error', '--ops', file])
    expect(out).toContain('edition less')
    expect(out).toContain('jumps to address 0')
  })
})

test('what is wrong with a file is said, and where', async () => {
  expect(await said('none', 'export const x = 1')).toMatch(/no default export \(it exports x\)/)
  expect(await said('empty', "export default { name: 'a' }")).toMatch(/overrides nothing/)
  expect(await said('name', 'export default { name: "A b", steps: {} }')).toMatch(/name is "A b"/)
  expect(await said('shipped', "export default { name: 'linux-3.6', steps: {} }")).toMatch(/shipped edition/)
  expect(await said('step', "export default { name: 'a', steps: { publsh: () => {} } }")).toMatch(
    /unknown step "publsh".*publish/,
  )
  expect(await said('op', "export default { name: 'a', ops: { iommu: { map: null } } }")).toMatch(
    /unknown operation "map"/,
  )
  expect(await said('backend', "export default { name: 'a', ops: { mmu: {} } }")).toMatch(/unknown backend "mmu"/)
  expect(await said('base', "export default { name: 'a', base: 'linux-3.7', steps: {} }")).toMatch(/linux-3.6/)
  expect(await said('kind', "export default { name: 'a', steps: { publish: 3 } }")).toMatch(
    /step publish is 3.*function/,
  )
  const throwing = "export default { name: 'a', steps: { attach: () => { throw new Error('no idea') } } }"
  expect(await said('throws', throwing)).toBe(
    'dmarace: the lowering a: step attach failed while it was written out: no idea\n',
  )
  const { err } = await dmarace(['check', 'set-mask-of-iommu', '--edition', 'linux-2.6'])
  expect(err).toMatch(/unknown edition "linux-2.6".*Known: dmarace, linux-3.6, rfc-2011/)
  expect((await dmarace(['run', 'map-at-zero', '--edition', 'dmarace', '--ops', example])).err).toContain(
    'name the base',
  )
})
