/** Run | root causes: violations whose reports differ only in numbers are one. */

/**
 * A report without what differs from run to run: addresses, values, steps and counts. What is left names who read, who wrote, where
 * the newest value was and which step likely is missing. Numbers that belong to a name (cpu0, l1d1) stay.
 */
export function causeOf(message: string): string {
  return message
    .replace(/0x[0-9a-f_]+/gi, '…')
    .replace(/(?<![\w.-])\d+(?:,\d{3})*(?:\.\d+)?(?![\w-])/g, '…')
    .replace(/\s+/g, ' ')
    .trim()
}
