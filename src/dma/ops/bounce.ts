/** DMA | dmabounce: memory that the device cannot reach is copied to and from safe buffers that it can. */

import type { Operand } from '../../../machines/cpu/micro-op.ts'
import { dmaError } from '../../../machines/os/calls.ts'
import { mappingKinds, maskKinds } from '../../../machines/os/types.ts'
import type { Assembler, Register } from '../assembler.ts'
import { bouncePools } from '../bounce-pools.ts'
import { markedUnmapPage } from '../marked-calls.ts'
import { markPages } from '../marks.ts'
import { add, and, eq, ge, isZero, lt, mod, ne, sub } from '../operands.ts'
import { deviceNumber, reportMisuse } from '../reach.ts'
import {
  type DmaAttribute,
  type DmaEnv,
  directionNumbers,
  type Lowering,
  type MapPageArgs,
  type SyncSingleArgs,
  type UnmapPageArgs,
} from '../types.ts'
import { type Bounced, copyIn, copyOut } from './bounce-copy.ts'
import { mapDirectly, mapping, reportSize, unmapDirectly } from './streaming.ts'

// After torvalds/linux v3.6 arch/arm/common/dmabounce.c. The list of safe buffers is the os' list of live mappings: adding,
// finding and taking one are each a single step, as under its `rwlock`; so are taking and giving back a block of a
// pool. The copies are the core's own loads and stores, one word after the other, outside of any lock.
//
// A safe buffer keeps the position of the original in its word, so that words are copied as words.

/** Bytes of the block for a buffer: from the beginning of its first word. */
const blockBytes = (handle: Operand, bytes: Operand): Operand => add(mod(handle, 4), bytes)

/**
 * The device's masks decide. A mask of n bits allows no mapping above 2^n bytes, wherever it is: `needs_bounce`.
 */
function checkLimit(asm: Assembler, env: DmaEnv, bytes: Operand, leave: () => void): void {
  asm.scope(() => {
    const [mask] = asm.call('mask.get', [deviceNumber(env), maskKinds.streaming])
    const limit = asm.set(asm.temp(), and(add(mask, 1), sub(0xffffffff, mask)))
    asm.if(ne(limit, 0), () =>
      asm.if(lt(limit, bytes), () => {
        reportMisuse(asm, env, 'maps more than the bounce limit of the device', dmaError)
        leave()
      }),
    )
  })
}

// The barriers are those of the pool's spin lock: what the last owner stored into a block comes before what the next one does.

/** A block of the first pool whose blocks are large enough and that has one: small, large, then the atomic pool. */
function takeSafe(
  asm: Assembler,
  env: DmaEnv,
  bytes: Operand,
  to: readonly [Register, Register],
  fail: () => void,
): void {
  asm.step('take safe buffer', () =>
    asm.block((taken) => {
      let isTried = false
      for (const pool of bouncePools(env)) {
        const take = () => {
          isTried = true
          asm.call('pool.alloc', [pool.number, bytes], to)
          asm.if(ne(to[0], dmaError), taken)
        }
        if (pool.grows) take()
        else asm.if(ge(pool.blockBytes, bytes), take)
      }
      // The size is known, and no pool has blocks that large: nobody gets to read these, but they have to be written somewhere.
      if (!isTried) for (const register of to) asm.set(register, 0)
      fail()
    }),
  )
  asm.dmb()
}

function giveSafe(asm: Assembler, handle: Operand, bytes: Operand): void {
  const block = sub(handle, mod(handle, 4))
  asm.step('give safe buffer back', () =>
    asm.scope(() => {
      asm.dmb()
      const [, pool] = asm.call('pool.find', [block])
      asm.perform('pool.free', [pool, block, blockBytes(handle, bytes)])
    }),
  )
}

/**
 * Maps through a safe buffer.
 *
 * Closed: dmabounce of Linux leaves a FROM_DEVICE safe buffer as the last transfer left it, and copies all of it back: what
 * the device did not write is somebody else's. Here it begins as a copy of the original, so that such bytes stay. And
 * it ignores skip-cpu-sync; here the copy is left to the sync that the attribute promises, but for that first one.
 */
function mapSafe(asm: Assembler, env: DmaEnv, args: MapPageArgs, fills: BounceRules['fills'], leave: () => void): void {
  const { page, offset, bytes, direction, to } = args
  const addr = asm.set(asm.temp(), add(page, offset))
  const block = asm.temp()
  const va = asm.temp()
  takeSafe(asm, env, blockBytes(offset, bytes), [block, va], leave)
  const handle = asm.set(asm.temp(), add(block, mod(offset, 4)))
  const entry = [deviceNumber(env), handle, addr, bytes, directionNumbers[direction], mappingKinds.bounced, va] as const
  const [status] = asm.call('mapping.add', entry)
  asm.if(ne(status, 0), () => {
    giveSafe(asm, handle, bytes)
    leave()
  })
  if (fills(args)) {
    copyIn(asm, env, { addr, va, position: mod(offset, env.geometry.pageBytes), offset: 0, bytes })
  }
  asm.set(to, handle)
  markPages(asm, env, { handle: to, pageOffset: mod(to, env.geometry.pageBytes), bytes }, (at) => add(to, at))
}

