// One task on the desk: pictures in the middle, disagreements at the right, and how the review ends.
import { IconAlertTriangle } from '@tabler/icons-react'
import { useCallback, useMemo, useState } from 'react'
import type { Shape } from '@/geometry'
import { offeredClasses } from '@/document'
import { TopBarSlot } from '@/ui/frame/slots'
import { Pill } from '@/ui/Pill'
import { counted } from '@/ui/format'
import { toast } from '@/ui/toast'
import type { WireObject } from '@/ui/shapes/schema'
import type { Lease } from './data'
import { Ending } from './Ending'
import { placeOf } from './layers'
import { createLinkedView } from './linkedView'
import classes from './review.module.css'
import { SidePanel } from './SidePanel'
import { Stage } from './Stage'
import { useDraft } from './useDraft'
import { useHeartbeat } from './useHeartbeat'
import { useKeys, type Handlers } from './useKeys'
import { newObjectId, usePencil, type Pencil } from './usePencil'
import {
  choiceOfDigit,
  neighbour,
  nextUnanswered,
  splitObjects,
  withChoice,
  withObject,
  type Choice,
  type Review,
} from './verdicts'

interface Props {
  lease: Lease
  review: Review
  onNext: (rest?: boolean) => Promise<void>
}

/** What is in the supervisor's hand: a tool for the selected object, or for one that was missed. */
interface Hand {
  readonly pencil: Pencil
  readonly adds: boolean
}

export function ReviewTask({ lease, review, onNext }: Props) {
  const { image, objects, answers } = review
  const ontology = review.ontology.classes
  const [links] = useState(() => createLinkedView(image))
  const draft = useDraft(review.task_id)
  const { choices, change } = draft
  const { contested, settled } = useMemo(() => splitObjects(objects), [objects])
  const [selected, setSelected] = useState<string | null>(() => contested[0]?.object.id ?? null)
  const [hand, setHand] = useState<Hand | null>(null)
  const [overlay, setOverlay] = useState(false)
  const lost = useHeartbeat(lease)

  const select = useCallback(
    (id: string | null, come: boolean) => {
      setSelected(id)
      setHand(null)
      const found = objects.find((o) => o.object.id === id)
      const place = found === undefined ? null : placeOf(found)
      if (come && place !== null) links.show(place)
    },
    [objects, links],
  )

  const choose = (id: string, choice: Choice | null) => {
    change((before) => withChoice(before, id, choice))
    if (id === selected && choice?.kind !== 'fix') setHand(null)
  }
  /** Answer the selected disagreement by key and go to the next one without an answer. */
  const answer = (choice: Choice | null): boolean => {
    if (choice === null || selected === null || !contested.some((o) => o.object.id === selected)) return false
    choose(selected, choice)
    const next = nextUnanswered(contested, withChoice(choices, selected, choice), selected)
    if (next !== null && next !== selected) select(next, true)
    return true
  }

  const current = objects.find((o) => o.object.id === selected)
  const choice = selected === null ? undefined : choices.byObject[selected]
  const added = choices.added.find((o) => o.id === selected)
  const inWork = choice?.kind === 'fix' ? choice.fixed : (added ?? null)
  const lastClass = choices.added.at(-1)?.class_id
  const classOfNew = offeredClasses({ classes: ontology }).find((c) => lastClass === undefined || c.class_id === lastClass) ?? null

  const onShape = useCallback(
    (shape: Shape, isNew: boolean) => {
      // The document's shapes are the wire's; only their points carry a frame.
      const wire = shape as unknown as WireObject['shape']
      if (hand?.adds === true && isNew) {
        const object: WireObject = { id: newObjectId(), class_id: classOfNew?.class_id ?? 1, shape: wire, attributes: {}, origin: 'drawn', derived_from: [] }
        change((before) => ({ ...before, added: [...before.added, object] }))
        setSelected(object.id)
      } else if (inWork !== null) change((before) => withObject(before, { ...inWork, shape: wire }))
      if (isNew) setHand({ pencil: 'edit', adds: false })
    },
    [hand, classOfNew, inWork, change],
  )
  const onSay = useCallback((text: string) => {
    toast(text)
  }, [])
  const pencil = usePencil({
    pencil: hand?.pencil ?? null,
    links,
    edited: hand?.adds === true ? null : inWork,
    activeClass: hand?.adds === true ? classOfNew : (ontology.find((c) => c.class_id === inWork?.class_id) ?? null),
    onShape,
    onSay,
  })

  const takeUp = (next: Pencil, adds = false) => {
    setHand((before) => (before?.pencil === next && before.adds === adds ? null : { pencil: next, adds }))
  }
  const drawSelected = (): boolean => {
    if (current === undefined) return false
    if (choice?.kind !== 'fix') choose(current.object.id, { kind: 'fix', fixed: current.object })
    setHand({ pencil: 'edit', adds: false })
    return true
  }
  const step = (by: 1 | -1) => {
    select(neighbour(contested, selected, by), true)
  }

  const digits: Handlers = Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [
      String(i + 1),
      () => current !== undefined && answer(choiceOfDigit(current, answers, i + 1)),
    ]),
  )
  useKeys({
    ...digits,
    '[': () => {
      step(-1)
    },
    ']': () => {
      step(1)
    },
    D: drawSelected,
    F: links.fit,
    A: () => {
      takeUp('box', true)
    },
    O: () => {
      setOverlay(!overlay)
    },
    Enter: () => pencil.key('enter'),
    Backspace: () => pencil.key('backspace'),
    Escape: () => {
      if (pencil.key('escape') && hand?.pencil !== 'edit') return
      setHand(null)
    },
    Delete: () => pencil.key('delete') || answer({ kind: 'remove' }),
    'Ctrl+Z': () => {
      if (!pencil.key('undo')) draft.undo()
    },
  })

  return (
    <>
      <TopBarSlot side="left">
        <b className={classes.task}>Task {review.task_id}</b>
        {contested.length > 0 ? (
          <span className={classes.fact}>
            <Pill tone="bad">
              <IconAlertTriangle size={14} aria-hidden /> {counted(contested.length, 'disagreement')}
            </Pill>
          </span>
        ) : null}
        <span className={classes.fact}>
          <Pill>{counted(answers.length, 'version')}</Pill>
        </span>
      </TopBarSlot>
      <Stage
        review={review}
        links={links}
        choices={choices}
        contested={contested}
        selected={selected}
        overlay={overlay}
        onOverlay={setOverlay}
        pencil={pencil}
        edited={hand !== null && !hand.adds ? inWork : null}
        onSelect={(id) => {
          if (hand === null) select(id, false)
        }}
      />
      <aside className={classes.side} aria-label="Verdicts">
        <SidePanel
          review={review}
          contested={contested}
          settled={settled}
          choices={choices}
          selected={selected}
          hand={hand}
          onSelect={(id) => {
            select(id, true)
          }}
          onChoose={(id, next) => {
            choose(id, next)
            if (next?.kind === 'fix' && choices.byObject[id]?.kind !== 'fix') setHand({ pencil: 'edit', adds: false })
          }}
          onAdded={(id, object) => {
            change((before) => (object === null ? { ...before, added: before.added.filter((o) => o.id !== id) } : withObject(before, object)))
          }}
          onPencil={takeUp}
        />
        <Ending
          lease={lease}
          review={review}
          choices={choices}
          lost={lost}
          onMissing={(id) => {
            select(id, true)
          }}
          onSent={() => {
            draft.forget()
            return onNext()
          }}
          onNext={onNext}
        />
      </aside>
    </>
  )
}
