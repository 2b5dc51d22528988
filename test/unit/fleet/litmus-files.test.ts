/** Unit | litmus files out of folders: which, in which order, and what is none. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { litmusFiles, readLitmusText } from '../../../src/fleet/litmus-files.ts'

const root = mkdtempSync(join(tmpdir(), 'dmarace-files-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function write(...names: string[]): void {
  for (const name of names) {
    mkdirSync(join(root, name, '..'), { recursive: true })
    writeFileSync(join(root, name), '')
  }
}

async function inFolder(folder: string): Promise<string[]> {
  return (await litmusFiles([join(root, folder)])).map((path) => relative(root, path))
}

describe('a folder', () => {
  test('has all that end in .litmus, at any depth, by name; a folder of that name is a folder', async () => {
    write('one/b.litmus', 'one/a.litmus', 'one/c/d.litmus', 'one/notes.txt', 'one/named.litmus/e.litmus')
    expect(await inFolder('one')).toEqual([
      'one/a.litmus',
      'one/b.litmus',
      'one/c/d.litmus',
      'one/named.litmus/e.litmus',
    ])
  })

  test('may have links that lead in a circle: each folder counts once', async () => {
    write('two/a.litmus', 'two/sub/b.litmus')
    symlinkSync('..', join(root, 'two/sub/back'))
    symlinkSync('sub', join(root, 'two/z-again'))
    expect(await inFolder('two')).toEqual(['two/a.litmus', 'two/sub/b.litmus'])
  })

  test('may have a link to a folder elsewhere, and to a file', async () => {
    write('three/a.litmus', 'elsewhere/b.litmus')
    symlinkSync('../elsewhere', join(root, 'three/other'))
    symlinkSync('../elsewhere/b.litmus', join(root, 'three/c.litmus'))
    expect(await inFolder('three')).toEqual(['three/a.litmus', 'three/c.litmus', 'three/other/b.litmus'])
  })

  test('without any is said to have none', async () => {
    mkdirSync(join(root, 'four'))
    await expect(inFolder('four')).rejects.toThrow(/there are no \.litmus files in/)
  })
})

describe('a file', () => {
  test('that leads to nothing, or to itself, says so', async () => {
    symlinkSync('/nowhere', join(root, 'dangling.litmus'))
    symlinkSync('circle.litmus', join(root, 'circle.litmus'))
    await expect(readLitmusText(join(root, 'dangling.litmus'))).rejects.toThrow('there is no such file or directory')
    await expect(readLitmusText(join(root, 'circle.litmus'))).rejects.toThrow('its symbolic links lead in a circle')
  })

  // Nobody writes to this one: to read from it would never end.
  test('that is a pipe is refused', async () => {
    execFileSync('mkfifo', [join(root, 'pipe.litmus')])
    await expect(readLitmusText(join(root, 'pipe.litmus'))).rejects.toThrow('this is no regular file')
  })
})
