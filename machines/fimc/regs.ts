/** Fimc | register offsets, bit fields and reset values; driver code and the machine both take them from here. */

// Offsets are bytes from the FIMC base. Names are the manual's, so that a reader can search for them.

/** Registers that are not one of several address slots. */
export const fimcRegister = {
  CISRCFMT: 0x00, // HF-250
  CIWDOFST: 0x04, // HF-250
  CIGCTRL: 0x08, // HF-250
  CITRGFMT: 0x48, // HF-250
  CIOCTRL: 0x4c, // HF-250
  CISCCTRL: 0x58, // HF-250
  CITAREA: 0x5c, // HF-250
  CISTATUS: 0x64, // HF-250
  CISTATUS2: 0x68, // HF-250
  CIIMGCPT: 0xc0, // HF-250
  CIREAL_ISIZE: 0xf8, // HF-250
  MSCTRL: 0xfc, // HF-250
  ORGISIZE: 0x180, // HF-250
  ORGOSIZE: 0x184, // HF-250
  CIFCNTSEQ: 0x1fc, // HF-250
} as const

/** Registers that are stored and read back; those the model lacks must be 0 when the engine is started. */
export const plainRegisters = {
  CIWDOFST2: 0x14, // HF-250
  CISCPRERATIO: 0x50, // HF-250
  CISCPREDST: 0x54, // HF-250
  CICPTSEQ: 0xc4, // HF-250
  CIIMGEFF: 0xd0, // HF-250
  CIOYOFF: 0x168, // HF-250
  CIOCBOFF: 0x16c, // HF-250
  CIOCROFF: 0x170, // HF-250
  CIIYOFF: 0x174, // HF-250
  CIICBOFF: 0x178, // HF-250
  CIICROFF: 0x17c, // HF-250
  CIEXTEN: 0x188, // HF-250
  CIDMAPARAM: 0x18c, // HF-250
  CSIIMGFMT: 0x194, // HF-250
} as const

/** Slots 0 to 3 lie below 0x48, the other 28 from 0x200 on; a step of 4 bytes between slots. */
const outputBlocks = [
  { low: 0x18, high: 0x200 }, // HF-251
  { low: 0x28, high: 0x270 }, // HF-251
  { low: 0x38, high: 0x2e0 }, // HF-251
] as const

/** Offset of the output address register of `plane` (0: Y or packed, 1: Cb or CbCr, 2: Cr) for `slot` (0 to 31): CIOYSA, CIOCBSA, CIOCRSA. */
export function outputAddress(plane: 0 | 1 | 2, slot: number): number {
  const block = outputBlocks[plane]
  return slot < 4 ? block.low + slot * 4 : block.high + (slot - 4) * 4 // HF-251
}

/** Offset of the memory-to-memory input address register of `plane`: CIIYSA0, CIICBSA0, CIICRSA0. */
export function inputAddress(plane: 0 | 1 | 2): number {
  return 0xd4 + plane * 4 // HF-252
}

/** CISRCFMT: camera input. The size of the source picture is (width << 16) | height. HF-253 */
export const cisrcfmt = {
  ITU601_8BIT: 0x80000000,
  ORDER422_MASK: 3 << 14,
  SIZE_MASK: 0x1fff1fff,
} as const

/** CIWDOFST: writing a CLROV bit as 1 clears the overflow status. HF-254 */
export const ciwdofst = {
  OFF_EN: 0x80000000,
  HOROFF_MASK: 0x7ff << 16,
  VEROFF_MASK: 0xfff,
  CLROVFIY: 0x40000000,
  CLROVRLB: 0x20000000,
  CLROVFICB: 0x8000,
  CLROVFICR: 0x4000,
} as const

/**
 * CIGCTRL: reset, test pattern, interrupt. IRQ_CLR acts when written as 1 and reads as 0. IRQ_END asks for an interrupt
 * at the end of a frame also where interrupts come at its start; the vendor's header calls the bit IRQ_END_DISABLE and
 * its driver sets it to enable them. HF-255
 */
