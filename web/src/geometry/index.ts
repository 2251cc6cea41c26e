/** Points, shapes and viewports. Pure: no DOM, no React. */

export * from './bounds'
export * from './boundsGrid'
export * from './editing'
export * from './handles'
export * from './hitting'
export * from './points'
export * from './polygons'
export * from './rings'
export * from './runs'
export * from './shapes'
export * from './simplicity'
export * from './viewport'
