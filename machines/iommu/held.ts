/** IOMMU | a request that is held until it can go on, in an IOMMU or in a device's translation cache; pure functions. */

import type { ReadResp, TranslationUse, WriteResp } from '../protocol.ts'
import type { HeldRequest, Request } from './types.ts'

/** No request is held. */
export function noRequest(): HeldRequest {
  return { kind: '', txn: 0, addr: 0, words: 0, data: [], memory: 'non-cacheable', write: false }
}

/** Copies a request into `held`. */
export function hold(held: HeldRequest, message: Request): void {
  held.txn = message.txn
  held.addr = message.addr
  if (message.type === 'translate.req') {
    held.kind = 'translate'
    held.write = message.write
    return
  }
  held.memory = message.memory
  held.write = message.type === 'write.req'
  held.kind = message.type === 'write.req' ? 'write' : 'read'
  held.words = message.type === 'read.req' ? message.words : 0
  held.data = message.type === 'write.req' ? message.data.slice() : []
}

/** Words that the access reads or writes; 0 for a question. */
export function wordsOf({ kind, words, data }: HeldRequest): number {
  return kind === 'write' ? data.length : words
}

/** Whether an access leaves the page that it starts in. */
export function crossesPage(held: HeldRequest, pageBytes: number): boolean {
  return (held.addr & (pageBytes - 1)) + wordsOf(held) * 4 > pageBytes // HF-217
}

/** What an event about the access names. */
export function accessFields(held: HeldRequest): Pick<TranslationUse, 'iova' | 'words' | 'write'> {
  return { iova: held.addr, words: wordsOf(held), write: held.kind === 'write' }
}

/** The error answer to a held access of `from`. */
export function refusal(from: string, { kind, txn, addr }: HeldRequest): ReadResp | WriteResp {
  return kind === 'write'
    ? { type: 'write.resp', from, txn, addr, ok: false }
    : { type: 'read.resp', from, txn, addr, data: [], ok: false }
}
