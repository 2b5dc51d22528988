import { subjectOfScenario } from './src/run/scenario-subject.ts'
import { SystemPartition } from './src/explore/system-partition.ts'
import { searchLevels } from './src/explore/breadth-first.ts'
const [, , id, max, features] = process.argv
const s = subjectOfScenario({ scenario: id!, ...(features ? { features } : {}) })
const p = new SystemPartition({ spec: s.spec, properties: {}, observers: s.observers() })
const t0 = performance.now()
let lastT = t0
const r = searchLevels(p, { statesMax: +(max ?? 200000), stop: (pr) => { if (performance.now() - lastT > 10000) { lastT = performance.now(); console.log(pr.depth, pr.states, pr.transitions, pr.frontier, ((lastT - t0) / 1000).toFixed(0) + 's') } return false } })
const t = (performance.now() - t0) / 1000
console.log(id, r.end, r.states, r.transitions, r.depth, 'misses', r.explorer.misses, 'words', r.explorer.layout.words, [...r.found.values()].map(f => f.property + '@' + f.depth).join(' '), t.toFixed(1) + 's', 'code MB', (r.explorer.trees.code.length * 4 / 1e6).toFixed(0), 'leaves', r.explorer.trees.leaves.length)
console.log(p.valueCounts().map((c, i) => [p.components[i]!.name, c] as const).sort((a, b) => b[1] - a[1]).slice(0, 24).map(([n, c]) => n + ':' + c).join(' '))
console.log(r.levels.map((l, i) => (r.levels[i + 1] ?? l) - l).slice(0, -1).filter((_, i) => i % 10 === 0).join(' '))
