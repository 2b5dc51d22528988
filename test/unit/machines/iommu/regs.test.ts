/** Test | commands of the IOMMU as register writes, and back; descriptors with attributes. */

import { expect, test } from 'vitest'
import { litmus } from '../../../../machines/geometry.ts'
import {
  deviceEntryAddr,
  deviceEntryWord,
  isDeviceEntryValid,
  leafAttributes,
  leafDescriptor,
  plainDescriptor,
  rootOf,
} from '../../../../machines/iommu/descriptors.ts'
import { commandAt, commandWrite, type IommuCommand, iommuWindowBytes } from '../../../../machines/iommu/regs.ts'
import { leafAddr, level1Kind, level2Kind, smallPageDescriptor } from '../../../../machines/sysmmu/walk.ts'

const base = 0x10500000

/** What the IOMMU makes of a command. */
function received(command: IommuCommand, pageBytes = 16) {
  const { addr, value } = commandWrite(base, command)
  expect(addr - base).toBeLessThan(iommuWindowBytes)
  return commandAt(pageBytes, addr - base, value)
}

test('a command arrives as it was given', () => {
  expect(received({ command: 'invalidate-all' })).toMatchObject({ op: 'all' })
  expect(received({ command: 'invalidate-page', iova: 0x20000010, tag: 0 })).toMatchObject({
    op: 'page',
    value: 0x20000010,
    extra: 0,
  })
  expect(received({ command: 'invalidate-page', iova: 0xf0000004, tag: 3 }, 4)).toMatchObject({
    op: 'page',
    value: 0xf0000004,
    extra: 3,
  })
  expect(received({ command: 'invalidate-tag', tag: 7 })).toMatchObject({ op: 'tag', value: 7 })
  expect(received({ command: 'invalidate-walks' })).toMatchObject({ op: 'walks' })
  expect(received({ command: 'invalidate-device', requester: 3 })).toMatchObject({ op: 'device', value: 3 })
  expect(received({ command: 'sync' })).toMatchObject({ op: 'sync' })
  expect(received({ command: 'invalidate-atc', requester: 2 })).toMatchObject({ op: 'atc', index: 2, extra: 0 })
  expect(received({ command: 'invalidate-atc', requester: 63, iova: 0x20000030 })).toEqual({
    op: 'atc',
    index: 63,
    value: 0x20000030,
    extra: 1,
  })
  expect(received({ command: 'write-status', slot: 1, value: 0xffffffff })).toMatchObject({
    op: 'status',
    index: 1,
    value: 0xffffffff,
  })
})

test('what is no command is none', () => {
  for (const command of ['enable', 'disable', 'block', 'unblock'] as const) {
    expect(received({ command })).toMatchObject({ op: '' })
  }
  expect(received({ command: 'root', tag: 1 })).toMatchObject({ op: '' })
})

test.each([4, 16, 4096])('attributes leave kind and address of a leaf alone, with pages of %i bytes', (pageBytes) => {
  const geometry = { ...litmus, pageBytes }
  const addr = litmus.dram.base + 4 * pageBytes
  for (const nonCacheable of [true, false]) {
    for (const readOnly of [true, false]) {
      const leaf = leafDescriptor('page', addr, { nonCacheable, readOnly })
      expect(leafAttributes(leaf)).toEqual({ nonCacheable, readOnly })
      expect(leafAttributes(leaf | 0)).toEqual({ nonCacheable, readOnly })
      expect(plainDescriptor(leaf)).toBe(smallPageDescriptor(addr))
      expect(leafAddr(geometry, 2, plainDescriptor(leaf), 0x20000000)).toBe(addr)
    }
  }
  expect(level2Kind(leafDescriptor('large', addr))).toBe('large')
  expect(level1Kind(leafDescriptor('section', addr, { readOnly: true }))).toBe('section')
})

test('entries of the device table', () => {
  const root = litmus.dram.base + 0x48
  expect(deviceEntryAddr(0x40000020, 2, 1)).toBe(0x40000034)
  expect(isDeviceEntryValid(deviceEntryWord(root))).toBe(true)
  expect(isDeviceEntryValid(root)).toBe(false)
  expect(rootOf(litmus, deviceEntryWord(root))).toBe(root)
})
