/** Unit | `dmarace stress`: wrong use, campaigns that are killed and go on, threads that throw, die or hang. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dmarace } from '../../support/fake-terminal.ts'
import { prngFor, seed } from '../../support/seed.ts'

const command = fileURLToPath(new URL('../../../bin/dmarace.js', import.meta.url))

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dmarace-stress-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** Three who wait for each other, sooner or later. */
const philosophers = fileURLToPath(new URL('../../models/dining-philosophers.ts', import.meta.url))
/** A litmus test with a broken and a mended variant. */
const prefetch = fileURLToPath(new URL('../../litmus/corpus/arm-v7-from-device-prefetch.litmus', import.meta.url))

/** A system whose reactions do `body` now and then: in one run of four, after ten steps. */
function badSystem(name: string, body: string): string {
  const path = join(directory, `${name}.ts`)
  writeFileSync(
    path,
    `import { isMainThread } from 'node:worker_threads'
import { defineMachine, defineSystem } from 'dmarace'
export const system = defineSystem({
  id: '${name}',
  actors: {
    counter: defineMachine({
      id: 'counter', description: 'counts', inPorts: {}, outPorts: {}, events: { go: 'goes', bad: 'goes wrong' },
      spontaneous: { go: { description: 'goes', kind: 'must' }, bad: { description: 'goes wrong', kind: 'may' } },
      context: () => ({ n: 0 }),
      actions: {
        count: { description: 'counts', run: (context: { n: number }) => { context.n = (context.n + 1) % 50 } },
        fail: { description: 'fails', run: (context: { n: number }) => { if (!isMainThread && context.n > 10) { ${body} } } },
      },
      chart: { description: 'c', initial: 'a', states: { a: { description: 'a', on: { go: { actions: 'count' }, bad: { actions: 'fail' } } } } },
    }),
  },
  channels: [],
})
`,
  )
  return path
}

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [command, ...args], { cwd: directory, env: { ...process.env, NO_COLOR: '1' } })
  let out = ''
  let err = ''
  child.stdout.on('data', (piece) => {
    out += piece
  })
  child.stderr.on('data', (piece) => {
    err += piece
  })
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, out, err })) }
}

describe('wrong use', () => {
  test.each([
    [[], 'name scenarios or files to run'],
    [['conversion-doorbell'], 'say how much: --runs of each, or --time'],
    [['conversion-doorbell', '--runs', '0'], '--runs must be a whole number from 1'],
    [['conversion-doorbell', '--runs', '1e99'], '--runs must be a whole number from 1'],
    [['conversion-doorbell', '--runs', '5', '--strategy', 'rndom'], 'unknown strategy "rndom". Did you mean random?'],
    [['conversion-dorbell', '--runs', '5'], 'unknown scenario "conversion-dorbell". Did you mean conversion-doorbell?'],
    [['conversion-doorbell', '--runs', '5', '--geometry', 'bord'], 'unknown geometry "bord". Did you mean board?'],
    [['conversion-doorbell', '--runs', '5', '--size', '64x48'], '--size is for --geometry board'],
    [[philosophers, '--runs', '5', '--features', 'l2'], '--features is for scenarios'],
    [['conversion-doorbell', '--runs', '5', '--threads', '0'], '--threads must be a whole number from 1 to 64'],
    [['conversion-doorbell', '--runs', '5', '--edition', 'linux-3.7'], 'unknown edition "linux-3.7". Did you mean'],
    [[philosophers, '--runs', '5', '--edition', 'linux-3.6'], '--edition is for scenarios'],
    [[philosophers, '--runs', '5', '--geometry', 'board'], '--geometry board is for scenarios by name'],
    [[prefetch, '--runs', '5', '--frames', '1'], '--frames is for scenarios: a litmus test says itself what runs'],
    [[prefetch, '--runs', '5', '--features', 'l3'], 'unknown feature "l3"'],
    [['--resume', 'nowhere'], 'nowhere holds no campaign'],
    [['conversion-doorbell', '--resume', 'x'], '--resume goes on with what the campaign was begun with'],
  ])('%j', async (args, message) => {
    const { code, err } = await dmarace(['stress', ...args])
    expect(err).toContain(message)
    expect(code).toBe(2)
  })
})

