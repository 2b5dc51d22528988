/** Unit | `npm start`: a clean capture, a violated twin, both with pictures, and what to try next. */

import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dmarace } from '../../support/fake-terminal.ts'

test('the demo ends with 0 and shows where the damage is', { timeout: 120_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'dmarace-demo-'))
  try {
    const { code, out } = await dmarace(['demo', '--out', directory])
    expect(code, out).toBe(0)
    expect(out).toMatch(/clean: every program/)
    expect(out).toMatch(/always ".+" violated: scenario fimc-capture-userptr-no-sync-for-device/)
    const [, damage] = /what is wrong +(\S+\.damage\.png)/.exec(out) as unknown as readonly string[]
    expect(existsSync(damage as string)).toBe(true)
    expect(out.slice(out.indexOf('Try next')).match(/npx dmarace/g)).toHaveLength(3)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test('Ctrl-C ends it with 130', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'dmarace-demo-'))
  const { code } = await dmarace(['demo', '--out', directory], AbortSignal.abort())
  await rm(directory, { recursive: true, force: true })
  expect(code).toBe(130)
})
