/** Unit | `dmarace run` and `replay`: verdicts, exit codes, pictures, traces, JSON, Ctrl-C; without a process. */

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dmarace } from '../../support/fake-terminal.ts'

let directory = ''
const path = (name: string) => join(directory, name)
const small = ['--size', '32x16', '--frames', '2'] as const

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dmarace-run-'))
  for (const [name, background] of Object.entries({ red: '#aa3333', blue: '#3333aa' })) {
    await sharp({ create: { width: 32, height: 16, channels: 3, background } })
      .png()
      .toFile(path(`${name}.png`))
  }
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const inputs = (...names: string[]) => ['--input', ...names.map((name) => path(`${name}.png`))]

async function pixel(file: string): Promise<number[]> {
  return [...(await sharp(file).raw().toBuffer()).subarray(0, 3)]
}

describe('a clean run', () => {
  test('on litmus says what happened, writes no pictures and exits with 0', async () => {
    const { code, out } = await dmarace(['run', 'fimc-capture-userptr', '--geometry', 'litmus', '--out', path('none')])
    expect(code).toBe(0)
    expect(out).toMatch(/frames +3 captured, 3 delivered, 0 lost/)
    expect(out).toContain('a litmus frame is a few words')
    expect(out).toMatch(/clean: every program came to its end/)
    expect(out).toContain('that is no proof')
    expect(out).toMatch(/replay: npx dmarace replay 4:fimc-capture-userptr:/)
    expect(await readdir(directory)).not.toContain('none')
  })

  test('writes a picture for each frame; several inputs are shown in turn', async () => {
    const out = path('turns')
    const args = ['run', 'fimc-capture-userptr', ...small, '--format', 'yuyv', '--frames', '3', '--out', out]
    const ran = await dmarace([...args, ...inputs('red', 'blue')])
    expect(ran.code, ran.out).toBe(0)
    expect((await readdir(out)).sort()).toEqual(['frame-0.png', 'frame-1.png', 'frame-2.png'])
    const [first, second, third] = await Promise.all([0, 1, 2].map((n) => pixel(join(out, `frame-${n}.png`))))
    expect((first as number[])[0]).toBeGreaterThan(150)
    expect((second as number[])[2]).toBeGreaterThan(150)
    expect(third).toEqual(first)
  })

  test('takes the damage picture of an earlier run away', async () => {
    const out = path('stale')
    await mkdir(out)
    await writeFile(join(out, 'frame-0.damage.png'), 'old')
    await writeFile(join(out, 'notes.txt'), 'mine')
    expect((await dmarace(['run', 'fimc-capture-userptr', ...small, '--out', out])).code).toBe(0)
    expect((await readdir(out)).sort()).toEqual(['frame-0.png', 'frame-1.png', 'notes.txt'])
  })

  test('with --json prints JSON and nothing else', async () => {
    const args = ['run', 'conversion-streaming', '--size', '32x16', '--json', '--out', path('json')]
    const { code, out } = await dmarace([...args, '--trace', path('json.jsonl')])
    expect(code).toBe(0)
    const result = JSON.parse(out)
    expect(result).toMatchObject({ scenario: 'conversion-streaming', verdict: 'clean', size: '32x16', violations: [] })
    expect(result.pictureFiles).toHaveLength(2)
    const lines = (await readFile(path('json.jsonl'), 'utf8')).trimEnd().split('\n')
    expect(JSON.parse(lines[0] as string)).toMatchObject({ dmarace: 'trace', token: result.token })
    expect(lines).toHaveLength(result.trace.lines + 2)
    expect(JSON.parse(lines.at(-1) as string)).toEqual({
      dmarace: 'end',
      reactions: result.trace.lines,
      violations: [],
    })
  })
})

describe('a violated run', () => {
  test('exits with 1 and reports each oracle, with the line to paste', async () => {
    const scenario = 'fimc-capture-userptr-no-sync-for-cpu'
    const { code, out } = await dmarace(['run', scenario, '--geometry', 'litmus'])
    expect(code).toBe(1)
    expect(out).toMatch(/\nalways ".+" violated: scenario fimc-capture-userptr-no-sync-for-cpu, step \d+\n/)
    expect(out).toMatch(/\n {2}cpu0 .+ expected .+\n(?: {4}.+\n)*? {2}likely .+\n {2}found by oracle /)
    const [, token] = /replay: npx dmarace replay (\S+)/.exec(out) as unknown as [string, string]
    const replayed = await dmarace(['replay', token])
    expect(replayed.code).toBe(1)
    expect(replayed.out).toMatch(/trace +digest [\da-f]{16}/)
  })

  test('marks wrong lines in a damage picture', async () => {
    const out = path('damage')
    const args = ['run', 'fimc-capture-userptr-no-sync-for-cpu', '--size', '64x48', '--frames', '6', '--json']
    const { code, out: text } = await dmarace([...args, '--out', out, '--policy', 'adversarial'])
    expect(code).toBe(1)
    const damaged = JSON.parse(text).pictureFiles.filter((file: { damageFile?: string }) => file.damageFile)
    const files = (await readdir(out)).filter((name) => name.endsWith('.damage.png'))
    expect(files).toHaveLength(damaged.length)
  })
})

describe('replay', () => {
  test('takes the pictures in any order and gives the same trace, byte for byte', async () => {
    const run = [
      'run',
      'fimc-capture-userptr-no-sync-for-device',
      ...small,
      '--seed',
      '3',
      '--json',
      '--out',
      path('a'),
    ]
    const first = await dmarace([...run, ...inputs('red', 'blue'), '--trace', path('a.jsonl')])
    const { token, trace } = JSON.parse(first.out)
    for (const runtime of ['sim', 'live']) {
      const again = ['replay', token, '--json', '--out', path('b'), '--trace', path('b.jsonl'), '--runtime', runtime]
      const second = await dmarace([...again, ...inputs('blue', 'red')])
      expect(second.code).toBe(first.code)
      expect(JSON.parse(second.out).trace.digest).toBe(trace.digest)
      expect((await readFile(path('b.jsonl'))).equals(await readFile(path('a.jsonl')))).toBe(true)
    }
    for (const name of await readdir(path('a'))) {
      expect((await readFile(join(path('b'), name))).equals(await readFile(join(path('a'), name))), name).toBe(true)
    }
  })
})

describe('Ctrl-C', () => {
  test('ends a run with exit code 130 and what is known so far', async () => {
    const { code, out } = await dmarace(
      ['run', 'fimc-capture-userptr', '--frames', '1000', '--out', path('stop'), '--trace', path('stop.jsonl')],
      AbortSignal.abort(),
    )
    expect(code).toBe(130)
    expect(out).toContain('interrupted')
    expect(out).toContain('no oracle was violated so far')
    const trace = await readFile(path('stop.jsonl'), 'utf8')
    expect(trace.endsWith('}\n'), 'whole lines').toBe(true)
  })
})
