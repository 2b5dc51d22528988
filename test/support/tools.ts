/** Tests | programs of other people that check what we write; where one is missing the test says so and is skipped. */

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where Debian keeps programs that are not for everyday use. */
const elsewhere = ['/usr/lib/qt5/bin', '/usr/lib/qt6/libexec']

/** Its path; undefined, with a line on stderr, if it is not installed. In CI that is an error if `.ci/run` installs it. */
export function toolPath(name: string, inCi: 'installed' | 'optional' = 'installed'): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...elsewhere]
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
  if (found === undefined) {
    const missing = `${name} is not installed: what it would check is not checked`
    if (process.env.CI === 'true' && inCi === 'installed') throw new Error(missing)
    process.stderr.write(`${missing}\n`)
  }
  return found
}

/** What it prints; throws with its complaint if it fails. */
export function runTool(path: string, args: readonly string[], cwd?: string): string {
  return execFileSync(path, [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...(cwd ? { cwd } : {}) })
}
