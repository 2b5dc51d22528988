/** Run | what a run that never answers says for itself: when it was asked, and what goes on instead. */

/** Of a lasso of `length` steps, those after `cycleFrom` repeating; none: it rests at its end. */
export interface LassoPlaces {
  readonly askedAfter: number | undefined
  readonly cycleFrom: number
  readonly length: number
}

/** "asked for after step 3, and it never comes: steps 5 to 7 can repeat for ever". */
export function lassoText({ askedAfter, cycleFrom, length }: LassoPlaces): string {
  const when = askedAfter === undefined ? '' : askedAfter === 0 ? ' at the start' : ` after step ${askedAfter}`
  return `asked for${when}, and it never comes: ${endText(cycleFrom, length)}`
}

function endText(cycleFrom: number, length: number): string {
  if (cycleFrom === length)
    return length === 0 ? 'nothing more need happen' : `after step ${length} nothing more need happen`
  const first = cycleFrom + 1
  return first === length ? `step ${first} can repeat for ever` : `steps ${first} to ${length} can repeat for ever`
}