test('a campaign: outcomes, the share of the states, and each root cause with a shortest run that replays', async () => {
  const out = join(directory, 'one')
  const ran = await dmarace([
    'stress',
    philosophers,
    '--runs',
    '9000',
    '--out',
    out,
    '--threads',
    '1',
    '--max-steps',
    '60',
  ])
  expect(ran.code).toBe(1)
  expect(ran.out).toContain('dining-philosophers-5-alike (system): 9,000 runs')
  expect(ran.out).toMatch(/states: 2\d\d of 242/)
  const [, token, file] = /replay: npx dmarace replay (\S+) --system (\S+)/.exec(ran.out) as RegExpExecArray
  expect(ran.out).toContain('step 5 (a shortest run)')
  const replayed = await dmarace(['replay', token as string, '--system', file as string])
  expect(replayed.code).toBe(1)
  // The journal says the same; another number of threads, too.
  const reported = await dmarace(['report', out, '--json'])
  const again = await dmarace([
    ...['stress', philosophers, '--runs', '9000', '--out', join(directory, 'two'), '--threads', '2'],
    ...['--max-steps', '60', '--json'],
  ])
  expect(again.out).toBe(reported.out)
  expect(JSON.parse(again.out)).toMatchObject({ runs: 9000, isComplete: true, failed: [] })
})

test('whole runs on the board, a seed each', async () => {
  const { code, out } = await dmarace([
    ...['stress', 'fimc-capture-userptr-no-sync-for-device', '--geometry', 'board', '--size', '32x8', '--frames', '1'],
    ...['--runs', '4', '--out', join(directory, 'board'), '--threads', '2', '--json'],
  ])
  const report = JSON.parse(out)
  expect(report.targets[0]).toMatchObject({ kind: 'board', runs: 4 })
  expect(report.targets[0].curve.at(-1)).toEqual([4, report.violations, 0])
  const counted = Object.values(report.targets[0].outcomes as Record<string, number>).reduce((a, b) => a + b, 0)
  expect(counted).toBe(4)
  expect(code).toBe(report.violations > 0 ? 1 : 0)
})

test('litmus tests: every variant; without the feature that it needs, the broken one is silent', async () => {
  const args = ['stress', prefetch, '--runs', '9000', '--threads', '1', '--json']
  const { code, out } = await dmarace([...args, '--out', join(directory, 'prefetch')])
  const { targets } = JSON.parse(out)
  expect(code).toBe(1)
  expect(targets.map((target: { name: string }) => target.name)).toEqual([
    'arm-v7-from-device-prefetch/buggy',
    'arm-v7-from-device-prefetch/fixed',
  ])
  expect(Object.keys(targets[0].violated)).toEqual(['fresh-load'])
  expect(targets[1].violated).toEqual({})
  const [, token, file] = /replay (\S+) --system (\S+)/.exec(targets[0].causes[0].example.replay) as RegExpExecArray
  expect((await dmarace(['replay', token as string, '--system', file as string])).code).toBe(1)
  const without = await dmarace([...args, '--features', '-speculation', '--out', join(directory, 'no-speculation')])
  expect(without.code).toBe(0)
  expect(JSON.parse(without.out).targets[0].name).toBe('arm-v7-from-device-prefetch/buggy (-speculation)')
})

