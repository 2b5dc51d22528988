/** Machines | the registry of the operating system's services: call type to what it does. */

import type { OsCallType } from './calls.ts'
import {
  iovaAlloc,
  iovaFree,
  mappingAdd,
  mappingFind,
  mappingTake,
  tableAlloc,
  tableFind,
  tableFree,
  tableUnuse,
  tableUse,
} from './dma-services.ts'
import {
  arrayAlloc,
  arrayFree,
  arrayGet,
  arraySet,
  kernelFind,
  kernelMap,
  kernelUnmap,
  pageAlias,
  pageAlloc,
  pageAllocSingle,
  pageFree,
  userMap,
  userUnmap,
  vaTranslate,
} from './memory-services.ts'
import type { Run } from './service.ts'
import { faultReport, flagGet, flagSet, listCount, listPop, listPush, misuseReport } from './shared-services.ts'

/** Every call but the locks, which are states of the chart. */
export const services: Readonly<Record<Exclude<OsCallType, 'lock.acquire' | 'lock.release'>, Run>> = {
  'page.alloc': pageAlloc,
  'page.alloc-single': pageAllocSingle,
  'page.free': pageFree,
  'page.alias': pageAlias,
  'array.alloc': arrayAlloc,
  'array.set': arraySet,
  'array.get': arrayGet,
  'array.free': arrayFree,
  'iova.alloc': iovaAlloc,
  'iova.free': iovaFree,
  'mapping.add': mappingAdd,
  'mapping.find': mappingFind,
  'mapping.take': mappingTake,
  'kernel.map': kernelMap,
  'kernel.find': kernelFind,
  'kernel.unmap': kernelUnmap,
  'user.map': userMap,
  'user.unmap': userUnmap,
  'va.translate': vaTranslate,
  'table.find': tableFind,
  'table.alloc': tableAlloc,
  'table.free': tableFree,
  'table.use': tableUse,
  'table.unuse': tableUnuse,
  'list.push': listPush,
  'list.pop': listPop,
  'list.count': listCount,
  'flag.set': flagSet,
  'flag.get': flagGet,
  'fault.report': faultReport,
  'misuse.report': misuseReport,
}
