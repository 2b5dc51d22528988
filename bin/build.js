/** Bin | makes what runs: the sources as a few files of JavaScript below dist/, made again when one of them has changed. */

import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
/** Says which folder is the latest, and of what it was made. */
const latest = join(dist, 'latest.json')

/** Modules that are loaded by name: by bin/, as threads, as systems of placed runs; the first of them is what users import. */
const entries = [
  'src/index.ts',
  'src/cli/start.ts',
  'src/cli/command-thread.ts',
  'src/fleet/placed-run.ts',
  ...readdirSync(join(root, 'workers')).map((file) => `workers/${file}`),
]

/** What stays a package: it has parts that are no JavaScript, or is found by its own path, or makes what we make here. */
const packages = ['elkjs', 'esbuild', 'piscina', 'sharp', 'tsx', 'xstate']

/** Folders kept beside the latest: programs that started before a change still load their parts from them. */
const kept = 4

/**
 * The folder with what the sources are now, made now if need be.
 * @returns {Promise<URL | undefined>} ends with a slash; undefined where nothing can be written, or the sources are no program
 */
export async function built() {
  const known = read()
  if (known && isFresh(known)) return urlOf(known.folder)
  try {
    return urlOf(await make())
  } catch {
    // The sources run as they are, only slower, and say themselves what is wrong with them.
    return undefined
  }
}

function urlOf(folder) {
  return pathToFileURL(`${join(dist, folder)}/`)
}

function read() {
  try {
    return JSON.parse(readFileSync(latest, 'utf8'))
  } catch {
    return undefined
  }
}

/** By size and time of every file that was read. */
function isFresh({ folder, inputs }) {
  return statOf(join(dist, folder)) !== undefined && inputs.every(([path, stat]) => statOf(join(root, path)) === stat)
}

function statOf(path) {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat && `${stat.size} ${stat.mtimeMs}`
}

async function make() {
  mkdirSync(dist, { recursive: true })
  // To build what cannot be kept would take longer at every start than it saves.
  accessSync(dist, constants.W_OK)
  const beganMs = Date.now()
  const { build } = await import('esbuild')
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries,
    // All in one folder, so that every module is as far from the root as src/base/program.ts.
    outdir: 'dist/folder',
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: packages,
    // Packages of the other kind ask for what Node has by `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    define: { DMARACE_IS_BUILT: 'true' },
    // Beside the files and not named in them: read when a stack is to be shown, not whenever the program starts.
    sourcemap: 'external',
    sourcesContent: false,
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  const inputs = ['bin/build.js', 'package.json', ...Object.keys(metafile.inputs)]
  // What was written meanwhile may have been read before: the next start builds again.
  const stats = inputs.map((path) => [
    path,
    statSync(join(root, path)).mtimeMs < beganMs ? statOf(join(root, path)) : '',
  ])
  const hash = createHash('sha256')
  for (const { path, contents } of outputFiles) hash.update(path.slice(root.length)).update('\0').update(contents)
  const folder = hash.digest('hex').slice(0, 16)
  const own = `${process.pid}`
  const making = join(dist, `${folder}.${own}`)
  mkdirSync(making, { recursive: true })
  for (const { path, contents } of outputFiles)
    writeFileSync(join(making, path.slice(join(dist, 'folder/').length)), contents)
  // Whoever made the same meanwhile was first.
  if (statOf(join(dist, folder)) === undefined) rename(making, join(dist, folder))
  rmSync(making, { recursive: true, force: true })
  writeFileSync(`${latest}.${own}`, JSON.stringify({ folder, inputs: stats }))
  renameSync(`${latest}.${own}`, latest)
  tidy(folder)
  return folder
}

function rename(from, to) {
  try {
    renameSync(from, to)
  } catch (error) {
    if (statOf(to) === undefined) throw error
  }
}

/** Takes away what is old: the folders of earlier sources, and what somebody who was killed has left. */
function tidy(folder) {
  const others = readdirSync(dist)
    .filter((name) => name !== folder && name !== 'latest.json')
    .map((name) => ({
      path: join(dist, name),
      at: statSync(join(dist, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
    }))
    .sort((a, b) => b.at - a.at)
  for (const { path } of others.slice(kept)) rmSync(path, { recursive: true, force: true })
}
