/** Unit | the commands on litmus texts: fmt, litmus new. */

import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatLitmus } from '../../../src/litmus/format.ts'
import { parseLitmus } from '../../../src/litmus/parse.ts'
import { dmarace, type Typed } from '../../support/fake-terminal.ts'

const tidy = 'litmus a\n"q"\ncpu C0 { nop }\n'
const untidy = 'litmus  a\n"q"\ncpu C0 {nop}\n'

let directory = ''
const path = (name: string) => join(directory, name)
const read = (name: string) => readFile(path(name), 'utf8')
const withInput = (args: readonly string[], typed: Typed) => dmarace(args, undefined, typed)

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dmarace-litmus-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

test.each(['fmt', 'litmus new', 'diy'])('help of %s is as it was reviewed', async (command) => {
  const { code, out } = await dmarace([...command.split(' '), '--help'])
  expect(code).toBe(0)
  await expect(out).toMatchFileSnapshot(`../../golden/cli/help-${command.replace(' ', '-')}.txt`)
})

describe('fmt', () => {
  test('writes what is not in canonical layout, and names it', async () => {
    await writeFile(path('tidy.litmus'), tidy)
    await writeFile(path('untidy.litmus'), untidy)
    await chmod(path('untidy.litmus'), 0o640)
    const before = await stat(path('tidy.litmus'))
    const { code, out, err } = await dmarace(['fmt', path('tidy.litmus'), path('untidy.litmus')])
    expect({ code, out, err }).toEqual({ code: 0, out: `${path('untidy.litmus')}\n`, err: '' })
    expect(await read('untidy.litmus')).toBe(tidy)
    expect((await stat(path('untidy.litmus'))).mode & 0o777).toBe(0o640)
    expect((await stat(path('tidy.litmus'))).ino).toBe(before.ino)
    expect((await readdir(directory)).filter((name) => name.endsWith('.new'))).toEqual([])
  })

  test('--check writes nothing, and its exit code tells', async () => {
    await writeFile(path('check.litmus'), untidy)
    expect(await dmarace(['fmt', '--check', path('check.litmus')])).toMatchObject({
      code: 1,
      out: `${path('check.litmus')}\n`,
    })
    expect(await read('check.litmus')).toBe(untidy)
    await writeFile(path('check.litmus'), tidy)
    expect(await dmarace(['fmt', '--check', path('check.litmus')])).toEqual({ code: 0, out: '', err: '' })
  })

  test('a directory stands for the texts in it, at any depth', async () => {
    await mkdir(path('deep/er'), { recursive: true })
    await writeFile(path('deep/b.litmus'), untidy)
    await writeFile(path('deep/er/a.litmus'), untidy)
    await writeFile(path('deep/other.txt'), 'no litmus')
    const { code, out } = await dmarace(['fmt', path('deep'), path('deep/b.litmus')])
    expect({ code, out }).toEqual({ code: 0, out: `${path('deep/b.litmus')}\n${path('deep/er/a.litmus')}\n` })
  })

  test('a link stays a link', async () => {
    await writeFile(path('target.litmus'), untidy)
    await symlink(path('target.litmus'), path('link.litmus'))
    await dmarace(['fmt', path('link.litmus')])
    expect(await read('target.litmus')).toBe(tidy)
    expect((await readdir(directory, { withFileTypes: true })).find(({ name }) => name === 'link.litmus')).toSatisfy(
      (entry: { isSymbolicLink(): boolean }) => entry.isSymbolicLink(),
    )
  })

  test('a file that is wrong stays as it is, is told with its place, and does not stop the others', async () => {
    await writeFile(path('1.litmus'), 'litmus a\n"q"\ncpu C0 { st 1 }\n')
    await writeFile(path('2.litmus'), untidy)
    await writeFile(path('3.litmus'), new Uint8Array([0x6c, 0xff, 0xfe]))
    const names = ['1.litmus', '2.litmus', '3.litmus'].map(path)
    const { code, out, err } = await dmarace(['fmt', ...names])
    expect({ code, out }).toEqual({ code: 2, out: `${names[1]}\n` })
    expect(err).toContain(`dmarace: ${names[0]}:3:13: expected`)
    expect(err).toContain(`dmarace: ${names[2]}:1:2: this is not a text file in UTF-8`)
    expect(await read('1.litmus')).toContain('st 1')
    expect(await read('2.litmus')).toBe(tidy)
  })

  test('--stdin goes to the terminal', async () => {
    expect(await withInput(['fmt', '--stdin'], { input: untidy })).toEqual({ code: 0, out: tidy, err: '' })
    expect(await withInput(['fmt', '--stdin', '--check'], { input: untidy })).toEqual({ code: 1, out: '', err: '' })
    expect(await withInput(['fmt', '--stdin', '--check'], { input: tidy })).toEqual({ code: 0, out: '', err: '' })
    expect(await withInput(['fmt', '--stdin'], { input: '' })).toMatchObject({
      code: 2,
      err: expect.stringContaining('stdin: the file is empty'),
    })
  })

  test.each([
    [['fmt'], /which files\?/],
    [['fmt', '--stdin', 'x'], /--stdin takes no files/],
    [['fmt', '/nowhere.litmus'], /cannot read "\/nowhere.litmus": there is no such file/],
    [['fmt', '/proc/self/fd'], /no .litmus files in/],
    [['fmt', '--chekc', 'x'], /unknown option '--chekc' \(Did you mean --check\?\)/],
  ])('%j is wrong use', async (args, message) => {
    const { code, out, err } = await dmarace(args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(message)
  })
})

describe('litmus new', () => {
  test('goes to the terminal, parses, and is in canonical layout', async () => {
    const { code, out, err } = await dmarace(['litmus', 'new', 'my-test'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(parseLitmus(out, 'new').name).toBe('my-test')
    expect(formatLitmus(out)).toBe(out)
  })

  test('is what its options say', async () => {
    const flags = ['--device', 'FIMC', '--iommu', 'sysmmu', '--cores', '2', '--direction', 'to-device']
    const file = path('new.litmus')
    expect(await dmarace(['litmus', 'new', 'mine', ...flags, '--out', file])).toEqual({
      code: 0,
      out: `${file}\n`,
      err: '',
    })
    const text = await readFile(file, 'utf8')
    expect(text).toContain('sysmmu M for FIMC version 3.3')
    expect(text).toContain('own->dev buf TO_DEVICE')
    expect(text).toContain('cpu C1 {')
    expect(await dmarace(['litmus', 'new', 'mine', ...flags, '--out', file])).toMatchObject({
      code: 2,
      err: expect.stringContaining('it is there already'),
    })
  })

  test('asks whoever is there, and takes an empty answer for the usual one', async () => {
    const answers = ['cam', 'iommu', '', 'bidirectional']
    const { code, out, err } = await withInput(['litmus', 'new', 'asked'], { answers })
    expect(code).toBe(0)
    expect(err).toBe(
      'Name of the device? [D] What is in front of it (none, sysmmu, iommu)? [none] How many cores? [1] Which way do data go (TO_DEVICE, FROM_DEVICE, BIDIRECTIONAL)? [FROM_DEVICE] ',
    )
    expect(out).toContain('iommu M for cam')
    expect(out).toContain('own->dev buf BIDIRECTIONAL')
    expect(out).not.toContain('cpu C1')
  })

  test('asks nothing if an option is given', async () => {
    const { err } = await withInput(['litmus', 'new', 'mine', '--cores', '1'], { answers: [] })
    expect(err).toBe('')
  })

  test.each([
    [['My Test'], /"My Test" is no name of a test/],
    [['a', '--iommu', 'smmu'], /unknown iommu "smmu". Did you mean sysmmu/],
    [['a', '--cores', 'two'], /--cores must be a whole number, not "two"/],
    [['a', '--cores', '9'], /1 to 4 cores, not 9/],
    [['a', '--direction', 'up'], /unknown direction "up"/],
    [['a', '--device', 'C0'], /"C0" is what something else in the test is called/],
    [['a', '--out', '/nowhere/x'], /cannot write "\/nowhere\/x": there is no such file/],
  ])('%j is wrong use', async (args, message) => {
    const { code, out, err } = await dmarace(['litmus', 'new', ...args])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(message)
  })
})

describe('diy', () => {
  test('prints the test of a cycle, written as one word or as several', async () => {
    const one = await dmarace(['diy', 'DMBdWW', 'Rfe', 'DMBdRR', 'Fre'])
    expect(one).toMatchObject({ code: 0, err: '' })
    expect(one.out).toContain('litmus mp-dmbs\n')
    expect(one.out).toContain('expect with loadReordering: holds\n')
    parseLitmus(one.out, 'mp-dmbs')
    expect(await dmarace(['diy', 'DMBdWW Rfe DMBdRR Fre'])).toEqual(one)
  })

  test('writes to a folder that it makes, and leaves alone what is so already', async () => {
    const out = path('made/of/cycles')
    const file = join(out, 'coww-po-same.litmus')
    expect(await dmarace(['diy', 'PosWW', 'Coi', '--out', out])).toEqual({ code: 0, out: `${file}\n`, err: '' })
    const { ino } = await stat(file)
    const text = await readFile(file, 'utf8')
    await dmarace(['diy', 'PosWW', 'Coi', '--out', out])
    expect((await stat(file)).ino).toBe(ino)
    await writeFile(file, 'old')
    await dmarace(['diy', 'PosWW', 'Coi', '--out', out])
    expect(await readFile(file, 'utf8')).toBe(text)
  })

  test('lists the edges', async () => {
    const { code, out } = await dmarace(['diy', '--list'])
    expect(code).toBe(0)
    for (const word of ['Rfe', 'Bell', 'TfrDC', 'DMB', 'CleanL1', 'DpAddr', 'classics']) expect(out).toContain(word)
  })

  test.each([
    [['diy'], /which cycle\?/],
    [['diy', 'PodWW', 'Rfe', 'PodRR', 'Frr'], /unknown edge "Frr"\. Did you mean Fre/],
    [['diy', '--scheme', 'classic', '--out', 'x'], /unknown scheme "classic"\. Did you mean classics/],
    [['diy', '--scheme', 'classics'], /say with --out/],
    [['diy', '--scheme', 'classics', 'Rfe'], /leave out the edges/],
    [['diy', '--list', 'Rfe'], /--list takes no cycle/],
  ])('%j is wrong use', async (args, message) => {
    const { code, err } = await dmarace(args)
    expect(code).toBe(2)
    expect(err).toMatch(message)
  })
})
