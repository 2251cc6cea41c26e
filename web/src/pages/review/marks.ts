// The numbered marks over the merged picture: one for each disagreement that has a place. Pure.
import { imagePoint } from '@/geometry'
import { placeOf } from './layers'
import type { Mark } from './PictureView'
import type { Choices, Contested } from './verdicts'
import { causesInWords } from './words'

export function marksOf(contested: readonly Contested[], choices: Choices, selected: string | null): Mark[] {
  return contested.flatMap((object, index): Mark[] => {
    const { id } = object.object
    const place = placeOf(object)
    if (place === null) return []
    const answered = choices.byObject[id] !== undefined
    return [
      {
        id,
        text: String(index + 1),
        label: `Disagreement ${index + 1}, ${causesInWords(object.causes)}${answered ? ', answered' : ''}`,
        at: imagePoint(place.x0, place.y0),
        tone: answered ? 'answered' : 'open',
        selected: id === selected,
      },
    ]
  })
}
