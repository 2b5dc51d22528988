/** Export | a chart as SCXML 1.0 (W3C Recommendation of 1 September 2015). */

import type { Outline, OutlineNode, OutlineTransition } from '../../kernel/outline.ts'
import { escaped, oneLine } from '../picture/text.ts'

/**
 * The root becomes one state inside `scxml`, which may have no transitions of its own. Guards and actions are calls of `guard`
 * and `action`, which the user supplies; a delay is a `send` on entry and a `cancel` on exit. A stalled message has no
 * counterpart there: it becomes a comment.
 */
export function chartScxml(outline: Outline): string {
  return new ScxmlWriter(outline).write()
}

class ScxmlWriter {
  private readonly outline: Outline
  private readonly names: readonly string[]
  private readonly lines: string[] = []

  constructor(outline: Outline) {
    this.outline = outline
    this.names = namesOf(outline)
  }

  write(): string {
    const { id, nodes } = this.outline
    this.lines.push(
      '<?xml version="1.0" encoding="UTF-8"?>',
      `<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" datamodel="ecmascript" name="${escaped(nameToken(id))}" initial="${this.names[0]}">`,
    )
    this.node(nodes[0] as OutlineNode, '  ')
    this.lines.push('</scxml>', '')
    return this.lines.join('\n')
  }

  private node(node: OutlineNode, indent: string): void {
    const { index, kind, children, initial, initialActions, description } = node
    const id = this.names[index]
    if (description) this.lines.push(`${indent}${comment(description)}`)
    if (node.history) {
      this.history(node, indent)
      return
    }
    const element = kind === 'parallel' ? 'parallel' : kind === 'final' ? 'final' : 'state'
    const isPlain = initial !== undefined && initialActions.length === 0
    const start = isPlain ? ` initial="${this.names[initial]}"` : ''
    const inner = `${indent}  `
    this.lines.push(`${indent}<${element} id="${id}"${start}>`)
    if (initial !== undefined && !isPlain) {
      this.lines.push(`${inner}<initial>`, `${inner}  <transition target="${this.names[initial]}">`)
      this.actions(initialActions, `${inner}    `)
      this.lines.push(`${inner}  </transition>`, `${inner}</initial>`)
    }
    this.entryAndExit(node, inner)
    for (const { id: invoked, source } of node.invokes) {
      this.lines.push(`${inner}<invoke id="${escaped(nameToken(invoked))}" srcexpr="${call('source', source)}"/>`)
    }
    if (kind !== 'final') {
      for (const transition of this.outline.transitions) {
        if (transition.source === index) this.transition(transition, inner)
      }
    }
    for (const child of children) this.node(this.outline.nodes[child] as OutlineNode, inner)
    this.lines.push(`${indent}</${element}>`)
  }

  private history({ index, history, parent }: OutlineNode, indent: string): void {
    const above = this.outline.nodes[parent as number] as OutlineNode
    const usual = above.initial === undefined ? above.children.filter((child) => child !== index) : [above.initial]
    const targets = history?.targets.length ? history.targets : usual
    this.lines.push(
      `${indent}<history id="${this.names[index]}" type="${history?.depth}">`,
      `${indent}  <transition target="${this.ids(targets)}"/>`,
      `${indent}</history>`,
    )
  }

  private entryAndExit({ index, entry, exit }: OutlineNode, indent: string): void {
    const delayed = this.outline.transitions.filter(({ kind, source }) => kind === 'after' && source === index)
    const events = new Map(delayed.map((transition) => [this.eventOf(transition), transition]))
    if (entry.length > 0 || events.size > 0) {
      this.lines.push(`${indent}<onentry>`)
      for (const [event, { trigger }] of events) {
        const delay = trigger.slice('after '.length)
        const when = / ms$/.test(delay) ? `delay="${delay.replace(' ', '')}"` : `delayexpr="${call('delay', delay)}"`
        this.lines.push(`${indent}  <send event="${event}" id="${event}" ${when}/>`)
      }
      this.actions(entry, `${indent}  `)
      this.lines.push(`${indent}</onentry>`)
    }
    if (exit.length > 0 || events.size > 0) {
      this.lines.push(`${indent}<onexit>`)
      this.actions(exit, `${indent}  `)
      for (const event of events.keys()) this.lines.push(`${indent}  <cancel sendid="${event}"/>`)
      this.lines.push(`${indent}</onexit>`)
    }
  }

