// Pages whose subject is a picture: they fill the window and are dark unless somebody chose otherwise.
const STAGE = /^\/projects\/[^/]+\/(work|review)\/?$/
const WORK = /^\/projects\/[^/]+\/work\/?$/

export const isStage = (pathname: string): boolean => STAGE.test(pathname)

/** The workspace has no page links: its top bar belongs to the task. */
export const isWorkspace = (pathname: string): boolean => WORK.test(pathname)
