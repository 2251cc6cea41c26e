/** The label document: objects, commands, undo, and what an answer must satisfy. Pure: no DOM, no React, no network. */

export * from './check'
export * from './commands'
export * from './document'
export * from './history'
export * from './ids'
export * from './objects'
export * from './ontology'
export * from './store'
