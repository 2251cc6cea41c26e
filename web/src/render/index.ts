/** Drawing on canvases: the stage with its layers, input from pointers, pictures. */

export * from './input'
export { gridOf } from './objectLayer'
export * from './picture'
export * from './pyramid'
export * from './stage'
export * from './style'
