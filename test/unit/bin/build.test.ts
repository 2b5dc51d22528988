/** Tests | what bin/build.js makes: once for the same sources, anew for changed ones, and nothing that the program needs where it cannot. */

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
/** A copy of the program, with the same packages. */
let copy: string

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'dmarace-build-'))
  for (const part of ['bin', 'src', 'machines', 'workers', 'package.json']) {
    cpSync(join(root, part), join(copy, part), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
})

afterAll(() => rmSync(copy, { recursive: true, force: true }))

function version(): string {
  return execFileSync(process.execPath, [join(copy, 'bin/dmarace.js'), '--version'], { encoding: 'utf8' }).trim()
}

/** What is below dist/. */
function made(): string[] {
  return readdirSync(join(copy, 'dist')).sort()
}

function latest(): string {
  return (JSON.parse(readFileSync(join(copy, 'dist/latest.json'), 'utf8')) as { folder: string }).folder
}

function change(text: string): void {
  const file = join(copy, 'src/cli/main.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/(export const version = )'.*'/, `$1'${text}'`))
}

describe('the built program', () => {
  test('is made at the first start and found by the second', () => {
    const first = version()
    const folders = made()
    expect(folders).toEqual([latest(), 'latest.json'].sort())
    expect(version()).toBe(first)
    expect(made()).toEqual(folders)
  })

  test('is made again when a source changes, and is the same again when it changes back', () => {
    const [before, folder] = [version(), latest()]
    change('0.1.0-changed')
    expect(version()).toBe('0.1.0-changed')
    expect(latest()).not.toBe(folder)
    change(before)
    expect(version()).toBe(before)
    expect(latest()).toBe(folder)
  })

  test('leaves what is older to programs that still run, but not for ever', () => {
    for (let i = 0; i < 7; i++) {
      change(`0.2.${i}`)
      expect(version()).toBe(`0.2.${i}`)
    }
    // The latest, four others, and the note of which is the latest.
    expect(made()).toHaveLength(6)
    expect(made()).toContain(latest())
  })

  test('runs from its sources where nothing can be written', () => {
    rmSync(join(copy, 'dist'), { recursive: true })
    writeFileSync(join(copy, 'dist'), 'a file where the folder should be')
    change('0.3.0')
    expect(version()).toBe('0.3.0')
    expect(readFileSync(join(copy, 'dist'), 'utf8')).toBe('a file where the folder should be')
    rmSync(join(copy, 'dist'))
  })

  test('says where sources are wrong that are no program', () => {
    const file = join(copy, 'src/cli/main.ts')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, `${text}\nconst = 3\n`)
    expect(version).toThrow(/main\.ts:\d+/)
    writeFileSync(file, text)
  })
})
