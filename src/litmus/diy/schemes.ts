/** Litmus | families of cycles that are written together: the classics of message passing, among cores and with devices. */

/** All combinations, the last list turning fastest. */
function across(...lists: readonly (readonly string[])[]): string[] {
  return lists.reduce<string[]>(
    (heads, list) => heads.flatMap((head) => list.map((word) => (head === '' ? word : `${head} ${word}`))),
    [''],
  )
}
const ending = (ends: string, between: readonly string[]): string[] => between.map((one) => `${one}${ends}`)
const each = (between: readonly string[], ends: string, before: string, after: string): string[] =>
  ending(ends, between).map((edge) => [before, edge, after].filter((part) => part !== '').join(' '))

/** Cores on coherent memory. */
const cores: readonly string[] = [
  ...across(
    ['PodWW', 'DMBdWW'],
    ['Rfe'],
    ['PodRR', 'DMBdRR', 'ISBdRR', 'DpAddrdR', 'DpCtrldR', 'DpCtrlIsbdR'],
    ['Fre'],
  ),
  'DSBdWW Rfe DSBdRR Fre',
  'WMBdWW Rfe RMBdRR Fre',
  'PodWR Fre PodWR Fre',
  'DMBdWR Fre PodWR Fre',
  'DMBdWR Fre DMBdWR Fre',
  'DSBdWR Fre DSBdWR Fre',
  'Rfi PodRR Fre Rfi PodRR Fre',
  'Rfi DMBdRR Fre Rfi DMBdRR Fre',
  'PodRW Rfe PodRW Rfe',
  'DMBdRW Rfe PodRW Rfe',
  'DMBdRW Rfe DMBdRW Rfe',
  'DpDatadW Rfe DpDatadW Rfe',
  'DpCtrldW Rfe DpCtrldW Rfe',
  'DpAddrdW Rfe DpAddrdW Rfe',
  ...across(['PodWW', 'DMBdWW'], ['Rfe'], ['PodRW', 'DMBdRW', 'DpDatadW', 'DpCtrldW'], ['Coe']),
  ...across(['PodWW', 'DMBdWW'], ['Coe'], ['PodWR', 'DMBdWR'], ['Fre']),
  'PodWW Coe PodWW Coe',
  'DMBdWW Coe PodWW Coe',
  'DMBdWW Coe DMBdWW Coe',
  'Rfe PosRR Fre',
  'Rfe PosRW Coe',
  'PosWW Coi',
  'PosWR Fri',
  'PosRW Rfi',
  'Rfe PodRW Rfe PodRR Fre',
  'Rfe DpDatadW Rfe DpAddrdR Fre',
  'Rfe DMBdRW Rfe DMBdRR Fre',
  'PodWW Rfe PodRW Rfe PodRR Fre',
  'DMBdWW Rfe DpDatadW Rfe DpAddrdR Fre',
  'DMBdWW Rfe DMBdRW Rfe DMBdRR Fre',
  'Rfe PodRR Fre PodWR Fre',
  'Rfe DMBdRR Fre DMBdWR Fre',
  'Rfe PodRW Rfe PodRW Coe',
  'Rfe DpDatadW Rfe DpDatadW Coe',
  'Rfe PodRR Fre Rfe PodRR Fre',
  'Rfe DpAddrdR Fre Rfe DpAddrdR Fre',
  'Rfe DMBdRR Fre Rfe DMBdRR Fre',
]

/** A core hands a buffer or a descriptor to a device. */
const toDevice: readonly string[] = [
  ...each(['Po', 'DMB', 'DSB', 'WMB', 'CleanL1', 'Clean', 'Flush', 'Drop'], 'dWW', '', 'Bell PodRR FreDC'),
  ...each(['Po', 'DMB', 'DSB', 'Drain', 'DSB.Drain', 'WMB'], 'dWW', '', 'Bell PodRR FreDC.nc'),
  // A dirty line that is written back on top of what the device has written.
  ...each(['Po', 'DMB', 'CleanL1', 'Clean', 'Flush', 'Drop'], 'dWW', '', 'Bell PodRW CoeDC'),
  ...each(['Po', 'DSB', 'WMB'], 'dWW', '', 'Bell PodRW CoeDC.nc'),
  // The valid flag of a descriptor is a word of memory.
  ...each(['Po', 'DMB', 'DSB', 'WMB'], 'dWW', '', 'RfeCD.nc PodRR FreDC.nc'),
  ...each(['Po', 'DMB', 'Clean'], 'dWW', '', 'RfeCD PodRR FreDC'),
  // Somebody else rings.
  'PodWW Rfe PodRW Bell PodRR FreDC',
  'DMBdWW Rfe DMBdRW Bell PodRR FreDC',
  'CleandWW Rfe PodRW Bell PodRR FreDC',
  'CleandWW Rfe DMBdRW Bell PodRR FreDC',
]

