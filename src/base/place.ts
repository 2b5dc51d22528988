/** Base | where an error of somebody else's code was thrown: file, line and column of the innermost place that is no library. */

export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/**
 * Undefined where the stack names no file of the user's, or there is none.
 * @param isPassedOver files that are not what is looked for
 */
export function placeOf(error: unknown, isPassedOver: (file: string) => boolean = () => false): Place | undefined {
  if (!(error instanceof Error)) return undefined
  for (const line of (error.stack ?? '').split('\n')) {
    // What comes after a letter or a colon is part of another name: node:internal/modules.
    const found = /(?:^|[\s(])(?:async )?(?:file:\/\/)?(\/[^\s()]+?)(?:\?[^\s():]*)?:(\d+):(\d+)\)?$/.exec(line)
    const [, file, row, column] = found ?? []
    if (file === undefined || file.includes('/node_modules/') || isPassedOver(file)) continue
    return { file, line: Number(row), column: Number(column) }
  }
  return undefined
}

/** " at /home/me/system.ts:3:57", or nothing. */
export function placeText(error: unknown, isPassedOver?: (file: string) => boolean): string {
  const place = placeOf(error, isPassedOver)
  return place ? ` at ${place.file}:${place.line}:${place.column}` : ''
}
