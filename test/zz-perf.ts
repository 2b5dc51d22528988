const root = process.argv[2]
const { Simulation } = await import(root + '/src/kernel/simulation.ts')
const { TimedScheduler } = await import(root + '/src/kernel/timed.ts')
// Ring of 4 actors with 3 tokens, compiled-like reactor.
const N = 4
class R { room = [0, 1]; reason = ''; context = { n: 0 }; out; serve; constructor(out: any, serve: boolean) { this.out = out; this.serve = serve }
 start() { if (this.serve) for (let i = 0; i < 3; i++) this.out.send('out', { type: 'm', addr: i, data: [1, 2, 3, 4] }) }
 decide() { return 'react' } commit(m: any) { this.context.n++; this.out.send('out', m) } value() { return 'x' } finished() { return true } }
const actors = Array.from({ length: N }, (_, i) => ({ id: `a${i}`, definition: { id: 'a', description: '', inPorts: { in: ['m'] }, outPorts: { out: ['m'] }, spontaneous: [], createReactor: (_r: any, out: any) => new R(out, i === 0) } }))
const channels = Array.from({ length: N }, (_, i) => ({ from: `a${i}.out`, to: `a${(i + 1) % N}.in`, order: 'fifo', capacity: 4, latencyCycles: 3 }))
for (let k = 0; k < 4; k++) {
  const sim = new Simulation({ actors, channels }, { runtime: 'sim', scheduler: new TimedScheduler({ seed: 1, may: 'off', mayPeriodCycles: 10, mustJitterCycles: 0 }) })
  const t = process.hrtime.bigint()
  sim.run({ stepsMax: 2_000_000 })
  console.log(root, (2_000_000 / (Number(process.hrtime.bigint() - t) / 1e9) / 1e6).toFixed(2), 'M/s')
}