/** What editions do differently. */
export interface BounceRules {
  /** Whether a safe buffer begins as a copy of the original. */
  readonly fills: (args: MapPageArgs) => boolean
  /** Whether `skip-cpu-sync` is listened to. */
  readonly skips: boolean
}

const rules: BounceRules = {
  fills: ({ direction, attrs }) => direction === 'from-device' || !attrs.includes('skip-cpu-sync'),
  skips: true,
}

/** The attributes that count: marks say those that were given. */
function heeded<Args extends { readonly attrs: readonly DmaAttribute[] }>(args: Args, { skips }: BounceRules): Args {
  return skips ? args : { ...args, attrs: args.attrs.filter((attr) => attr !== 'skip-cpu-sync') }
}

/** map_page of dmabounce with these rules. */
export const bounceMapWith =
  (given: BounceRules): Lowering<MapPageArgs> =>
  (asm, env, args) =>
    mapping(asm, env, args, (leave) => {
      const { page, offset, bytes } = args
      const addr = add(page, offset)
      asm.if(lt(add(addr, sub(bytes, 1)), addr), () => {
        reportSize(asm, env)
        leave()
      })
      checkLimit(asm, env, bytes, leave)
      const reach = [deviceNumber(env), maskKinds.streaming, addr, bytes] as const
      const [covers] = asm.call('mask.covers', reach)
      asm.if(
        ne(covers, 0),
        () => mapDirectly(asm, env, heeded(args, given)),
        () => mapSafe(asm, env, args, given.fills, leave),
      )
    })

export const bounceMap: Lowering<MapPageArgs> = bounceMapWith(rules)

/**
 * What is behind a handle: `bounced` if it is in a safe buffer, else `direct`. A handle in the memory of a pool that no
 * mapping has is a mapping no more, and is reported.
 */
function lookUp(
  asm: Assembler,
  env: DmaEnv,
  handle: Operand,
  bounced: (found: { addr: Register; direction: Register; va: Register }) => void,
  direct: () => void,
): void {
  const [found, , addr, , direction, kind, va] = asm.call('mapping.peek', [deviceNumber(env), handle, 1])
  asm.block((done) => {
    asm.if(ne(found, 0), () =>
      asm.if(eq(kind, mappingKinds.bounced), () => {
        bounced({ addr, direction, va })
        done()
      }),
    )
    const [inPool] = asm.call('pool.find', [handle])
    asm.if(ne(inPool, 0), () =>
      asm.if(isZero(found), () => {
        reportMisuse(asm, env, 'unmaps or syncs memory that is not mapped', handle)
        done()
      }),
    )
    direct()
  })
}

/**
 * unmap_page of dmabounce with these rules. Copies back what the device wrote; `env.steps` has no part in it, for the safe buffer
 * is never in a cache.
 */
export const bounceUnmapWith =
  (given: BounceRules): Lowering<UnmapPageArgs> =>
  (asm, env, args) =>
    markedUnmapPage(asm, env, args, () => {
      const { handle, pageOffset, bytes, direction, attrs } = heeded(args, given)
      lookUp(
        asm,
        env,
        handle,
        () => {
          const claim = [deviceNumber(env), handle, bytes, directionNumbers[direction], mappingKinds.bounced] as const
          const [found, addr, , va] = asm.call('mapping.take', claim)
          asm.if(ne(found, 0), () => {
            if (direction !== 'to-device' && !attrs.includes('skip-cpu-sync')) {
              copyOut(asm, env, { addr, va, position: pageOffset, offset: 0, bytes }, 'written back')
            }
            giveSafe(asm, handle, bytes)
          })
        },
        () => unmapDirectly(asm, env, heeded(args, given)),
      )
    })

export const bounceUnmap: Lowering<UnmapPageArgs> = bounceUnmapWith(rules)

/** The part of a sync that is about a safe buffer. `direct` does it for memory that the device reaches. */
export function bounceSync(
  asm: Assembler,
  env: DmaEnv,
  args: SyncSingleArgs,
  copy: (range: Bounced) => void,
  direct: () => void,
): void {
  const { handle, pageOffset, offset, bytes, direction } = args
  lookUp(
    asm,
    env,
    add(handle, offset),
    (found) =>
      asm.if(
        eq(found.direction, directionNumbers[direction]),
        () => copy({ addr: found.addr, va: found.va, position: pageOffset, offset, bytes }),
        () => reportMisuse(asm, env, 'uses an invalid direction', handle),
      ),
    direct,
  )
}
