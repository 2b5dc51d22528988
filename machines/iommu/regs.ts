/** IOMMU | register offsets, and commands as the register writes that give them: for the chart and for drivers. */

import { u32 } from '../../src/base/bits.ts'

/** Byte offsets in the register window. */
export const iommuRegs = {
  /** Enable and block bits. */
  ctrl: 0x00, // HF-460
  status: 0x04, // HF-460
  /** Number of the domain whose tables are used where there is no device table. */
  root: 0x08, // HF-460
  /** Fault bits; what is written as one is cleared. */
  faultStatus: 0x0c, // HF-460
  /** IO address of the last fault. */
  faultAddr: 0x10, // HF-460
  invalidateAll: 0x20, // HF-460
  /** IO address of the page; the bits within a page are the number of the domain. */
  invalidatePage: 0x24, // HF-460
  /** Number of the domain. */
  invalidateTag: 0x28, // HF-460
  invalidateWalks: 0x2c, // HF-460
  sync: 0x30, // HF-460
  /** Number of the requester. */
  invalidateDevice: 0x34, // HF-460
  /** One register for each requester: IO address of the page. */
  invalidateAtcPage: 0x100, // HF-460
  /** One for each requester. */
  invalidateAtcAll: 0x200, // HF-460
  /** One for each slot: the value that is written there. */
  writeStatus: 0x300, // HF-460
} as const

/** Size of the register window. */
export const iommuWindowBytes = 0x400 // HF-460

/** Requesters and slots that have a register of their own. */
export const iommuBankEntries = 0x100 / 4

/** Values of CTRL. */
export const iommuCtrl = { disable: 0, enable: 1, block: 3 } as const // HF-460

/** Bits of CTRL. */
export const iommuCtrlBits = { enable: 1 << 0, block: 1 << 1 } as const // HF-460

/** Bits of STATUS. `busy`: a sync that was started is not complete; `blocked`: nothing is translated, no walk is under way. */
export const iommuStatus = { busy: 1 << 0, blocked: 1 << 1 } as const // HF-460

/** Bits of FAULT_STATUS. */
export const iommuFaults = { page: 1 << 0, access: 1 << 1, bus: 1 << 2, 'multi-hit': 1 << 3 } as const // HF-460

/** Everything that a driver can ask for by one register write. */
export type IommuCommand =
  | { readonly command: 'enable' | 'disable' | 'block' | 'unblock' }
  | { readonly command: 'root'; readonly tag: number }
  /** Every entry, kept descriptor and kept entry of the device table. */
  | { readonly command: 'invalidate-all' }
  /** TLB entries of any size that translate `iova` in domain `tag`; 0 where there are no domains. */
  | { readonly command: 'invalidate-page'; readonly iova: number; readonly tag: number }
  /** TLB entries and kept first-level descriptors of a domain. */
  | { readonly command: 'invalidate-tag'; readonly tag: number }
  /** Kept first-level descriptors. */
  | { readonly command: 'invalidate-walks' }
  /** The kept entry of the device table of requester number `requester`. */
  | { readonly command: 'invalidate-device'; readonly requester: number }
  /** In the translation cache of requester number `requester`: everything, unless there is an `iova`. */
  | { readonly command: 'invalidate-atc'; readonly requester: number; readonly iova?: number }
  /** STATUS says busy until the commands before are complete. */
  | { readonly command: 'sync' }
  /** `value` is written to slot number `slot` when the commands before are complete. */
  | { readonly command: 'write-status'; readonly slot: number; readonly value: number }

/** A register write. */
export interface CommandWrite {
  readonly addr: number
  readonly value: number
}

/**
 * The register write that gives a command to the IOMMU whose window begins at `base`. Where a number is known only when the
 * program runs: `root` and `invalidate-tag` write the tag itself, `invalidate-page` iova + tag, `write-status` the value.
 */
export function commandWrite(base: number, command: IommuCommand): CommandWrite {
  const at = (offset: number, value: number): CommandWrite => ({ addr: u32(base + offset), value: u32(value) })
  switch (command.command) {
    case 'enable':
    case 'unblock':
      return at(iommuRegs.ctrl, iommuCtrl.enable)
    case 'disable':
      return at(iommuRegs.ctrl, iommuCtrl.disable)
    case 'block':
      return at(iommuRegs.ctrl, iommuCtrl.block)
    case 'root':
      return at(iommuRegs.root, command.tag)
    case 'invalidate-all':
      return at(iommuRegs.invalidateAll, 1)
    case 'invalidate-page':
      return at(iommuRegs.invalidatePage, command.iova + command.tag)
    case 'invalidate-tag':
      return at(iommuRegs.invalidateTag, command.tag)
    case 'invalidate-walks':
      return at(iommuRegs.invalidateWalks, 1)
    case 'invalidate-device':
      return at(iommuRegs.invalidateDevice, command.requester)
    case 'invalidate-atc':
      return command.iova === undefined
        ? at(iommuRegs.invalidateAtcAll + command.requester * 4, 1)
        : at(iommuRegs.invalidateAtcPage + command.requester * 4, command.iova)
    case 'sync':
      return at(iommuRegs.sync, 1)
    case 'write-status':
      return at(iommuRegs.writeStatus + command.slot * 4, command.value)
  }
}

/** `from` of the status writes of the IOMMU `id`: not that of its walks, which have another way to memory. */
export function statusWriter(id: string): string {
  return `${id}-status`
}

/** Address of STATUS, for polls. */
export function statusAddr(base: number): number {
  return u32(base + iommuRegs.status)
}

/** A command as it waits and is executed. What it does not need is zero. */
export interface QueuedCommand {
  op: '' | 'all' | 'page' | 'tag' | 'walks' | 'device' | 'sync' | 'status' | 'atc'
  /** Requester or slot. */
  index: number
  /** IO address of a page, tag, requester of a kept entry, or the value that is written. */
  value: number
  /** Domain of a page; for `atc` 1: one page only. */
  extra: number
}

/** No command. */
export function noCommand(): QueuedCommand {
  return { op: '', index: 0, value: 0, extra: 0 }
}

/** The command that a write of `value` to the register at `offset` gives; `op` is empty if it gives none. */
export function commandAt(pageBytes: number, offset: number, value: number): QueuedCommand {
  const plain = noCommand()
  switch (offset) {
    case iommuRegs.invalidateAll:
      return { ...plain, op: 'all' }
    case iommuRegs.invalidatePage:
      return { ...plain, op: 'page', value: u32(value & -pageBytes), extra: value & (pageBytes - 1) }
    case iommuRegs.invalidateTag:
      return { ...plain, op: 'tag', value: u32(value) }
    case iommuRegs.invalidateWalks:
      return { ...plain, op: 'walks' }
    case iommuRegs.invalidateDevice:
      return { ...plain, op: 'device', value: u32(value) }
    case iommuRegs.sync:
      return { ...plain, op: 'sync' }
    default:
  }
  const index = (offset & 0xff) >>> 2
  switch (offset & ~0xff) {
    case iommuRegs.invalidateAtcPage:
      return { op: 'atc', index, value: u32(value & -pageBytes), extra: 1 }
    case iommuRegs.invalidateAtcAll:
      return { op: 'atc', index, value: 0, extra: 0 }
    case iommuRegs.writeStatus:
      return { op: 'status', index, value: u32(value), extra: 0 }
    default:
      return plain
  }
}