/** A device hands a buffer or a descriptor to a core. */
const fromDevice: readonly string[] = [
  ...each(['Po', 'DMB', 'ISB', 'InvL1', 'Inv', 'DMB.Inv'], 'dRR', 'FencedWW Status', 'FreCD'),
  ...each(['Po', 'DMB', 'RMB', 'ISB'], 'dRR', 'FencedWW Status', 'FreCD.nc'),
  'PodWW Status InvdRR FreCD',
  'PodWW Status DMBdRR FreCD.nc',
  ...across(['PodWW', 'FencedWW'], ['Irq'], ['PodRR', 'InvdRR'], ['FreCD']),
  ...across(['PodWW', 'FencedWW'], ['Irq'], ['PodRR'], ['FreCD.nc']),
  // The valid flag of a descriptor, and the body behind it.
  ...each(['Po', 'DMB', 'RMB'], 'dRR', 'PodWW RfeDC.nc', 'FreCD.nc'),
  'PodWW RfeDC.nc DpAddrdR FreCD.nc',
  'PodWW RfeDC.nc DpCtrldR FreCD.nc',
  'PodWW RfeDC.nc DpCtrlIsbdR FreCD.nc',
  ...each(['Po', 'DMB', 'Inv'], 'dRR', 'PodWW RfeDC', 'FreCD'),
  // A store after the hand-back, and the device's write before it.
  ...each(['Po', 'DMB'], 'dRW', 'PodWW Status', 'CoeCD'),
  'FencedWW Status PodRW CoeCD',
]

/** Other data in the line of a buffer. */
const edgeLines: readonly string[] = [
  ...each(['Po', 'DMB', 'CleanL1', 'Clean', 'Flush', 'Drop'], 'dWW', '', 'Bell PodRW Wbe'),
  ...each(['Drop', 'Clean', 'Flush'], 'sWR', '', 'Fri'),
]

/** Translations of an IOMMU. */
const iommu: readonly string[] = [
  ...each(
    ['Po', 'DSB', 'Clean', 'Clean.TLBI', 'TLBI.Sync', 'Clean.TLBI.Sync', 'Clean.TLBIAll.Sync'],
    'dWW',
    '',
    'RfeCD TfrDC',
  ),
  ...each(['DSB', 'Clean', 'Clean.TLBI', 'TLBI.Sync', 'Clean.TLBI.Sync'], 'dWW', '', 'Bell PodRR TfrDC'),
  ...each(['Po', 'DSB', 'WMB', 'Clean'], 'dWW', '', 'Bell PodRR TffDC'),
  ...each(['Po', 'DSB', 'Clean'], 'dWW', '', 'TrfCD FreDC'),
  ...each(['Clean', 'Clean.TLBI', 'Clean.TLBI.Sync'], 'sWW', '', 'CleandWW Bell PodRR TfrDC'),
  ...each(['Clean', 'Clean.TLBI', 'Clean.TLBI.Sync', 'Clean.TLBIAll.Sync'], 'dWW', '', 'TrfCD PdfrDC'),
]

/** Translations of the cores' own units, whose walks look into the caches. */
const mmu: readonly string[] = [
  ...each(['Po', 'DSB', 'TLBI.DSB', 'DSB.TLBI', 'DSB.TLBI.DSB', 'DSB.TLBIAll.DSB'], 'dWW', '', 'Rfe TfrCC'),
  ...each(['DSB', 'DSB.TLBI.DSB'], 'dWW', '', 'Coe TfrCC'),
  ...across(['PodWW', 'DSBdWW'], ['Rfe'], ['PodRR', 'DSB.ISBdRR', 'DpCtrlIsbdR'], ['TffCC']),
  'DSB.TLBIdWW Rfe DSB.ISBdRR TfrCC',
  'DSB.TLBI.DSBdWW Rfe DSB.ISBdRR TfrCC',
  ...each(['Po', 'DSB', 'DSB.TLBI', 'DSB.TLBI.DSB'], 'sWW', '', 'TrfCC DMBsRR TfrCC'),
]

/** By name: cycles, in the order in which they are written. */
export const schemes: Readonly<Record<string, readonly string[]>> = {
  classics: [...cores, ...toDevice, ...fromDevice, ...edgeLines, ...iommu, ...mmu],
}
