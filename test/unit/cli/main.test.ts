/** Unit | the command line: help, and what a user is told about wrong use. Goldens: `npx vitest run -u test/unit/cli`. */

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digest } from '../../../src/base/canonical.ts'
import { version } from '../../../src/cli/main.ts'
import { printToken } from '../../../src/run/token.ts'
import { dmarace } from '../../support/fake-terminal.ts'

const scenario = 'fimc-capture-userptr'
/** A token with options that no version prints. */
function strangeToken(options: object): string {
  const body = `4:${scenario}:${Buffer.from(JSON.stringify(options)).toString('base64url')}`
  return `${body}:${digest(`${body}:`).slice(0, 6)}`
}

let directory = ''
const path = (name: string) => join(directory, name)

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dmarace-main-'))
  await writeFile(path('text.png'), 'no picture')
  await sharp({ create: { width: 8, height: 8, channels: 3, background: '#336699' } })
    .png()
    .toFile(path('blue.png'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describe('help', () => {
  test.each(['', 'run', 'replay', 'check', 'draw', 'export', 'list', 'explain', 'machines', 'demo', 'bench'])(
    'of "%s" is as it was reviewed',
    async (command) => {
      const { code, out, err } = await dmarace([...(command ? [command] : []), '--help'])
      expect(code).toBe(0)
      expect(err).toBe('')
      await expect(out).toMatchFileSnapshot(`../../golden/cli/help${command ? `-${command}` : ''}.txt`)
    },
  )

  test('comes on stderr, with exit code 2, if no command is given', async () => {
    const { code, out, err } = await dmarace([])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('Usage: dmarace')
  })

  test('the version is that of the package', async () => {
    const manifest = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'))
    expect(version).toBe(manifest.version)
    expect((await dmarace(['--version'])).out).toBe(`${version}\n`)
  })
})

const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [['nope'], /unknown command 'nope'/],
  [['run'], /missing required argument 'scenario'/],
  [['run', 'nope'], /unknown scenario "nope"\. Known: .*fimc-capture-userptr/],
  [['run', 'constructor'], /unknown scenario "constructor"/],
  [['run', 'fimc-capture-usrptr'], /Did you mean fimc-capture-userptr\?/],
  [['run', scenario, 'more'], /too many arguments/],
  [['run', scenario, '--sede', '1'], /unknown option '--sede' \(Did you mean --seed\?\)/],
  [['run', scenario, '--seed'], /argument missing/],
  [['run', scenario, '--frames', '0'], /--frames must be a whole number from 1 to \d+, not 0/],
  [['run', scenario, '--frames', '-1'], /not -1/],
  [['run', scenario, '--frames', '1e9'], /not 1000000000/],
  [['run', scenario, '--frames', '1.5'], /not 1.5/],
  [['run', scenario, '--frames', 'abc'], /--frames must be a whole number, not "abc"/],
  [['run', scenario, '--frames', ''], /not ""/],
  [['run', scenario, '--seed', '-1'], /--seed must be a whole number from 0/],
  [['run', scenario, '--seed', '0x1ffffffff'], /--seed must be/],
  [['run', scenario, '--size', '0x0'], /not positive/],
  [['run', scenario, '--size', '-4x4'], /-4 is not positive/],
  [['run', scenario, '--size', '99999x99999'], /more than the 4094 pixels/],
  [['run', scenario, '--size', '641x480'], /odd/],
  [['run', scenario, '--size', 'abc'], /write it like 640x480/],
  [['run', scenario, '--size', '4x2', '--geometry', 'litmus'], /--size is for the board/],
  [['run', scenario, '--format', 'jpeg'], /unknown format "jpeg"\. Known: yuyv, nv12, rgb565/],
  [['run', scenario, '--format', 'raw'], /raw does not go with the board/],
  [['run', scenario, '--format', 'nv12', '--geometry', 'litmus'], /nv12 does not go with the litmus/],
  [['run', scenario, '--features', 'speculatoin'], /unknown feature "speculatoin"\. Did you mean speculation\?/],
  [['run', scenario, '--policy', 'wild'], /unknown policy "wild"\. Known: off, random, adversarial/],
  [['run', scenario, '--geometry', 'moon'], /unknown geometry "moon"\. Known: litmus, board/],
  [['run', scenario, '--threads', '0'], /--threads must be a whole number from 1 to 64, not "0"/],
  [['run', scenario, '--threads', 'many'], /--threads must be a whole number from 1 to 64, not "many"/],
  [['run', scenario, '--threads', '2', '--place', 'cpu0'], /--place and --threads both say where actors live/],
  [['run', scenario, '--place', 'cpu0|l3'], /unknown actor "l3"\. Did you mean l2\? Known: cpu0, os, l1d0/],
  [['run', scenario, '--place', 'cpu0,l2|l2'], /--place "cpu0,l2\|l2" names l2 twice/],
  [['run', scenario, '--place', 'cpu0||l2'], /group 2 has an empty name/],
  [['run', scenario, '--place', ''], /group 1 has an empty name/],
  [['run', scenario, '--runtime', 'fast'], /unknown runtime "fast"\. Known: live, sim/],
  [['run', scenario, '--input', '/nowhere.png'], /there is no such file/],
  [['run', scenario, '--input', '.'], /is a directory/],
  [['run', scenario, '--input', 'DIR/text.png'], /not a PNG or JPEG/],
  [['run', scenario, '--input', 'DIR/blue.png', '--geometry', 'litmus'], /--input is for the board/],
  [['run', 'conversion-doorbell', '--input', 'DIR/blue.png'], /has no camera/],
  [['run', scenario, '--out', '/proc/nope'], /cannot write to output directory/],
  [['run', scenario, '--out', 'DIR/text.png'], /is a file/],
  [['run', scenario, '--out', ''], /output directory has no name/],
  [['run', scenario, '--size', ''], /size "" is not WIDTHxHEIGHT/],
  [['run', scenario, '--trace', 'DIR'], /is a directory/],
  [
    ['run', scenario, '--trace', '/nowhere/trace.jsonl'],
    /cannot write trace "[^"]*": there is no such file or directory/,
  ],
  [['list', 'nope'], /unknown kind "nope"\. Known: scenarios/],
  [['bench', '--part', 'nope'], /unknown part "nope"/],
  [['bench', 'everything'], /unknown bench "everything". Known: explore, draw/],
  [['bench', 'draw', '--part', 'nope'], /unknown part "nope"\. Known: chart20, /],
  [['bench', 'explore', '--part', 'nope'], /unknown part "nope". Known: commit8, /],
  [['replay'], /missing required argument 'token'/],
  [['replay', 'nonsense'], /not a replay token/],
  [['replay', '99:fimc-capture-userptr:e30:abcdef'], /format version 99, this dmarace reads version/],
  [['replay', '4:fimc-capture-userptr:e30'], /cut short/],
  [['replay', '4:fimc-capture-userptr:e30:000000'], /damaged or was changed/],
  [['replay', printToken({ request: { scenario: 'nope' } })], /unknown scenario "nope"/],
  [['replay', printToken({ request: { scenario, frames: 0 } })], /--frames must be/],
  [['replay', strangeToken({ colour: 'red' })], /option "colour" that this version does not/],
  [['replay', strangeToken({ features: 7 })], /"features" in this token has a value of the wrong/],
  [['replay', strangeToken({ pictures: 'x' })], /"pictures" in this token/],
  [
    ['replay', printToken({ request: { scenario, pictures: ['0123456789abcdef'] } })],
    /names a picture; give the same with --input/,
  ],
  [
    ['replay', printToken({ request: { scenario, pictures: ['0123456789abcdef'] } }), '--input', 'DIR/blue.png'],
    /SHA-256 begins with 0123456789abcdef, but .*blue.png has [\da-f]{16}/,
  ],
  [
    ['replay', printToken({ request: { scenario, geometry: 'litmus' } }), '--input', 'DIR/blue.png'],
    /names no pictures/,
  ],
]

describe('wrong use', () => {
  test.each(wrong)('%j', async (args, message) => {
    const before = await readdir(directory)
    const { code, out, err } = await dmarace(args.map((word) => word.replace('DIR', directory)))
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(message)
    expect(err).toMatch(/^dmarace: [^\n]+\n$/)
    expect(await readdir(directory), 'nothing is written').toEqual(before)
  })

  test('a token of another scenario is refused by its check', async () => {
    const token = printToken({ request: { scenario, geometry: 'litmus' } })
    const { code, err } = await dmarace(['replay', token.replace(scenario, 'conversion-doorbell')])
    expect(code).toBe(2)
    expect(err).toContain('check does not match')
  })
})