export const cigctrl = {
  SWRST: 0x80000000,
  SELCAM_ITU_A: 0x20000000,
  TESTPAT_SHIFT: 27,
  TESTPAT_COLOR_BAR: 1 << 27,
  TESTPAT_HOR_INC: 2 << 27,
  TESTPAT_VER_INC: 3 << 27,
  TESTPAT_MASK: 3 << 27,
  IRQ_OVFEN: 1 << 22,
  IRQ_LEVEL: 1 << 20,
  IRQ_CLR: 1 << 19,
  IRQ_END: 1 << 18,
  IRQ_ENABLE: 1 << 16,
} as const

/** CITRGFMT: format of the written picture, and its size as (width << 16) | height. HF-256 */
export const citrgfmt = {
  YCBCR420: 0,
  YCBCR422_1P: 0x40000000,
  RGB: 0x60000000,
  FORMAT_MASK: 0x60000000,
  ROTATE_FLIP_MASK: 0x8000e000,
  SIZE_MASK: 0x0fff0fff,
} as const

/** CIOCTRL: arrangement of the written picture; LASTIRQ asks for an interrupt when capture has come to rest. HF-257 */
export const cioctrl = {
  ORDER422_YCBYCR: 3,
  ORDER422_MASK: 3,
  LASTIRQ_ENABLE: 1 << 2,
  YCBCR_2PLANE: 1 << 3,
  RGB565: 0,
  RGB16_MASK: 3 << 16,
  ORDER2P_MASK: 3 << 24,
} as const

/** CISCCTRL: the scaler is started with the capture, or bypassed. HF-258 */
export const ciscctrl = {
  SCALERBYPASS: 0x80000000,
  SCALERSTART: 1 << 15,
  ONE2ONE: 1 << 9,
} as const

/** CIIMGCPT: IMGCPTEN enables capture (with IMGCPTEN_SC also SCALERSTART must be set); clearing it stops at the end of the frame. HF-259 */
export const ciimgcpt = {
  IMGCPTEN: 0x80000000,
  IMGCPTEN_SC: 0x40000000,
  CPT_FREN: 1 << 25,
} as const

/** CISTATUS: what has happened. FRAME_END is cleared by writing 0 to it and by the next frame. HF-260 */
export const cistatus = {
  OVFIY: 0x80000000,
  OVFICB: 0x40000000,
  OVFICR: 0x20000000,
  FRAMECNT_SHIFT: 26,
  FRAMECNT_MASK: 3 << 26,
  WINOFF_EN: 1 << 25,
  IMGCPT_EN: 1 << 22,
  IMGCPT_SCEN: 1 << 21,
  FRAME_END: 1 << 17,
  LASTCAPT_END: 1 << 16,
} as const

/** CISTATUS2: slot being written and slot finished last, counted from 1; 0 means none. HF-261 */
export const cistatus2 = {
  PRESENT_SHIFT: 0,
  PREVIOUS_SHIFT: 7,
  SLOT_MASK: 0x3f,
} as const

/** CIREAL_ISIZE, ORGISIZE, ORGOSIZE: the size is (height << 16) | width, the other way round. HF-263 */
export const orgsize = { SIZE_MASK: 0x3fff3fff } as const

/** MSCTRL: input from memory. Writing ENVID with INPUT_MEMORY starts one frame; ENVID reads 0 when it has ended. HF-262 */
export const msctrl = {
  ENVID: 1,
  INFORMAT_YCBCR420: 0,
  INFORMAT_YCBCR422_1P: 2 << 1,
  INFORMAT_RGB: 3 << 1,
  INFORMAT_MASK: 3 << 1,
  INPUT_MEMORY: 1 << 3,
  ORDER422_MASK: 3 << 4,
  FIFO_CTRL_FULL: 1 << 12,
  FLIP_MASK: 3 << 13,
  C_INT_IN_2PLANE: 1 << 15,
  ORDER2P_MASK: 3 << 16,
  IN_BURST_COUNT_SHIFT: 24,
} as const
