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

// What cannot be carried out at all, `ops` meets while it shows the steps; `run` and `check` report what comes of it.
test.each([
  ['wild', 'asm.load(0)', 'abort at 0'],
  ['endless', 'asm.forever(() => {})', 'the program does not end'],
  ['nowhere', "asm.goto('nowhere')", 'no label nowhere'],
])('ops of a lowering that is %s says so', async (name, text, why) => {
  const file = join(directory, `${name}.mts`)
  const lowering = `(asm) => asm.step('mine', () => { ${text} })`
  await writeFile(file, `export default { name: 'a', ops: { iommu: { map_page: ${lowering} } } }`)
  const { code, err } = await dmarace(['ops', 'map_page', '--ops', file])
  expect([code, err]).toEqual([2, expect.stringContaining(`carried out, in the step mine: ${why}`)])
})

test('list names it with the others, and what it overrides', async () => {
  const { out } = await dmarace(['list', 'editions', '--ops', example, '--json'])
  expect(JSON.parse(out).at(-1)).toEqual({
    name: 'swapped-levels',
    description: 'hands a range to the CPU with the L1 before the L2; over dmarace: the steps devToCpu',
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
  const late = "export default { name: 'a', steps: { attach: async () => { throw new Error('late') } } }"
  expect(await said('late', late)).toMatch(/step attach failed while it was written out: it is asynchronous/)
  const call = "export default { name: 'a', steps: { attach: (asm) => asm.call('nope', []) } }"
  expect(await said('call', call)).toMatch(/unknown call of the os "nope"/)
  const results = "export default { name: 'a', steps: { attach: (asm) => asm.call('table.find', [0, 0], ['a', 'b']) } }"
  expect(await said('results', results)).toMatch(/table.find has 1 results, and 2 registers/)
  const operand = "export default { name: 'a', steps: { attach: (asm) => asm.store(undefined, 1) } }"
  expect(await said('operand', operand)).toMatch(/undefined is no operand/)
  expect(await said('loop', "const e = { name: 'a', steps: { attach() {} } }; e.base = e; export default e")).toMatch(
    /has itself among its bases/,
  )
  expect(await said('nothing', "export default { name: 'a', steps: {}, ops: { iommu: {} } }")).toMatch(
    /overrides nothing/,
  )
  expect(await said('big', "export default { name: 'a', steps: { attach: 1n } }")).toMatch(/step attach is 1/)
  expect(await said('get', "export default { get name() { throw new Error('shy') } }")).toBe('shy\n')
  const os = (text: string) => `export default { name: 'a', os: ${text}, steps: { attach() {} } }`
  expect(await said('os', os('{ lock: [] }'))).toMatch(/unknown field of os "lock".*locks/)
  expect(await said('locks', os("{ locks: 'x' }"))).toMatch(/locks of the os of a is "x": it must be a list/)
  expect(await said('io', os("{ ioAddresses: 'list' }"))).toMatch(/ioAddresses .* is "list"/)
  expect(await said('twice', os("{ locks: ['pgtable'] }"))).toMatch(/two locks of the os are called "pgtable"/)
  const { err } = await dmarace(['check', 'set-mask-of-iommu', '--edition', 'linux-2.6'])
  expect(err).toMatch(/unknown edition "linux-2.6".*Known: dmarace, linux-3.6, rfc-2011/)
  expect((await dmarace(['run', 'map-at-zero', '--edition', 'dmarace', '--ops', example])).err).toContain(
    'name the base',
  )
})
