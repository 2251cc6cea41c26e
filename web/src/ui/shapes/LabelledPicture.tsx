// A still picture with its labels on it: the tiles of the grid and the drawer beside it.

import type { ClassSpec, WireObject } from './schema'
import { LabelsOverlay } from './LabelsOverlay'
import classes from './shapes.module.css'

interface Props {
  src: string | null
  alt: string
  size: { width: number; height: number } | null
  final: readonly WireObject[] | null
  prelabels: readonly WireObject[] | null
  ontology: readonly ClassSpec[]
  fit?: 'cover' | 'contain'
  scores?: boolean
}

/** Final labels when there are any, else what the model proposed. */
export function LabelledPicture({ src, alt, size, final, prelabels, ontology, fit = 'cover', scores = false }: Props) {
  const objects = final ?? prelabels
  return (
    <span className={classes.picture} data-fit={fit}>
      {src === null ? (
        <span className={classes.none}>no picture</span>
      ) : (
        <img src={src} alt={alt} loading="lazy" decoding="async" draggable={false} />
      )}
      {src !== null && size !== null && objects !== null ? (
        <LabelsOverlay
          size={size}
          objects={objects}
          kind={final === null ? 'prelabels' : 'final'}
          ontology={ontology}
          fit={fit}
          scores={scores}
        />
      ) : null}
    </span>
  )
}
