/** Base | branded addresses: virtual (CPU), physical (bus, memory) and IO virtual (behind the SYSMMU). */

declare const brand: unique symbol
type Branded<Name extends string> = number & { readonly [brand]: Name }

/** CPU virtual byte address, u32. */
export type Va = Branded<'Va'>
/** Physical byte address, u32. */
export type Pa = Branded<'Pa'>
/** IO virtual byte address, u32: what a `dma_addr_t` is behind the SYSMMU. */
export type Iova = Branded<'Iova'>

export const va = (value: number): Va => (value >>> 0) as Va
export const pa = (value: number): Pa => (value >>> 0) as Pa
export const iova = (value: number): Iova => (value >>> 0) as Iova
