/** DMA | pools of non-cacheable blocks: dmabounce's safe buffers and the atomic pool; made once, before anybody needs them. */

import { errno } from '../../machines/os/calls.ts'
import { pageAlign } from './addresses.ts'
import type { Assembler, Register } from './assembler.ts'
import { eq, isZero, ne } from './operands.ts'
import { nonCacheable, releasePages, takeBlock } from './pages.ts'
import type { DmaEnv } from './types.ts'

/** The pool that allocations in atomic context are taken from; the kernel makes it at boot. */
export const atomicPool = 'atomic'

/** Names of a device's pools of safe buffers. */
export function bouncePoolNames(device: string): readonly [small: string, large: string] {
  return [`${device}-small`, `${device}-large`]
}

export interface Pool {
  readonly number: number
  readonly blockBytes: number
  /** Whether an allocation may take several blocks in a row. */
  readonly grows: boolean
}

/** The pool of that name, if the os has it. */
export function poolNamed(env: DmaEnv, name: string): Pool | undefined {
  const number = env.os.pools.findIndex((pool) => pool.name === name)
  const config = env.os.pools[number]
  return config === undefined ? undefined : { number, blockBytes: config.blockBytes, grows: name === atomicPool }
}

/** Runs `body` if the block at a physical address is one of the pool's. */
export function ifInPool(asm: Assembler, pool: Pool, addr: Register, body: () => void): void {
  asm.scope(() => {
    const [found, number] = asm.call('pool.find', [addr])
    asm.if(ne(found, 0), () => asm.if(eq(number, pool.number), body))
  })
}

/** Where a device's safe buffers come from, in the order in which they are tried. */
export function bouncePools(env: DmaEnv): readonly Pool[] {
  return [...bouncePoolNames(env.device.name), atomicPool].flatMap((name) => poolNamed(env, name) ?? [])
}

/** Takes pages for a pool, ready for the device, and maps them. Nothing happens when there is no memory: the pool stays empty. */
export function createPool(asm: Assembler, env: DmaEnv, name: string): void {
  const pool = poolNamed(env, name)
  if (pool === undefined) return
  const config = env.os.pools[pool.number]
  const bytes = pageAlign(env.geometry, (config?.blockBytes ?? 0) * (config?.blocks ?? 0))
  asm.step(`create pool ${name}`, () =>
    asm.block((leave) => {
      const addr = asm.temp()
      takeBlock(asm, env, bytes, addr, leave, nonCacheable)
      const undo = () => {
        releasePages(asm, env, addr, bytes, nonCacheable)
        leave()
      }
      env.steps.checkMask(asm, env, { handle: addr, bytes, coherent: true, fail: undo })
      const [va] = asm.call('kernel.map', [addr, bytes, nonCacheable, 0])
      asm.if(isZero(va), undo)
      asm.perform('pool.create', [pool.number, addr, va, bytes])
    }),
  )
}

/** Gives the memory of a pool back; one with blocks in use stays. */
export function destroyPool(asm: Assembler, env: DmaEnv, name: string): void {
  const pool = poolNamed(env, name)
  if (pool === undefined) return
  asm.step(`destroy pool ${name}`, () =>
    asm.scope(() => {
      const [status, handle, va, bytes] = asm.call('pool.destroy', [pool.number])
      asm.if(eq(status, errno.ok), () => {
        asm.step('drain', () => asm.wmb())
        asm.perform('kernel.unmap', [va])
        releasePages(asm, env, handle, bytes, nonCacheable)
      })
    }),
  )
}

/** `dmabounce_register_dev`. */
export function registerBounce(asm: Assembler, env: DmaEnv): void {
  for (const name of bouncePoolNames(env.device.name)) createPool(asm, env, name)
}

/** `dmabounce_unregister_dev`. */
export function unregisterBounce(asm: Assembler, env: DmaEnv): void {
  for (const name of bouncePoolNames(env.device.name)) destroyPool(asm, env, name)
}
