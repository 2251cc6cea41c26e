import { describe, expect, it } from 'vitest'
import { readInline, readMarkdown } from './markdown'

describe('Markdown', () => {
  it('is read as headings, lists, paragraphs and code', () => {
    const text = '# Cars\nMark every car,\nalso parked ones.\n\n- one\n- two\n1. first\n```\na  b\n```\nend'
    expect(readMarkdown(text).map(({ kind }) => kind)).toEqual(['heading', 'paragraph', 'list', 'code', 'paragraph'])
    expect(readMarkdown('```\nnever closed')).toEqual([{ kind: 'code', text: 'never closed' }])
    expect(readMarkdown('')).toEqual([])
  })

  it('knows bold, italic, code and links', () => {
    expect(readInline('a **b** *c* `d` [e](https://f.example/g)').map(({ kind }) => kind)).toEqual([
      'text',
      'bold',
      'text',
      'italic',
      'text',
      'code',
      'text',
      'link',
    ])
  })

  it('makes no link of anything but http', () => {
    expect(readInline('[x](javascript:alert(1))')).toEqual([{ kind: 'text', text: '[x](javascript:alert(1))' }])
  })
})
