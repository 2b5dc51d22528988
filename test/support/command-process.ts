/** Tests | the command as a process. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../../bin/dmarace.js', import.meta.url))

export interface Child {
  readonly process: ChildProcess
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>
}

/** Starts it in a directory. */
export function startCommand(args: readonly string[], cwd: string): Child {
  const child = spawn(process.execPath, [command, ...args], { cwd, env: { ...process.env, NO_COLOR: '1' } })
  const text = { out: '', err: '' }
  child.stdout.on('data', (piece) => {
    text.out += piece
  })
  child.stderr.on('data', (piece) => {
    text.err += piece
  })
  return { process: child, ended: once(child, 'close').then(([code]) => ({ code, ...text })) }
}
