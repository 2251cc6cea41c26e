/** Reads the part of Markdown that guidelines are written in: headings, lists, paragraphs, code; **bold**, *italic*, `code`, links. */

export type Inline =
  | { readonly kind: 'text' | 'bold' | 'italic' | 'code'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly content: readonly Inline[] }
  | { readonly kind: 'paragraph'; readonly content: readonly Inline[] }
  | { readonly kind: 'list'; readonly isOrdered: boolean; readonly items: readonly (readonly Inline[])[] }
  | { readonly kind: 'code'; readonly text: string }

const FENCE = /^```/
const HEADING = /^(#{1,6})\s+(.*)$/
const ITEM = /^\s*(?:([-*+])|\d+[.)])\s+(.*)$/

export function readMarkdown(text: string): readonly Block[] {
  const lines = text.split(/\r?\n/)
  const blocks: Block[] = []
  for (let i = 0; i < lines.length;) {
    const rest = lines.slice(i)
    const [block, taken] = readFence(rest) ?? readHeading(rest) ?? readList(rest) ?? readParagraph(rest)
    if (block) blocks.push(block)
    i += taken
  }
  return blocks
}

type Read = readonly [block: Block | null, taken: number]

function readFence([first = '', ...rest]: readonly string[]): Read | null {
  if (!FENCE.test(first)) return null
  const end = rest.findIndex((line) => FENCE.test(line))
  const code = end < 0 ? rest : rest.slice(0, end)
  return [{ kind: 'code', text: code.join('\n') }, code.length + (end < 0 ? 1 : 2)]
}

function readHeading([first = '']: readonly string[]): Read | null {
  const [, marks, words] = HEADING.exec(first) ?? []
  return marks === undefined ? null : [{ kind: 'heading', level: marks.length, content: readInline(words ?? '') }, 1]
}

function readList(lines: readonly string[]): Read | null {
  const found = taken(lines, (line) => ITEM.test(line))
  const [first] = found
  if (first === undefined) return null
  const items = found.map((line) => readInline(ITEM.exec(line)?.[2] ?? ''))
  return [{ kind: 'list', isOrdered: ITEM.exec(first)?.[1] === undefined, items }, found.length]
}

function readParagraph(lines: readonly string[]): Read {
  const found = taken(
    lines,
    (line) => line.trim() !== '' && !FENCE.test(line) && !HEADING.test(line) && !ITEM.test(line),
  )
  if (found.length === 0) return [null, 1]
  return [{ kind: 'paragraph', content: readInline(found.join(' ')) }, found.length]
}

function taken(lines: readonly string[], fits: (line: string) => boolean): readonly string[] {
  const end = lines.findIndex((line) => !fits(line))
  return end < 0 ? lines : lines.slice(0, end)
}

const INLINE = /\*\*(.+?)\*\*|\*(.+?)\*|`(.+?)`|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g

/** Only http and https links are links; anything else stays text. */
export function readInline(text: string): readonly Inline[] {
  const parts: Inline[] = []
  let at = 0
  for (const match of text.matchAll(INLINE)) {
    if (match.index > at) parts.push({ kind: 'text', text: text.slice(at, match.index) })
    at = match.index + match[0].length
    const [, bold, italic, code, words, href] = match
    if (bold !== undefined) parts.push({ kind: 'bold', text: bold })
    else if (italic !== undefined) parts.push({ kind: 'italic', text: italic })
    else if (code !== undefined) parts.push({ kind: 'code', text: code })
    else parts.push({ kind: 'link', text: words ?? '', href: href ?? '' })
  }
  if (at < text.length) parts.push({ kind: 'text', text: text.slice(at) })
  return parts
}