test('each root cause has a run of its own that is as short as it can be, and says what its last state shows', async () => {
  const file = join(directory, 'late.litmus')
  writeFileSync(
    file,
    `litmus late
"This asks whether a device reads a packet that is cleaned only after the doorbell."
source "test"
memory { pkt: 1 line }
cpu C0 { st pkt = 1; bell D; clean pkt; dsb }
device D { wait BELL == 1; rd r0 = pkt }
never D.r0 == 0
expect: violated fresh-dma-read, never
`,
  )
  const { out, code } = await dmarace(['stress', file, '--runs', '2000', '--out', join(directory, 'late')])
  expect(code).toBe(1)
  const causes = [...out.matchAll(/always "never .*violated: run .*\((.*)\); in 1 shard\n {4}(.*)\n/g)]
  const lengths = causes.map(([, length]) => length)
  expect(lengths).toEqual(['a shortest run', 'no single step can be left out'])
  for (const [, , message] of causes) expect(message).toBe('every program has ended, and D.r0 = 0')
})

test('a directory of litmus tests is all that is in it', async () => {
  const folder = join(directory, 'tests')
  await mkdir(folder)
  for (const name of ['a', 'b']) await copyFile(prefetch, join(folder, `${name}.litmus`))
  const args = ['stress', folder, '--runs', '20', '--threads', '1', '--search-states', '0', '--json']
  const { out } = await dmarace([...args, '--out', join(directory, 'folder')])
  expect(JSON.parse(out).targets).toHaveLength(4)
})

test.each([
  ['litmus', ['--strategy', 'swarm', '--search-states', '0']],
  ['board', ['--geometry', 'board', '--size', '16x16']],
])(
  'an edition of the user, on %s: what it breaks is found, by a line that replays',
  async (name, more) => {
    const ops = join(directory, 'no-clean.mts')
    writeFileSync(
      ops,
      "export default { name: 'no-clean', description: 'cleans nothing', steps: { cpuToDev: () => {} } }\n",
    )
    const { code, out } = await dmarace([
      ...['stress', 'conversion-streaming', '--frames', '1', '--ops', ops, '--runs', '2', ...more],
      ...['--threads', '1', '--out', join(directory, `own-${name}`), '--json'],
    ])
    const [target] = JSON.parse(out).targets
    expect(code).toBe(1)
    expect(target.name).toBe('conversion-streaming (no-clean)')
    expect(Object.keys(target.violated)).toEqual(['fresh-dma-read'])
    const [, token] = /replay (\S+) --ops \S+$/.exec(target.causes[0].example.replay) as RegExpExecArray
    const frames = join(directory, `frames-${name}`)
    expect((await dmarace(['replay', token as string, '--ops', ops, '--out', frames])).code).toBe(1)
    // What the campaign was begun with is what it goes on with.
    writeFileSync(ops, "export default { name: 'no-clean', description: 'another', steps: { devToCpu: () => {} } }\n")
    const { code: refused, err } = await start(['stress', '--resume', join(directory, `own-${name}`)]).ended
    expect(err).toContain('no-clean.mts has changed since the campaign began')
    expect(refused).toBe(2)
  },
  60_000,
)

test(`killed at any moment, it goes on: no run lost, none twice, the report the same (seed ${seed})`, async () => {
  const common = [philosophers, '--runs', '60000', '--max-steps', '40', '--threads', '2']
  const whole = await start(['stress', ...common, '--out', 'whole', '--json']).ended
  expect(whole.code).toBe(1)
  const prng = prngFor('kill')
  const out = 'killed'
  let last = { code: null as number | null, out: '', err: '' }
  for (let round = 0; round < 12; round++) {
    const hasPlan = readdirSync(directory).includes(out) && readdirSync(join(directory, out)).includes('plan.json')
    const { child, ended } = start(['stress', ...(hasPlan ? ['--resume', out] : [...common, '--out', out]), '--json'])
    const isLast = round === 11
    // From before it has begun to well into its work.
    if (!isLast) await Promise.race([sleep(300 + prng.below(2500)).then(() => child.kill('SIGKILL')), ended])
    last = await ended
    if (last.code !== null) break
  }
  expect(last.err).not.toContain('internal')
  expect(last.code).toBe(1)
  expect(last.out).toBe(whole.out)
}, 240_000)

describe('a shard that cannot be run fails by itself', () => {
  test.each([
    ['throws', "throw new Error('boom')", /boom/],
    ['exits', 'process.exit(7)', /its thread was lost/],
    ['hangs', 'for (;;) {}', /it took longer than 8 s; its thread was ended/],
    [
      'is-too-large',
      'const all: unknown[] = []; for (;;) all.push(new Array(1e5).fill(all.length))',
      /its thread was lost/,
    ],
  ])(
    '%s',
    async (name, body, reason) => {
      const path = badSystem(name, body)
      const args = ['stress', path, '--runs', '8000', '--max-steps', '30', '--threads', '2', '--search-states', '0']
      const limits = [
        '--shard-time',
        name === 'hangs' ? '8' : '60',
        '--shard-memory',
        '128',
        '--out',
        `out-${name}`,
        '--json',
      ]
      const { code, out, err } = await start([...args, ...limits]).ended
      expect(out, err).not.toBe('')
      const report = JSON.parse(out)
      expect(report.isComplete).toBe(false)
      expect(report.failed.length).toBeGreaterThan(0)
      for (const failed of report.failed) expect(failed.reason).toMatch(reason)
      expect(code).toBe(3)
      expect(readFileSync(join(directory, `out-${name}`, 'plan.json'), 'utf8')).toContain(name)
    },
    120_000,
  )
})

test('Ctrl-C: 130, what was done is kept, and the line to go on', async () => {
  const { child, ended } = start([
    'stress',
    philosophers,
    '--runs',
    '100000000',
    '--max-steps',
    '40',
    '--out',
    'stopped',
  ])
  await sleep(4000)
  child.kill('SIGINT')
  const { code, err } = await ended
  expect(code).toBe(130)
  expect(err).toMatch(/interrupted after [\d,]+ runs, all written down; go on by: dmarace stress --resume stopped/)
  expect(readdirSync(join(directory, 'stopped'))).not.toContain('lock')
}, 120_000)

test('a journal that another process has open is left alone', async () => {
  const { child, ended } = start(['stress', philosophers, '--runs', '100000000', '--max-steps', '40', '--out', 'open'])
  await sleep(4000)
  const second = await start(['stress', '--resume', 'open']).ended
  child.kill('SIGINT')
  await ended
  expect(second.code).toBe(2)
  expect(second.err).toContain(`is open in process ${child.pid}`)
}, 120_000)
