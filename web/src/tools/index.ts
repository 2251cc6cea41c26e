/** Tools: state machines that turn pointer events and keys into commands on the document. */

export * from './box'
export * from './extreme'
export * from './grips'
export * from './nudge'
export * from './pan'
export * from './point'
export * from './polygon'
export * from './select'
export * from './tool'