  private transition(transition: OutlineTransition, indent: string): void {
    const { guard, actions, targets, stall, ignore, source, reenter } = transition
    const event = this.eventOf(transition)
    const cond = guard === undefined ? '' : ` cond="${call('guard', guard)}"`
    if (stall !== undefined) {
      this.lines.push(`${indent}${comment(`${event}${guard ? ` [${guard}]` : ''} stays where it is: ${stall}`)}`)
      return
    }
    if (ignore !== undefined) this.lines.push(`${indent}${comment(`ignored: ${ignore}`)}`)
    const what = event === '' ? '' : ` event="${event}"`
    const where = targets.length > 0 ? ` target="${this.ids(targets)}"` : ''
    const isInside = targets.length > 0 && !reenter && targets.every((target) => this.isBelow(target, source))
    const open = `${indent}<transition${what}${cond}${where}${isInside ? ' type="internal"' : ''}`
    // A transition must have an event, a condition or a target.
    if (what === '' && cond === '' && where === '') return
    if (actions.length === 0) {
      this.lines.push(`${open}/>`)
      return
    }
    this.lines.push(`${open}>`)
    this.actions(actions, `${indent}  `)
    this.lines.push(`${indent}</transition>`)
  }

  private actions(actions: readonly string[], indent: string): void {
    for (const action of actions) {
      const raised = /^raise (\S+)$/.exec(action)
      if (raised) this.lines.push(`${indent}<raise event="${escaped(eventToken(raised[1] as string))}"/>`)
      else this.lines.push(`${indent}<script>${call('action', action)}</script>`)
    }
  }

  private eventOf({ kind, event, trigger, source }: OutlineTransition): string {
    const name = this.names[source]
    switch (kind) {
      case 'always':
        return ''
      case 'done':
        return `done.state.${name}`
      case 'after':
        return `after.${name}.${escaped(eventToken(trigger.slice('after '.length).replace(' ms', '')))}`
      case 'invoked':
        return escaped(eventToken(event.replace(/^xstate\.done\.actor/, 'done.invoke').replace(/^xstate\./, '')))
      case 'event':
        return escaped(eventToken(event))
    }
  }

  private isBelow(index: number, above: number): boolean {
    for (let at = this.outline.nodes[index]?.parent; at !== undefined; at = this.outline.nodes[at]?.parent) {
      if (at === above) return true
    }
    return false
  }

  private ids(targets: readonly number[]): string {
    return targets.map((target) => this.names[target]).join(' ')
  }
}

/** Ids as XML wants them, each once, as near to the paths as may be. */
function namesOf({ nodes, id }: Outline): string[] {
  const taken = new Set<string>()
  return nodes.map(({ path }) => {
    const wanted = nameToken(path || id)
    let name = wanted
    for (let copy = 2; taken.has(name); copy++) name = `${wanted}_${copy}`
    taken.add(name)
    return name
  })
}

/** An XML NCName. */
function nameToken(text: string): string {
  const token = text.replaceAll(/[^\p{L}\p{N}_.-]/gu, '_')
  return /^[\p{L}_]/u.test(token) ? token : `_${token}`
}

/** One event descriptor: spaces would make it several. */
function eventToken(text: string): string {
  if (text === '*') return text
  const end = text.endsWith('.*') ? '.*' : ''
  return text.slice(0, text.length - end.length).replaceAll(/[^\p{L}\p{N}_.-]/gu, '_') + end || '_'
}

/** A call with one text, inside of XML. */
function call(name: string, argument: string): string {
  return escaped(`${name}('${argument.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}')`)
}

/** Two dashes would end it. */
function comment(text: string): string {
  return `<!-- ${escaped(oneLine(text)).replaceAll('--', '- -').replace(/-$/, '- ')} -->`
}
