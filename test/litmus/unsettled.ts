/** Tests | records that a search has not settled yet, with the reason: they are read and lowered, and nothing is claimed of them. */

const large = 'more states than a test can wait for'
const notYet = 'a case does not come out as the record says'

export const unsettled: Readonly<Record<string, string>> = {
}
