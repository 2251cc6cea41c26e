import { describe, expect, it } from 'vitest'
import { sourceInWords } from './rows'

describe('what proposed an object', () => {
  it('is the model with its version', () => {
    expect(sourceInWords('model', { model: 'weeds', version: '3' })).toBe('weeds 3')
  })
  it('has no name for people of another organisation', () => {
    expect(sourceInWords('model', { model: null, version: null })).toBe('Pre-label')
  })
  it('is an import whatever stands for it', () => {
    expect(sourceInWords('import', { model: 'import', version: '7' })).toBe('Imported')
  })
})
